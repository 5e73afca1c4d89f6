import { formatReference } from '../oci/reference.ts';
import type { Repository } from '../oci/reference.ts';
import type { ManifestPut } from '../ports/registry.ts';
import { BatchQueue } from './batch-queue.ts';
import { RegistryError } from './errors.ts';
import type { ManifestReceipt, ManifestStore, TaggedPut } from './manifests.ts';
import { requestRetries } from './retry.ts';

/** As many tags of the greatest length as fit into an address that every server and proxy takes. */
const TAGS_PER_REQUEST = 50;

/**
 * Puts manifests, and the tags of one manifest together where the registry is known to take them so.
 *
 * Only the answer says which tags are set. One that it does not name is put on its own, as are all of them when the
 * registry refuses the request: one protected tag says nothing of the others.
 */
export class TagPuts {
  readonly #manifests: ManifestStore;
  readonly #queue = new BatchQueue<string, readonly ManifestReceipt[]>();

  constructor(manifests: ManifestStore) {
    this.#manifests = manifests;
  }

  /** Puts a manifest by its digest or under a tag, as `ManifestStore.put`. */
  async put(
    repository: Repository,
    put: ManifestPut,
    signal: AbortSignal,
  ): Promise<ManifestReceipt> {
    const together = await this.#putTogether(repository, put, signal);
    return together ?? this.#manifests.put(repository, put, signal);
  }

  async #putTogether(
    repository: Repository,
    { manifest, tag }: ManifestPut,
    signal: AbortSignal,
  ): Promise<ManifestReceipt | undefined> {
    if (tag === undefined || !this.#manifests.takesTags(repository.registry)) return undefined;
    const key = formatReference(repository, manifest.descriptor.digest);
    try {
      const receipts = await this.#queue.add(key, tag, async (tags) =>
        this.#putAll(repository, { manifest, tags }, signal),
      );
      return receipts.find(({ tags }) => tags.includes(tag));
    } catch (error) {
      if (error instanceof RegistryError && requestRetries(error.details) === 0) return undefined;
      throw error;
    }
  }

  async #putAll(
    repository: Repository,
    { manifest, tags }: TaggedPut,
    signal: AbortSignal,
  ): Promise<readonly ManifestReceipt[]> {
    const left = [...new Set(tags)];
    const receipts: ManifestReceipt[] = [];
    while (left.length > 0) {
      const put = { manifest, tags: left.splice(0, TAGS_PER_REQUEST) };
      receipts.push(await this.#manifests.putTagged(repository, put, signal));
    }
    return receipts;
  }
}
