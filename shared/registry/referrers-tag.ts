import { mapLimit } from '../core/concurrency.ts';
import { TaskError } from '../core/errors.ts';
import { orThrow } from '../core/result.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { MediaType } from '../oci/media-types.ts';
import { addReferrers, readReferrers, referrersTag } from '../oci/referrers.ts';
import { formatReference } from '../oci/reference.ts';
import type { Repository } from '../oci/reference.ts';
import { BatchQueue } from './batch-queue.ts';
import { RegistryError } from './errors.ts';
import type { FoundManifest, ManifestStore } from './manifests.ts';
import { OtherWriters } from './other-writers.ts';
import { requestRetries } from './retry.ts';
import type { Timing } from './timing.ts';

/** A subject in a repository. */
export interface SubjectPlace {
  readonly repository: Repository;
  readonly subject: Digest;
}

/** What this run has added to one list. */
interface Written {
  readonly place: SubjectPlace;
  readonly entries: Map<Digest, Descriptor>;
  /** The list as it was seen or written last; absent when it is not known whether a write was taken. */
  list: Digest | undefined;
  /** Only who has read the list before that can still overwrite it without what is ours. */
  lastPutMs: number;
}

/** What is to be in a list. */
interface Additions {
  readonly place: SubjectPlace;
  readonly entries: readonly Descriptor[];
}

/** What the tag names now: a list, nothing, or the subject itself. */
interface TagContent {
  readonly list: FoundManifest | undefined;
  readonly isFree: boolean;
}

/** What became of one write; that it was taken does not mean that it stays. */
type Write = 'taken' | 'refused';

/** Other writers of the same tag come and go within seconds; after so many rounds somebody works against us. */
const MAX_ROUNDS = 8;

/** Rounds in which conditions are sent: a registry that never finds them fulfilled does not know what they mean. */
const CONDITIONAL_ROUNDS = 4;

/** Enough to let another writer finish its round. */
const BASE_WAIT_MS = 200;

/** Lists that are looked at again at once; all of them share the slots of their registries. */
const CONCURRENCY = 24;

/**
 * The list of referrers under a tag, for registries without a referrers API.
 *
 * Registries do not protect the tag against two writers, so additions of this run are merged into one write, and
 * every write is read back: who misses its entry writes again. A writer that read the list before our write may
 * still overwrite it afterwards; `settle` waits for that and looks (once more). Old lists are never deleted.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema
 */
export class ReferrersTag {
  readonly #manifests: ManifestStore;
  readonly #timing: Timing;
  readonly #queue = new BatchQueue<Descriptor>();
  readonly #others = new OtherWriters();
  /** By reference of the subject. */
  readonly #written = new Map<string, Written>();

  constructor(manifests: ManifestStore, timing: Timing) {
    this.#manifests = manifests;
    this.#timing = timing;
  }

  /** The entries under the tag; empty when there is no tag. */
  async list(place: SubjectPlace, signal: AbortSignal): Promise<readonly Descriptor[]> {
    const { list } = await this.#read(place, signal);
    return list === undefined ? [] : entriesOf(list, place);
  }

  /** Adds an entry; that it stays there is only sure after `settle`. */
  async add(place: SubjectPlace, entry: Descriptor, signal: AbortSignal): Promise<void> {
    await this.#queue.add(keyOf(place), entry, async (entries) =>
      this.#write({ place, entries }, signal),
    );
  }

  /** Whether this run has written the list of a subject. */
  hasWritten(place: SubjectPlace): boolean {
    return this.#written.has(keyOf(place));
  }

  /** Looks again, when other writers must be done, at all lists that were written since the last call. */
  async settle(signal: AbortSignal): Promise<void> {
    const unsettled = [...this.#written.values()].filter(({ entries }) => entries.size > 0);
    await mapLimit(unsettled, async (written) => this.#settle(written, signal), {
      limit: CONCURRENCY,
      signal,
    });
  }

  async #settle(written: Written, signal: AbortSignal): Promise<void> {
    const { place, entries } = written;
    const own = [...entries.values()];
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      // One that just lost its entry must not come back in step with the one that took its place.
      const jitterMs = round * BASE_WAIT_MS * this.#timing.random();
      const restMs = Math.ceil(this.#restMs(written) + jitterMs);
      if (restMs > 0) await this.#timing.sleep(restMs, signal);
      const before = written.lastPutMs;
      await this.#write({ place, entries: own }, signal);
      // Written again, or somebody else was seen just now: others may need longer than we thought.
      if (written.lastPutMs !== before || this.#restMs(written) > 0) continue;
      for (const { digest } of own) entries.delete(digest);
      return;
    }
    throw overwritten({ place, entries: own });
  }

  /**
   * Reads the list, and as long as entries are missing writes it and reads it again. One that we begin is read again
   * by `settle` only: where nobody was before us, somebody with us is rare.
   */
  async #write(additions: Additions, signal: AbortSignal): Promise<void> {
    let written: Write | RegistryError = 'refused';
    for (let round = 0; round <= MAX_ROUNDS; round += 1) {
      if (round > 1) await this.#timing.sleep(this.#waitMs(round), signal);
      const content = await this.#read(additions.place, signal);
      const readMs = this.#timing.now();
      this.#look(additions.place, content);
      if (areIn(content.list, additions)) return;
      const isConditional = round < CONDITIONAL_ROUNDS;
      written = await this.#put(content, { additions, isConditional }, signal);
      this.#others.noteTurn(additions.place.repository.registry, this.#timing.now() - readMs);
      if (round === 0 && content.isFree && written === 'taken') return;
    }
    throw typeof written === 'string' ? overwritten(additions) : written;
  }

  /** One write; a failure that passes is returned: the list is read again before the next, as it may be another. */
  async #put(
    { list, isFree }: TagContent,
    {
      additions,
      isConditional,
    }: { readonly additions: Additions; readonly isConditional: boolean },
    signal: AbortSignal,
  ): Promise<Write | RegistryError> {
    const { place, entries } = additions;
    const tag = referrersTag(place.subject);
    const manifest = orThrow(addReferrers(list?.document.bytes, entries), {
      code: 'REGISTRY_RESPONSE_INVALID',
      subject: `The referrers list ${formatReference(place.repository, tag)}`,
      hint: 'Delete this tag and sign again: it is reserved for the signatures of the image, and what it holds cannot be read.',
    });
    const conditions = isConditional ? conditionsFor(list, isFree) : {};
    let taken: Digest | undefined;
    try {
      const put = { manifest, tag, conditions, isSingleShot: true };
      const receipt = await this.#manifests.putIf(place.repository, put, signal);
      if (receipt === 'condition-failed') {
        this.#others.noteSeenAt(keyOf(place));
        return 'refused';
      }
      taken = manifest.descriptor.digest;
      return 'taken';
    } catch (error) {
      if (error instanceof RegistryError && requestRetries(error.details) > 0) return error;
      throw error;
    } finally {
      this.#note(additions, taken);
    }
  }

  #note({ place, entries }: Additions, list: Digest | undefined): void {
    const key = keyOf(place);
    const lastPutMs = this.#timing.now();
    const written = this.#written.get(key) ?? { place, entries: new Map(), list, lastPutMs };
    for (const entry of entries) written.entries.set(entry.digest, entry);
    this.#written.set(key, Object.assign(written, { list, lastPutMs }));
  }

  /** How long others may still overwrite a list without what is ours. */
  #restMs({ place, lastPutMs }: Written): number {
    const quietMs = this.#others.quietMs(place.repository.registry, keyOf(place));
    return lastPutMs + quietMs - this.#timing.now();
  }

  /** A list that we have written and that is another now was written by somebody else. */
  #look(place: SubjectPlace, { list }: TagContent): void {
    const written = this.#written.get(keyOf(place));
    const digest = list?.document.descriptor.digest;
    if (written === undefined || written.list === digest) return;
    if (written.list !== undefined) this.#others.noteSeenAt(keyOf(place));
    written.list = digest;
  }

  /** What the tag names; a registry that resolves it to the subject itself has no list. */
  async #read({ repository, subject }: SubjectPlace, signal: AbortSignal): Promise<TagContent> {
    const found = await this.#manifests.get(repository, referrersTag(subject), signal);
    const isSubject = found?.document.descriptor.digest === subject;
    return { list: isSubject ? undefined : found, isFree: found === undefined };
  }

  #waitMs(round: number): number {
    return Math.round(BASE_WAIT_MS * round * (0.5 + this.#timing.random()));
  }
}

/** What must hold for a write, where the registry looks at it; that it took the write proves nothing. */
function conditionsFor(
  list: FoundManifest | undefined,
  isFree: boolean,
): Readonly<Record<string, string>> {
  if (isFree) return { 'if-none-match': '*' };
  return list?.entityTag === undefined ? {} : { 'if-match': list.entityTag };
}

function areIn(list: FoundManifest | undefined, { place, entries }: Additions): boolean {
  const listed = list === undefined ? [] : entriesOf(list, place);
  const digests = new Set(listed.map(({ digest }) => digest));
  return entries.every(({ digest }) => digests.has(digest));
}

function overwritten({ place, entries }: Additions): TaskError {
  return new TaskError(
    'REGISTRY_UNAVAILABLE',
    `Cannot list ${entries[0]?.digest ?? ''} among the referrers of ${keyOf(place)}: others keep overwriting the list.`,
    { hint: 'Run again when nothing else signs the same image.' },
  );
}

function keyOf({ repository, subject }: SubjectPlace): string {
  return formatReference(repository, subject);
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
    hint: 'Delete this tag and sign again: it is reserved for the signatures of the image, and what it holds cannot be read.',
  });
}
