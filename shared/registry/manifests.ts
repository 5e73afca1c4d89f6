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
import type { ManifestPut } from '../ports/registry.ts';
import type { HttpClient, RegistryRequest, RegistryResponse } from './client.ts';
import { protocolError } from './errors.ts';

/** Named one by one: some registries answer 404 to a client that accepts anything. */
const ACCEPT = [
  MediaType.ociIndex,
  MediaType.ociManifest,
  MediaType.dockerList,
  MediaType.dockerManifest,
  MediaType.ociArtifact,
].join(', ');

/** What a registry said about a manifest that it took. */
export interface ManifestReceipt {
  /** Whether it listed the manifest among the referrers of its subject. */
  readonly subjectProcessed: boolean;
}

/** A manifest with what the registry said beside it. */
export interface FoundManifest {
  readonly document: ManifestDocument;
  readonly entityTag: string | undefined;
}

/** Reads and writes manifests; one request each. */
export class ManifestStore {
  readonly #http: HttpClient;

  constructor(http: HttpClient) {
    this.#http = http;
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
    const document = documentOf(response.bytes, mediaType.value, algorithm);
    return { document, entityTag: response.header('etag') };
  }

  /** The digest a tag points to, by HEAD; where the registry does not say it, by reading the manifest. */
  async resolve(
    repository: Repository,
    tag: string,
    signal: AbortSignal,
  ): Promise<Digest | undefined> {
    const request = this.#request(repository, tag, 'HEAD');
    const response = await this.#http.exchange(request, MAX_MANIFEST_BYTES, signal);
    if (response.status === 404) return undefined;
    const claimed = response.header('docker-content-digest');
    if (claimed !== undefined && isDigest(claimed)) return claimed;
    return (await this.get(repository, tag, signal))?.document.descriptor.digest;
  }

  /** Puts the exact bytes of a manifest by its digest or under a tag, with conditions when there are. */
  async put(
    repository: Repository,
    {
      manifest,
      tag,
      conditions,
    }: ManifestPut & { readonly conditions?: Readonly<Record<string, string>> },
    signal: AbortSignal,
  ): Promise<ManifestReceipt | 'condition-failed'> {
    const { digest, mediaType } = manifest.descriptor;
    const reference = tag ?? digest;
    const request: RegistryRequest = {
      what: `push the manifest ${formatReference(repository, reference)}`,
      method: 'PUT',
      repository,
      at: `manifests/${reference}`,
      access: 'push',
      headers: { 'content-type': mediaType, ...conditions },
      body: manifest.bytes,
      expect: conditions === undefined ? [200, 201, 202] : [200, 201, 202, 412],
    };
    const response = await this.#http.exchange(request, MAX_MANIFEST_BYTES, signal);
    if (response.status === 412) return 'condition-failed';
    checkStored(request.what, digest, response);
    return { subjectProcessed: response.header('oci-subject') !== undefined };
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
