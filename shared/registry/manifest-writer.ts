import { TaskError } from '../core/errors.ts';
import { orThrow } from '../core/result.ts';
import { MAX_PORTABLE_MANIFEST_BYTES } from '../oci/manifest-document.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { referrerEntry } from '../oci/referrers.ts';
import { formatReference } from '../oci/reference.ts';
import type { Repository } from '../oci/reference.ts';
import type { Log } from '../ports/host.ts';
import type { ManifestPut } from '../ports/registry.ts';
import type { BlobReader } from './blobs.ts';
import { linksOf } from './copy.ts';
import { RegistryError, protectedTagError } from './errors.ts';
import { needsOf, putHealing } from './heal.ts';
import type { Need } from './heal.ts';
import type { ManifestReceipt, ManifestStore } from './manifests.ts';
import type { ProfileFinder } from './profiles.ts';
import type { ReferrerStore } from './referrers.ts';
import type { TagPuts } from './tag-puts.ts';
import type { Timing } from './timing.ts';

/** What writing a manifest with its tags and its entry among referrers needs. */
export interface ManifestWriterParts {
  readonly manifests: ManifestStore;
  readonly tagPuts: TagPuts;
  readonly blobs: Pick<BlobReader, 'exists'>;
  readonly referrers: ReferrerStore;
  readonly profileOf: ProfileFinder;
  readonly timing: Timing;
  readonly log: Pick<Log, 'warn'>;
}

/** A manifest to write, and where what it points to can be had again; absent when nowhere. */
export interface ManifestWrite extends ManifestPut {
  readonly restore?: (need: Need) => Promise<boolean>;
}

/** How registries refuse to move a tag that is protected, even to where it is. */
const TAG_REFUSALS: ReadonlySet<number> = new Set([400, 403, 405, 409, 412]);

/** What few refuse but for the tag; with other statuses the text tells. */
const MOSTLY_OF_TAGS: ReadonlySet<number> = new Set([405, 409, 412]);
const TAG_REFUSAL_TEXT = /\bimmutab|\block(?:ed)?\b|\boverwr|\balready exists\b/i;

/** Writes manifests so that they can be used: with all they point to, and listed among the referrers of their subject. */
export class ManifestWriter {
  readonly #parts: ManifestWriterParts;

  constructor(parts: ManifestWriterParts) {
    this.#parts = parts;
  }

  /**
   * Puts a manifest by its digest or under a tag.
   *
   * @throws TaskError, as the registry refused it
   */
  async put(repository: Repository, write: ManifestWrite, signal: AbortSignal): Promise<void> {
    this.#warnAboutSize(repository, write);
    const { immutableTags } = this.#parts.profileOf(repository.registry);
    if (immutableTags && (await this.#isTagged(repository, write, signal))) return;
    const receipt = await this.#put(repository, write, signal);
    if (receipt === 'tagged-already') return;
    if (write.tag !== undefined && !receipt.namesDigest) {
      await this.#checkTag(repository, write, signal);
    }
    const { subject } = linksOf(write.manifest);
    if (subject === undefined) return;
    await this.#register(repository, { write, subject, receipt }, signal);
  }

  async #put(
    repository: Repository,
    write: ManifestWrite,
    signal: AbortSignal,
  ): Promise<ManifestReceipt | 'tagged-already'> {
    const { manifests, tagPuts, blobs, timing } = this.#parts;
    const healer = {
      needs: needsOf(linksOf(write.manifest)),
      isThere: async ({ kind, descriptor: { digest } }: Need): Promise<boolean> =>
        kind === 'blob'
          ? blobs.exists(repository, digest, signal)
          : (await manifests.resolve(repository, digest, signal)) !== undefined,
      restore: write.restore ?? (async () => Promise.resolve(false)),
    };
    const put = async (): Promise<ManifestReceipt> => tagPuts.put(repository, write, signal);
    try {
      return await putHealing(put, { healer, timing }, signal);
    } catch (error) {
      const status = error instanceof RegistryError ? error.details.status : undefined;
      const isRefused = status !== undefined && TAG_REFUSALS.has(status);
      if (isRefused && (await this.#isTagged(repository, write, signal))) return 'tagged-already';
      if (status === 413) throw tooLarge(repository, write, error);
      throw isRefused && write.tag !== undefined ? tagRefusal(error) : error;
    }
  }

  /** Where the registry did not say what the tag points to now, it is asked. */
  async #checkTag(repository: Repository, put: ManifestPut, signal: AbortSignal): Promise<void> {
    if (await this.#isTagged(repository, put, signal)) return;
    const { digest } = put.manifest.descriptor;
    throw new TaskError(
      'TAG_MOVED',
      `The tag ${formatReference(repository, put.tag ?? digest)} does not point to ${digest}, to which it was just set.`,
      { hint: 'Look for another run that writes the same tag, and run again.' },
    );
  }

  /** Whether the tag points to the manifest already. */
  async #isTagged(
    repository: Repository,
    { manifest, tag }: ManifestPut,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (tag === undefined) return false;
    const digest = await this.#parts.manifests.resolve(repository, tag, signal);
    return digest === manifest.descriptor.digest;
  }

  async #register(
    repository: Repository,
    {
      write,
      subject,
      receipt,
    }: {
      readonly write: ManifestWrite;
      readonly subject: Descriptor;
      readonly receipt: ManifestReceipt;
    },
    signal: AbortSignal,
  ): Promise<void> {
    const entry = orThrow(referrerEntry(write.manifest), {
      code: 'REGISTRY_RESPONSE_INVALID',
      subject: `The manifest ${write.manifest.descriptor.digest}`,
    });
    const place = { repository, subject: subject.digest };
    const { referrers } = this.#parts;
    if (receipt.listedFor === subject.digest) await referrers.confirm(place, entry, signal);
    else await referrers.register(place, entry, signal);
  }

  #warnAboutSize(repository: Repository, { manifest, tag }: ManifestPut): void {
    const { size, digest } = manifest.descriptor;
    if (size <= MAX_PORTABLE_MANIFEST_BYTES) return;
    this.#parts.log.warn(
      `The manifest ${formatReference(repository, tag ?? digest)} has ${size} bytes; registries need not take more than ${MAX_PORTABLE_MANIFEST_BYTES}.`,
    );
  }
}

function tagRefusal(error: unknown): unknown {
  if (!(error instanceof RegistryError) || error.code === 'REGISTRY_FULL') return error;
  const { details, message } = error;
  const isOfTag = MOSTLY_OF_TAGS.has(details.status ?? 0) || TAG_REFUSAL_TEXT.test(message);
  return isOfTag ? protectedTagError(error) : error;
}

function tooLarge(
  repository: Repository,
  { manifest, tag }: ManifestPut,
  cause: unknown,
): TaskError {
  const { size, digest } = manifest.descriptor;
  return new TaskError(
    'CONTENT_TOO_LARGE',
    `Cannot push the manifest ${formatReference(repository, tag ?? digest)}: its ${size} bytes are more than the registry, or a proxy before it, takes.`,
    {
      hint: 'Put less into the manifest (fewer entries or annotations), or raise the limit of the registry or of the proxy before it.',
      cause,
    },
  );
}
