import { invariant } from '../core/errors.ts';
import { orThrow } from '../core/result.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { algorithmOf, digestOf } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import type { ManifestDocument } from '../oci/manifest-document.ts';
import { referrerEntry } from '../oci/referrers.ts';
import type { Repository } from '../oci/reference.ts';
import type { Log } from '../ports/host.ts';
import type {
  BlobPut,
  ContentCopier,
  CopyCounts,
  CopyRequest,
  ManifestPut,
  RegistryReader,
  RegistryWriter,
} from '../ports/registry.ts';
import { BlobReader } from './blobs.ts';
import { HttpClient } from './client.ts';
import { copyManifest, linksOf } from './copy.ts';
import type { CredentialSource } from './credentials/credential.ts';
import { ManifestStore } from './manifests.ts';
import { BlobPlacer } from './placement.ts';
import { ReferrersTag } from './referrers-tag.ts';
import { ReferrerStore } from './referrers.ts';
import { Scheduler } from './scheduler.ts';
import { systemTiming } from './timing.ts';
import type { Timing } from './timing.ts';
import { createTransport } from './transport.ts';
import type { Transport } from './transport.ts';
import { BlobUploader } from './uploads.ts';

export interface RegistryClientOptions {
  readonly credentials: CredentialSource;
  readonly log: Pick<Log, 'debug' | 'warn'>;
  /** E.g. `container-image-release/1.2.3`. */
  readonly userAgent: string;
  /** Requests that one registry sees at once; 16 when absent. */
  readonly maxInFlight?: number;
  /** Registries besides loopback that are talked to in plain HTTP, e.g. `registry.local:5000`. */
  readonly allowInsecureHosts?: readonly string[];
  /** Called with every secret, derived ones too, before its first use. */
  readonly maskSecret: (value: string) => void;
  /** Time and chance; the machine's when absent. */
  readonly timing?: Timing;
}

/** Where a small copy stops getting faster, and what registries bear. */
const DEFAULT_MAX_IN_FLIGHT = 16;

/** A client for any number of registries; one instance serves a whole run. */
export function createRegistryClient(options: RegistryClientOptions): RegistryClient {
  return new RegistryClient(options);
}

/** Reads, writes and copies; what it learns about registries and where blobs are, it keeps for the run. */
export class RegistryClient implements RegistryReader, RegistryWriter, ContentCopier {
  readonly #transport: Transport;
  readonly #maxInFlight: number;
  readonly #manifests: ManifestStore;
  readonly #blobs: BlobReader;
  readonly #placer: BlobPlacer;
  readonly #referrers: ReferrerStore;

  constructor(options: RegistryClientOptions) {
    const { allowInsecureHosts = [], maxInFlight = DEFAULT_MAX_IN_FLIGHT } = options;
    const { timing = systemTiming } = options;
    this.#transport = createTransport(options.userAgent);
    this.#maxInFlight = maxInFlight;
    const http = new HttpClient({
      ...options,
      timing,
      maxInFlight,
      transport: this.#transport,
      insecureHosts: new Set(allowInsecureHosts),
    });
    this.#manifests = new ManifestStore(http);
    this.#blobs = new BlobReader(http);
    this.#placer = new BlobPlacer({
      reader: this.#blobs,
      uploader: new BlobUploader(http, this.#blobs),
      streams: new Scheduler(maxInFlight, timing),
    });
    const tags = new ReferrersTag(this.#manifests, timing);
    this.#referrers = new ReferrerStore({ http, tags, timing });
  }

  /** Requests on the wire so far, those for tokens, redirects and retries included. */
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
    tag: string,
    signal: AbortSignal,
  ): Promise<Digest | undefined> {
    return this.#manifests.resolve(repository, tag, signal);
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

  async putManifest(repository: Repository, put: ManifestPut, signal: AbortSignal): Promise<void> {
    const { subject } = linksOf(put.manifest);
    const receipt = await this.#manifests.put(repository, put, signal);
    if (subject === undefined || receipt === 'condition-failed') return;
    const place = { repository, subject: subject.digest };
    if (receipt.subjectProcessed) {
      this.#referrers.confirm(place);
      return;
    }
    const entry = orThrow(referrerEntry(put.manifest), {
      code: 'REGISTRY_RESPONSE_INVALID',
      subject: `The manifest ${put.manifest.descriptor.digest}`,
    });
    await this.#referrers.register(place, entry, signal);
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
    return copyManifest(
      {
        placer: this.#placer,
        maxInFlight: this.#maxInFlight,
        putManifest: async ({ manifest, to }) => this.putManifest(to, { manifest }, signal),
      },
      request,
      signal,
    );
  }

  /** Closes all connections; nothing may be in flight any more. */
  async close(): Promise<void> {
    await this.#transport.close();
  }
}
