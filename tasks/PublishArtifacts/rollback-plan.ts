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
  /** What is left where it is, for the publish never set it: what to think of it. */
  readonly warnings: readonly string[];
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
 * Decides how to put every tag of a receipt back. A tag that the publish never set, as far as its receipt tells, and that
 * is elsewhere now is of somebody else: it stays.
 *
 * @throws TaskError `TAG_MOVED` when a tag that was set is neither where the publish set it nor where it was before, and
 *   `CONTENT_NOT_FOUND` when what a tag pointed to is gone
 */
export function planRollback({ receipt, tags, present }: RollbackFacts): RollbackPlan {
  const read = receipt.tags.map((entry) => ({ entry, now: tags.get(entryKey(entry)) }));
  const elsewhere = read.filter(
    ({ entry, now }) => now !== entry.digest && now !== entry.previousDigest,
  );
  refuseMoved(
    receipt.registry,
    elsewhere.filter(({ entry }) => entry.setAt !== undefined),
  );
  const steps = read
    .filter((one) => !elsewhere.includes(one))
    .map(({ entry, now }) => stepOf(receipt.registry, entry, now));
  refuseLost(steps, present);
  return {
    publishedAt: receipt.publishedAt,
    sharedTags: steps.filter(({ what }) => what === 'list'),
    platformTags: steps.filter(({ what }) => what === 'platform'),
    warnings: elsewhere.map(
      ({ entry, now }) =>
        `${nameOf(receipt.registry, entry)} is left where it is, ${now ?? 'absent'}: the publish did not set it, as far as its receipt tells.`,
    ),
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

function nameOf(registry: string, { repository: name, tag }: ReceiptEntry): string {
  return formatReference({ registry, name }, tag);
}

function refuseMoved(registry: string, moved: readonly EntryNow[]): void {
  if (moved.length === 0) return;
  throw new LongListError({
    code: 'TAG_MOVED',
    summary: `${counted(moved.length, 'tag')} moved since the publish; nothing was put back`,
    lines: moved.map(
      ({ entry, now }) =>
        `${nameOf(registry, entry)} was set to ${entry.digest}, is ${now ?? 'absent'}`,
    ),
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
