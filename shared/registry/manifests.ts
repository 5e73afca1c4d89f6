import { TaskError } from '../core/errors.ts';
import { renderProblems } from '../core/result.ts';
import { neutralise } from '../core/text.ts';
import { algorithmOf, digestOf, isDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { MAX_MANIFEST_BYTES, documentOf, manifestMediaType } from '../oci/manifest-document.ts';
import type { ManifestDocument } from '../oci/manifest-document.ts';
import { MediaType } from '../oci/media-types.ts';
import { formatReference } from '../oci/reference.ts';
import type { Repository } from '../oci/reference.ts';
import type { Log } from '../ports/host.ts';
import type { ManifestPut } from '../ports/registry.ts';
import type { HttpClient } from './client.ts';
import type { RegistryRequest, RegistryResponse } from './registry-request.ts';
import { protocolError } from './errors.ts';
import type { ProfileFinder } from './profiles.ts';

/** Named one by one: some registries answer 404 to a client that accepts anything. */
const ACCEPT = [
  MediaType.ociIndex,
  MediaType.ociManifest,
  MediaType.dockerList,
  MediaType.dockerManifest,
  MediaType.ociArtifact,
].join(', ');

/** 201 it should be; not all registries know. */
const STORED: readonly number[] = [200, 201, 202];

/** What a registry said about a manifest that it took. */
export interface ManifestReceipt {
  /** The subject among whose referrers it says that it lists the manifest. */
  readonly listedFor: string | undefined;
  /** Whether the answer named the digest that was stored; it was the right one then. */
  readonly namesDigest: boolean;
  /** Tags that it says it has set besides the one in the path. */
  readonly tags: readonly string[];
}

/** A manifest and the tags that it shall have. */
export interface TaggedPut {
  readonly manifest: ManifestDocument;
  readonly tags: readonly string[];
}

/** A manifest with what the registry said beside it. */
export interface FoundManifest {
  readonly document: ManifestDocument;
  readonly entityTag: string | undefined;
}

/** A manifest to put in one request. */
export interface SinglePut extends ManifestPut {
  /** `If-Match` or `If-None-Match`: the answer may be that the condition does not hold. */
  readonly conditions?: Readonly<Record<string, string>>;
  /** Set when the caller reads again what is there before it tries again. */
  readonly isSingleShot?: boolean;
}

/** Where a manifest goes, and the tags that stand in the query of the request. */
interface PutTarget {
  readonly reference: string;
  readonly at: string;
  readonly tags: readonly string[];
}

interface TargetedPut extends Omit<SinglePut, 'tag'> {
  readonly target: PutTarget;
  readonly expect: readonly number[];
}

interface StatusReceipt extends ManifestReceipt {
  readonly status: number;
  readonly what: string;
  readonly url: URL;
}

/** What reading and writing manifests needs. */
export interface ManifestStoreParts {
  readonly http: HttpClient;
  readonly profileOf: ProfileFinder;
  readonly log: Pick<Log, 'warn'>;
}

/** Reads and writes manifests; one request each. */
export class ManifestStore {
  readonly #http: HttpClient;
  readonly #profileOf: ProfileFinder;
  readonly #log: Pick<Log, 'warn'>;
  /** What registries have shown about several tags in one request. */
  readonly #takesTags = new Map<string, boolean>();

  constructor({ http, profileOf, log }: ManifestStoreParts) {
    this.#http = http;
    this.#profileOf = profileOf;
    this.#log = log;
  }

  /**
   * The manifest behind a digest or a tag, `undefined` when the registry answers 404.
   *
   * @throws TaskError `DIGEST_MISMATCH` when the bytes do not have the digest that was asked for
   */
  async get(
    repository: Repository,
    reference: string,
    signal: AbortSignal,
  ): Promise<FoundManifest | undefined> {
    const request = this.#request(repository, reference, 'GET');
    const response = await this.#http.exchange(request, MAX_MANIFEST_BYTES, signal);
    if (response.status === 404) return undefined;
    const algorithm = isDigest(reference) ? algorithmOf(reference) : 'sha256';
    const digest = digestOf(response.bytes, algorithm);
    if (isDigest(reference) && digest !== reference) throw wrongDigest(request.what, digest);
    const mediaType = manifestMediaType(response.bytes, response.header('content-type'));
    if (!mediaType.ok) {
      const finding = `it is not a manifest:\n${renderProblems(mediaType.problems)}`;
      throw protocolError({ ...request, url: response.url }, finding);
    }
    this.#warnAboutHeader(formatReference(repository, reference), digest, response);
    const document = documentOf(response.bytes, mediaType.value, algorithm);
    return { document, entityTag: response.header('etag') };
  }

  /**
   * The digest behind a tag or a digest, by HEAD; where the registry does not say it, by reading the manifest.
   *
   * On a registry that answers 403 also for tags that do not exist, that is no answer: who writes next will hear.
   */
  async resolve(
    repository: Repository,
    reference: string,
    signal: AbortSignal,
  ): Promise<Digest | undefined> {
    const { deniesMissingTags } = this.#profileOf(repository.registry);
    const request = this.#request(repository, reference, 'HEAD');
    const expect = deniesMissingTags ? [...request.expect, 403] : request.expect;
    const response = await this.#http.exchange({ ...request, expect }, MAX_MANIFEST_BYTES, signal);
    if (response.status !== 200) return undefined;
    const claimed = response.header('docker-content-digest');
    const isClear = claimed !== undefined && isDigest(claimed);
    if (isClear && (!isDigest(reference) || claimed === reference)) return claimed;
    return (await this.get(repository, reference, signal))?.document.descriptor.digest;
  }

  /**
   * Puts the exact bytes of a manifest by its digest or under a tag.
   *
   * @throws TaskError `DIGEST_MISMATCH` when the registry says that it stored something else
   */
  async put(
    repository: Repository,
    put: Omit<SinglePut, 'conditions'>,
    signal: AbortSignal,
  ): Promise<ManifestReceipt> {
    return this.#put(repository, put, { expect: STORED, signal });
  }

  /** Puts a manifest if the conditions hold; a registry that does not know conditions puts it in any case. */
  async putIf(
    repository: Repository,
    put: SinglePut,
    signal: AbortSignal,
  ): Promise<ManifestReceipt | 'condition-failed'> {
    const receipt = await this.#put(repository, put, { expect: [...STORED, 412], signal });
    return receipt.status === 412 ? 'condition-failed' : receipt;
  }

  /** Whether a registry is known to set the tags that stand in the query of a request; nothing is tried. */
  takesTags(registry: string): boolean {
    return this.#takesTags.get(registry) ?? this.#profileOf(registry).takesTags;
  }

  /**
   * Puts a manifest by its digest, with tags in the query. Only those that the receipt names are set.
   *
   * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests
   */
  async putTagged(
    repository: Repository,
    { manifest, tags }: TaggedPut,
    signal: AbortSignal,
  ): Promise<ManifestReceipt> {
    const { digest } = manifest.descriptor;
    const target = { reference: digest, at: withTags(digest, tags), tags };
    const receipt = await this.#send(repository, { manifest, target, expect: STORED }, signal);
    if (receipt.tags.length === 0) this.#takesTags.set(repository.registry, false);
    return receipt;
  }

  async #put(
    repository: Repository,
    { manifest, tag, conditions = {}, isSingleShot = false }: SinglePut,
    { expect, signal }: { readonly expect: readonly number[]; readonly signal: AbortSignal },
  ): Promise<StatusReceipt> {
    const { digest } = manifest.descriptor;
    const target = targetOf(digest, tag);
    const put = { manifest, target, conditions, isSingleShot, expect };
    const receipt = await this.#send(repository, put, signal);
    if (receipt.status !== 412) checkTagged(target, receipt);
    return receipt;
  }

  async #send(
    repository: Repository,
    { manifest, target, conditions, isSingleShot = false, expect }: TargetedPut,
    signal: AbortSignal,
  ): Promise<StatusReceipt> {
    const { digest, mediaType } = manifest.descriptor;
    const what = `push the manifest ${formatReference(repository, target.reference)}`;
    const request: RegistryRequest = {
      what,
      method: 'PUT',
      repository,
      at: `manifests/${target.at}`,
      access: 'push',
      headers: { 'content-type': mediaType, ...conditions },
      body: manifest.bytes,
      isSingleShot,
      expect,
      writes: [digest, target.reference, ...target.tags].map((name) => `manifests/${name}`),
    };
    const response = await this.#http.exchange(request, MAX_MANIFEST_BYTES, signal);
    const { status, url, header } = response;
    if (status !== 412) checkStored(what, digest, response);
    const tags = response.headerList('oci-tag')?.split(/\s*,\s*/) ?? [];
    if (tags.length > 0) this.#takesTags.set(repository.registry, true);
    const namesDigest = header('docker-content-digest') !== undefined;
    return { ...{ status, what, url, tags, namesDigest }, listedFor: header('oci-subject') };
  }

  /** The bytes count; a header that says otherwise is worth knowing about. */
  #warnAboutHeader(reference: string, digest: Digest, { header }: RegistryResponse): void {
    const claimed = header('docker-content-digest');
    if (claimed === undefined || claimed === digest || !sameAlgorithm(claimed, digest)) return;
    this.#log.warn(
      `The registry calls ${reference} ${neutralise(claimed)}, but its content is ${digest}, which is used.`,
    );
  }

  #request(repository: Repository, reference: string, method: 'GET' | 'HEAD'): RegistryRequest {
    return {
      what: `read the manifest ${formatReference(repository, reference)}`,
      method,
      repository,
      at: `manifests/${reference}`,
      access: 'pull',
      headers: { accept: ACCEPT },
      expect: [200, 404],
    };
  }
}

/** Under a plain tag a registry would name the manifest by sha256: for other digests the tag goes into the query. */
function targetOf(digest: Digest, tag: string | undefined): PutTarget {
  if (tag === undefined) return { reference: digest, at: digest, tags: [] };
  if (algorithmOf(digest) === 'sha256') return { reference: tag, at: tag, tags: [] };
  return { reference: tag, at: withTags(digest, [tag]), tags: [tag] };
}

function withTags(digest: Digest, tags: readonly string[]): string {
  return `${digest}?${new URLSearchParams(tags.map((tag): [string, string] => ['tag', tag])).toString()}`;
}

function checkTagged({ tags }: PutTarget, receipt: StatusReceipt): void {
  if (tags.every((tag) => receipt.tags.includes(tag))) return;
  throw new TaskError(
    'REGISTRY_REJECTED',
    `Cannot ${receipt.what}: the registry did not tag it, as its digest is not sha256.`,
    { hint: 'Build the image with a digest of sha256, which every registry tags.' },
  );
}

/** A registry that stored something else has changed the bytes. */
function checkStored(what: string, digest: Digest, response: RegistryResponse): void {
  const stored = response.header('docker-content-digest');
  if (stored === undefined || stored === digest || !sameAlgorithm(stored, digest)) return;
  throw wrongDigest(what, stored);
}

function sameAlgorithm(stored: string, digest: Digest): boolean {
  return stored.split(':', 1).join('') === algorithmOf(digest);
}

function wrongDigest(what: string, digest: string): TaskError {
  return new TaskError(
    'DIGEST_MISMATCH',
    `Cannot ${what}: the registry has ${neutralise(digest)}.`,
    {
      hint: 'Run again; if it stays, something between the agent and the registry changes the content.',
    },
  );
}
