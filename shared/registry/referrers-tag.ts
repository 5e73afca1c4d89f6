import { TaskError } from '../core/errors.ts';
import { orThrow } from '../core/result.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { MediaType } from '../oci/media-types.ts';
import { addReferrers, readReferrers, referrersTag } from '../oci/referrers.ts';
import { formatReference } from '../oci/reference.ts';
import type { Repository } from '../oci/reference.ts';
import { BatchQueue } from './batch-queue.ts';
import type { FoundManifest, ManifestStore } from './manifests.ts';
import type { Timing } from './timing.ts';

/** A subject in a repository. */
export interface SubjectPlace {
  readonly repository: Repository;
  readonly subject: Digest;
}

/** Other writers of the same tag come and go within seconds; after so many rounds somebody works against us. */
const MAX_ROUNDS = 8;

/** Enough to let another writer finish its round. */
const BASE_WAIT_MS = 200;

/**
 * The list of referrers under a tag, for registries without a referrers API.
 *
 * Registries do not protect the tag against two writers, so additions of this run are merged into one write, and
 * every write is read back: who misses its entry writes again.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema
 */
export class ReferrersTag {
  readonly #manifests: ManifestStore;
  readonly #timing: Timing;
  readonly #queue = new BatchQueue<Descriptor>();

  constructor(manifests: ManifestStore, timing: Timing) {
    this.#manifests = manifests;
    this.#timing = timing;
  }

  /** The entries under the tag; empty when there is no tag. */
  async list(place: SubjectPlace, signal: AbortSignal): Promise<readonly Descriptor[]> {
    const found = await this.#read(place, signal);
    return found === undefined ? [] : entriesOf(found, place);
  }

  /** Adds an entry and makes sure that it is there. */
  async add(place: SubjectPlace, entry: Descriptor, signal: AbortSignal): Promise<void> {
    const key = formatReference(place.repository, place.subject);
    await this.#queue.add(key, entry, async (entries) => this.#write(place, entries, signal));
  }

  async #write(
    place: SubjectPlace,
    entries: readonly Descriptor[],
    signal: AbortSignal,
  ): Promise<void> {
    for (let round = 0; round <= MAX_ROUNDS; round += 1) {
      if (round > 1) await this.#timing.sleep(this.#waitMs(round), signal);
      const found = await this.#read(place, signal);
      const listed = found === undefined ? [] : entriesOf(found, place);
      const digests = new Set(listed.map(({ digest }) => digest));
      if (entries.every(({ digest }) => digests.has(digest))) return;
      await this.#put(place, found, { entries, signal });
    }
    throw new TaskError(
      'REGISTRY_UNAVAILABLE',
      `Cannot list ${entries[0]?.digest ?? ''} among the referrers of ${formatReference(place.repository, place.subject)}: others keep overwriting the list.`,
      { hint: 'Run again when nothing else signs the same image.' },
    );
  }

  async #put(
    { repository, subject }: SubjectPlace,
    found: FoundManifest | undefined,
    { entries, signal }: { readonly entries: readonly Descriptor[]; readonly signal: AbortSignal },
  ): Promise<void> {
    const tag = referrersTag(subject);
    const manifest = orThrow(addReferrers(found?.document.bytes, entries), {
      code: 'REGISTRY_RESPONSE_INVALID',
      subject: `The referrers list ${formatReference(repository, tag)}`,
    });
    const { entityTag } = found ?? {};
    const conditions = entityTag === undefined ? {} : { conditions: { 'if-match': entityTag } };
    await this.#manifests.put(repository, { manifest, tag, ...conditions }, signal);
  }

  /** What the tag names; a registry that resolves it to the subject itself has no list. */
  async #read(
    { repository, subject }: SubjectPlace,
    signal: AbortSignal,
  ): Promise<FoundManifest | undefined> {
    const found = await this.#manifests.get(repository, referrersTag(subject), signal);
    return found?.document.descriptor.digest === subject ? undefined : found;
  }

  #waitMs(round: number): number {
    return Math.round(BASE_WAIT_MS * round * (0.5 + this.#timing.random()));
  }
}

function entriesOf(
  { document }: FoundManifest,
  { repository, subject }: SubjectPlace,
): readonly Descriptor[] {
  const reference = formatReference(repository, referrersTag(subject));
  if (document.descriptor.mediaType !== MediaType.ociIndex) {
    throw new TaskError('REGISTRY_RESPONSE_INVALID', `${reference} is not a list of referrers.`, {
      hint: 'Delete this tag; it is reserved for the signatures of the image.',
    });
  }
  return orThrow(readReferrers(document.bytes), {
    code: 'REGISTRY_RESPONSE_INVALID',
    subject: `The referrers list ${reference}`,
  });
}
