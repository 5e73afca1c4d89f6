import { LongListError } from '../../shared/core/long-list.ts';
import { counted } from '../../shared/core/text.ts';
import type { Digest } from '../../shared/oci/digest.ts';
import type { Repository } from '../../shared/oci/reference.ts';
import { formatReference } from '../../shared/oci/reference.ts';
import { entryKey } from './receipt.ts';
import type { Receipt, ReceiptEntry } from './receipt.ts';

/** A tag to put back: to its previous digest, or away when it did not exist. */
export interface RollbackStep {
  readonly kind: 'restore' | 'delete' | 'keep';
  readonly what: ReceiptEntry['what'];
  readonly at: Repository;
  readonly tag: string;
  /** Where the publish pointed it. */
  readonly digest: Digest;
  /** Where it pointed before; absent when there was no such tag. */
  readonly previousDigest?: Digest;
}

/** What a rollback will do: shared tags first, in the reverse of the order in which a publish sets tags. */
export interface RollbackPlan {
  /** When the publish began that is undone. */
  readonly publishedAt: string;
  readonly sharedTags: readonly RollbackStep[];
  readonly platformTags: readonly RollbackStep[];
}

/** All that a rollback depends on. */
export interface RollbackFacts {
  readonly receipt: Receipt;
  /** Where tags point now, by `repository:tag`; absent for those that do not exist. */
  readonly tags: ReadonlyMap<string, Digest>;
  /** Previous digests that are at the target, by `repository@digest`. */
  readonly present: ReadonlySet<string>;
}

/** Names a manifest of a receipt: `public/dotnet/runtime@sha256:…`. */
export function manifestKey(repository: string, digest: Digest): string {
  return `${repository}@${digest}`;
}

/**
 * Decides how to put every tag of a receipt back.
 *
 * @throws TaskError `TAG_MOVED` when a tag is neither where the publish set it nor where it was before, and
 *   `CONTENT_NOT_FOUND` when what a tag pointed to is gone
 */
export function planRollback({ receipt, tags, present }: RollbackFacts): RollbackPlan {
  const read = receipt.tags.map((entry) => ({ entry, now: tags.get(entryKey(entry)) }));
  refuseMoved(receipt.registry, read);
  const steps = read.map(({ entry, now }) => stepOf(receipt.registry, entry, now));
  refuseLost(steps, present);
  return {
    publishedAt: receipt.publishedAt,
    sharedTags: steps.filter(({ what }) => what === 'list'),
    platformTags: steps.filter(({ what }) => what === 'platform'),
  };
}

interface EntryNow {
  readonly entry: ReceiptEntry;
  readonly now: Digest | undefined;
}

function stepOf(
  registry: string,
  { repository, tag, what, digest, previousDigest }: ReceiptEntry,
  now: Digest | undefined,
): RollbackStep {
  const step = { what, at: { registry, name: repository }, tag, digest };
  if (previousDigest === undefined) return { kind: now === undefined ? 'keep' : 'delete', ...step };
  return { kind: now === previousDigest ? 'keep' : 'restore', ...step, previousDigest };
}

function refuseMoved(registry: string, read: readonly EntryNow[]): void {
  const moved = read.filter(
    ({ entry, now }) => now !== entry.digest && now !== entry.previousDigest,
  );
  if (moved.length === 0) return;
  throw new LongListError({
    code: 'TAG_MOVED',
    summary: `${counted(moved.length, 'tag')} moved since the publish; nothing was put back`,
    lines: moved.map(({ entry, now }) => {
      const name = formatReference({ registry, name: entry.repository }, entry.tag);
      return `${name} was set to ${entry.digest}, is ${now ?? 'absent'}`;
    }),
    hint: 'Decide about these tags first: set them by hand, or take them out of a copy of the receipt.',
  });
}

function refuseLost(steps: readonly RollbackStep[], present: ReadonlySet<string>): void {
  const lost = steps.filter(
    ({ kind, at, previousDigest }) =>
      kind === 'restore' &&
      previousDigest !== undefined &&
      !present.has(manifestKey(at.name, previousDigest)),
  );
  if (lost.length === 0) return;
  throw new LongListError({
    code: 'CONTENT_NOT_FOUND',
    summary: `${counted(lost.length, 'tag')} cannot be put back, for the registry no longer has what it pointed to`,
    lines: lost.map(
      ({ at, tag, previousDigest }) =>
        `${formatReference(at, tag)} was ${previousDigest ?? 'absent'}`,
    ),
    hint: 'Bring the content back, or take these tags out of a copy of the receipt.',
  });
}
