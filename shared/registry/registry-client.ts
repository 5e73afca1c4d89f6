import { invariant } from '../core/errors.ts';
import { remembered } from '../core/remembered.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { algorithmOf, digestOf } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import type { ManifestDocument } from '../oci/manifest-document.ts';
import type { Repository } from '../oci/reference.ts';
import type { Log } from '../ports/host.ts';
import type {
  BlobPut,
  ContentCopier,
  ContentRemover,
  CopyCounts,
  CopyRequest,
  GraphCopier,
  GraphCopyRequest,
  GraphCounts,
  ManifestPut,
  ReferrerKeeper,
  RegistryReader,
  RegistryWriter,
  TagLister,
} from '../ports/registry.ts';
import { BlobReader } from './blobs.ts';
import { HttpClient } from './client.ts';
import { copyManifest, putCopied } from './copy.ts';
import type { CopyParts } from './copy.ts';
import type { CredentialSource } from './credentials/credential.ts';
import type { HeaderSource } from './credentials/docker-config.ts';
import { deleteManifest } from './delete.ts';
import { ForeignLayers } from './foreign-layers.ts';
import { copyGraph } from './graph-copy.ts';
import { ManifestWriter } from './manifest-writer.ts';
import { ManifestStore } from './manifests.ts';
import { BlobPlacer } from './placement.ts';
import { profileOf as knownProfile } from './profiles.ts';
import type { ProfileFinder } from './profiles.ts';
import { ReferrersTag } from './referrers-tag.ts';
import { ReferrerStore } from './referrers.ts';
import { Scheduler } from './scheduler.ts';
import { TagPuts } from './tag-puts.ts';
import { listTags } from './tags.ts';
import { systemTiming } from './timing.ts';
import type { Timing } from './timing.ts';
import type { Transport } from './transport.ts';
import { BlobUploader } from './uploads.ts';

/** What a client needs, and what may differ from the usual. */
export interface RegistryClientOptions {
  readonly credentials: CredentialSource;
  readonly log: Pick<Log, 'debug' | 'info' | 'warn'>;
  /** The connections, which others may use too. */
  readonly transport: Transport;
  /** Requests that one registry sees at once at most; 24 when absent. */
  readonly maxInFlight?: number;
  /** Registries besides loopback that are talked to in plain HTTP, e.g. `registry.local:5000`. */
  readonly allowInsecureHosts?: readonly string[];
  /** Registries on loopback that are talked to over TLS, e.g. `127.0.0.1:5443`. */
  readonly tlsHosts?: readonly string[];
  /** Headers that a registry is sent besides, and no other server. */
  readonly headers?: HeaderSource;
  /** Token servers that may get the credentials of any registry, as `host` or `host:port`. */
  readonly trustedTokenHosts?: readonly string[];
  /** Lists of referrers that each registry is asked for in a minute at most; as its profile says when absent. */
  readonly referrersPerMinute?: number;
  /** Repositories that this run will write: they are read with a token to write, so that one token serves both. */
  readonly isWritable?: (repository: Repository) => boolean;
  /** Called with every secret, derived ones too, before its first use. */
  readonly maskSecret: (value: string) => void;
  /** What is peculiar to a registry; what is known of its host when absent. */
  readonly profileOf?: ProfileFinder;
  /** Time and chance; the machine's when absent. */
  readonly timing?: Timing;
}

/** Where a small copy has long stopped getting faster; each registry is led there step by step. */
const DEFAULT_MAX_IN_FLIGHT = 24;

/** A client for any number of registries; one instance serves a whole run. */
export function createRegistryClient(options: RegistryClientOptions): RegistryClient {
  return new RegistryClient(options);
}

/** Reads, writes and copies; what it learns about registries and where blobs are, it keeps for the run. */
export class RegistryClient
  implements
    RegistryReader,
    RegistryWriter,
    ReferrerKeeper,
    ContentCopier,
    GraphCopier,
    TagLister,
    ContentRemover
{
  readonly #transport: Transport;
  readonly #http: HttpClient;
  readonly #manifests: ManifestStore;
  readonly #blobs: BlobReader;
  readonly #placer: BlobPlacer;
  readonly #referrers: ReferrerStore;
  readonly #writer: ManifestWriter;
  readonly #copyParts: CopyParts;

  constructor(options: RegistryClientOptions) {
    const { allowInsecureHosts = [], tlsHosts = [], maxInFlight = DEFAULT_MAX_IN_FLIGHT } = options;
    const { timing = systemTiming } = options;
    const profileOf = profilesOf(options);
    this.#transport = options.transport;
    const http = new HttpClient({
      ...options,
      timing,
      maxInFlight,
      profileOf,
      schemes: { insecureHosts: new Set(allowInsecureHosts), tlsHosts: new Set(tlsHosts) },
    });
    this.#http = http;
    this.#manifests = new ManifestStore({ http, profileOf, log: options.log });
    this.#blobs = new BlobReader(http);
    this.#placer = new BlobPlacer({
      reader: this.#blobs,
      uploader: new BlobUploader({ http, reader: this.#blobs, profileOf }),
      // Each request of a stream finds its own slot; as many read as write, so that neither registry has to wait.
      streams: new Scheduler({ max: 2 * maxInFlight, start: 2 * maxInFlight }, timing),
      profileOf,
    });
    const tags = new ReferrersTag(this.#manifests, timing);
    this.#referrers = new ReferrerStore({ http, tags, timing, profileOf });
    this.#writer = new ManifestWriter({
      ...{ manifests: this.#manifests, tagPuts: new TagPuts(this.#manifests) },
      ...{ blobs: this.#blobs, referrers: this.#referrers },
      ...{ profileOf, timing, log: options.log },
    });
    this.#copyParts = {
      placer: this.#placer,
      foreign: new ForeignLayers({
        ...{ transport: options.transport, timing },
        ...{ retrier: http.retrier, originOf: http.originOf },
      }),
      source: {
        getManifest: async (...asked) => this.getManifest(...asked),
        isReadable: async (...asked) => this.#blobs.isReadable(...asked),
      },
      putManifest: async (...write) => this.#writer.put(...write),
      maxInFlight,
    };
  }

  /** Requests of the transport so far, those for tokens, redirects and retries included. */
  get requestCount(): number {
    return this.#transport.requestCount;
  }

  async getManifest(
    repository: Repository,
    reference: string,
    signal: AbortSignal,
  ): Promise<ManifestDocument | undefined> {
    return (await this.#manifests.get(repository, reference, signal))?.document;
  }

  async resolveTag(
    repository: Repository,
    reference: Digest | string,
    signal: AbortSignal,
  ): Promise<Digest | undefined> {
    return this.#manifests.resolve(repository, reference, signal);
  }

  async getBlob(
    repository: Repository,
    descriptor: Descriptor,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    return this.#blobs.get(repository, descriptor, signal);
  }

  async listReferrers(
    repository: Repository,
    subject: Digest,
    signal: AbortSignal,
  ): Promise<readonly Descriptor[]> {
    return this.#referrers.list({ repository, subject }, signal);
  }

  listsReferrersItself(repository: Repository): boolean {
    return this.#referrers.hasApi(repository);
  }

  async putManifest(repository: Repository, put: ManifestPut, signal: AbortSignal): Promise<void> {
    await this.#writer.put(repository, put, signal);
  }

  async putBlob(repository: Repository, put: BlobPut, signal: AbortSignal): Promise<void> {
    const { digest, size } = put.descriptor;
    const actual = digestOf(put.bytes, algorithmOf(digest));
    invariant(
      actual === digest && put.bytes.byteLength === size,
      'a blob is what its descriptor says',
    );
    await this.#placer.put(repository, put, signal);
  }

  async copyManifest(request: CopyRequest, signal: AbortSignal): Promise<CopyCounts> {
    return copyManifest(this.#copyParts, request, signal);
  }

  async tagCopied(request: CopyRequest, tag: string, signal: AbortSignal): Promise<void> {
    return putCopied(this.#copyParts, { request, blobs: [], tag }, signal);
  }

  async copyGraph(request: GraphCopyRequest, signal: AbortSignal): Promise<GraphCounts> {
    return copyGraph({ ...this.#copyParts, reader: this }, request, signal);
  }

  async listTags(
    repository: Repository,
    signal: AbortSignal,
  ): Promise<readonly string[] | undefined> {
    return listTags(this.#http, repository, signal);
  }

  async deleteManifest(
    repository: Repository,
    reference: Digest | string,
    signal: AbortSignal,
  ): Promise<void> {
    return deleteManifest(this.#http, { repository, reference }, signal);
  }

  async settle(signal: AbortSignal): Promise<void> {
    await this.#referrers.settle(signal);
  }

  /** Closes all connections, those of others on the same transport too; nothing may be in flight any more. */
  async close(): Promise<void> {
    await this.#transport.close();
  }
}

/** What is known of registries, with what the user decided instead. */
function profilesOf({
  profileOf = knownProfile,
  referrersPerMinute,
}: RegistryClientOptions): ProfileFinder {
  return remembered((registry) =>
    referrersPerMinute === undefined
      ? profileOf(registry)
      : { ...profileOf(registry), referrersPerMinute },
  );
}
