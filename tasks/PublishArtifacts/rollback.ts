import { dirname, join } from 'node:path';
import { mapLimit } from '../../shared/core/concurrency.ts';
import { TaskError, definite } from '../../shared/core/errors.ts';
import { prettyJson } from '../../shared/core/json.ts';
import { LongListError } from '../../shared/core/long-list.ts';
import { orThrow } from '../../shared/core/result.ts';
import { counted } from '../../shared/core/text.ts';
import type { Digest } from '../../shared/oci/digest.ts';
import type { ManifestDocument } from '../../shared/oci/manifest-document.ts';
import { formatLocation, formatReference } from '../../shared/oci/reference.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { FileReader, FileWriter } from '../../shared/ports/files.ts';
import type {
  ContentRemover,
  RegistryReader,
  RegistryWriter,
} from '../../shared/ports/registry.ts';
import type { RollbackInputs } from './rollback-inputs.ts';
import { manifestKey } from './rollback-plan.ts';
import type { RollbackFacts, RollbackPlan, RollbackStep } from './rollback-plan.ts';
import { entryKey, parseReceipt } from './receipt.ts';
import type { Receipt } from './receipt.ts';
import { batchesOf } from './tag-batches.ts';

/** Requests in flight at once; the registry client bounds what is in flight for each host. */
const REQUESTS_AT_ONCE = 24;

/** What a rollback reads with. */
export interface RollbackReaders {
  readonly files: FileReader;
  readonly registry: Pick<RegistryReader, 'getManifest' | 'resolveTag'>;
}

/** Facts with the manifests that tags are put back to. */
export interface GatheredRollback extends RollbackFacts {
  readonly manifests: ReadonlyMap<string, ManifestDocument>;
}

/** What a rollback writes with. */
export interface RollbackWriters {
  readonly registry: Pick<RegistryReader, 'resolveTag'> & RegistryWriter & ContentRemover;
  readonly files: FileWriter;
  readonly clock: Clock;
}

/** What became of a tag. */
export interface RolledBackTag extends RollbackStep {
  readonly outcome: 'restored' | 'deleted' | 'kept' | 'not deleted';
  /** Why the registry did not delete it. */
  readonly reason?: string;
}

/** The record of a rollback, kept as `rollback.json`. */
export interface RollbackRecord {
  /** When the rollback ended, well or not, ISO-8601 in UTC. */
  readonly rolledBackAt: string;
  /** When the publish began that was undone. */
  readonly publishedAt: string;
  /** What was done; tags that a failure left are not in it. */
  readonly tags: readonly RolledBackTag[];
}

/** Where the record of a rollback goes; the receipt beside it stays. */
export function rollbackPathOf(output: string): string {
  return join(dirname(output), 'rollback.json');
}

/** The artifact with the record of a rollback: the publish of the same run has taken the other name. */
export function rollbackArtifact(artifactName: string): string {
  return `${artifactName}-rollback`;
}

/** Reads the receipt, where its tags point now, and what they pointed to before. */
export async function gatherRollback(
  inputs: RollbackInputs,
  { files, registry }: RollbackReaders,
  signal: AbortSignal,
): Promise<GatheredRollback> {
  const receipt = orThrow(parseReceipt(await files.read(inputs.receipt, signal), inputs.receipt), {
    code: 'RECEIPT_INVALID',
    subject: `The receipt ${inputs.receipt}`,
    hint: 'Give the receipt.json of the publish that is to be undone.',
  });
  refuseOtherTarget(receipt, inputs);
  const tags = await readTags(receipt, registry, signal);
  const manifests = await readPrevious({ receipt, tags }, registry, signal);
  return { receipt, tags, present: new Set(manifests.keys()), manifests };
}

async function readTags(
  { registry: host, tags }: Receipt,
  registry: RollbackReaders['registry'],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Digest>> {
  const found = new Map<string, Digest>();
  await mapLimit(
    tags,
    async (entry) => {
      const place = { registry: host, name: entry.repository };
      const now = await registry.resolveTag(place, entry.tag, signal);
      if (now !== undefined) found.set(entryKey(entry), now);
    },
    { limit: REQUESTS_AT_ONCE, signal },
  );
  return found;
}

/** The manifests that tags are put back to, as far as they are still there. */
async function readPrevious(
  { receipt, tags }: Pick<RollbackFacts, 'receipt' | 'tags'>,
  registry: RollbackReaders['registry'],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ManifestDocument>> {
  const wanted = new Map(
    receipt.tags.flatMap((entry) => {
      const { repository: name, previousDigest: digest } = entry;
      const isThere = tags.get(entryKey(entry)) === digest;
      if (digest === undefined || isThere) return [];
      return [[manifestKey(name, digest), { name, digest }] as const];
    }),
  );
  const found = new Map<string, ManifestDocument>();
  await mapLimit(
    [...wanted],
    async ([key, { name, digest }]) => {
      const place = { registry: receipt.registry, name };
      const manifest = await registry.getManifest(place, digest, signal);
      if (manifest !== undefined) found.set(key, manifest);
    },
    { limit: REQUESTS_AT_ONCE, signal },
  );
  return found;
}

function refuseOtherTarget(receipt: Receipt, { target, receipt: path }: RollbackInputs): void {
  const { registry, prefix } = target.location;
  const isBelow = receipt.tags.every(
    ({ repository }) => prefix === '' || repository.startsWith(`${prefix}/`),
  );
  if (receipt.registry === registry && isBelow) return;
  throw new TaskError(
    'RECEIPT_INVALID',
    `The receipt ${path} is of ${receipt.registry}, with repositories such as ${receipt.tags[0]?.repository ?? 'none'}; the target is ${formatLocation(target.location)}.`,
    { hint: 'Give the target that the receipt was written for.' },
  );
}

/**
 * Carries out a rollback: shared tags first. A registry that does not delete tags is no failure, but is told. The record
 * is written also when a tag fails; run again, the rollback goes on with what is left.
 *
 * @throws TaskError `TAG_MOVED` when somebody else has moved a tag of the next batch since the plan was made
 */
export async function executeRollback(
  plan: RollbackPlan,
  { manifests, output }: Pick<GatheredRollback, 'manifests'> & { readonly output: string },
  { writers, signal }: { readonly writers: RollbackWriters; readonly signal: AbortSignal },
): Promise<RollbackRecord> {
  const done = new Map<RollbackStep, RolledBackTag>();
  const record = (): RollbackRecord => ({
    rolledBackAt: writers.clock.now().toISOString(),
    publishedAt: plan.publishedAt,
    tags: [...plan.sharedTags, ...plan.platformTags].flatMap((step) => done.get(step) ?? []),
  });
  try {
    for (const steps of [plan.sharedTags, plan.platformTags].flatMap(batchesOf)) {
      const isBack = await lookAgain({ steps, done: [...done.values()] }, { writers, signal });
      const putBackOne = async (step: RollbackStep): Promise<void> => {
        const now: RollbackStep = isBack.has(step) ? { ...step, kind: 'keep' } : step;
        done.set(step, await putBack(now, manifests, { writers, signal }));
      };
      await mapLimit(steps, putBackOne, { limit: REQUESTS_AT_ONCE, signal });
    }
  } finally {
    await writers.files.write(rollbackPathOf(output), prettyJson(record()));
  }
  return record();
}

/** Which steps somebody else has done meanwhile. */
async function lookAgain(
  { steps, done }: { readonly steps: readonly RollbackStep[]; readonly done: RolledBackTag[] },
  { writers, signal }: { readonly writers: RollbackWriters; readonly signal: AbortSignal },
): Promise<ReadonlySet<RollbackStep>> {
  const found = await mapLimit(
    steps.filter(({ kind }) => kind !== 'keep'),
    async (step) => ({ step, now: await writers.registry.resolveTag(step.at, step.tag, signal) }),
    { limit: REQUESTS_AT_ONCE, signal },
  );
  const back = found.filter(({ step, now }) => now === step.previousDigest);
  const moved = found.filter(({ step, now }) => now !== step.previousDigest && now !== step.digest);
  if (moved.length === 0) return new Set(back.map(({ step }) => step));
  const changed = done.filter(({ outcome }) => outcome === 'restored' || outcome === 'deleted');
  throw new LongListError({
    code: 'TAG_MOVED',
    summary: `${counted(moved.length, 'tag')} moved while tags were put back; ${changed.length} were put back or deleted before, as rollback.json says`,
    lines: moved.map(
      ({ step, now }) =>
        `${formatReference(step.at, step.tag)} was set to ${step.digest}, is ${now ?? 'absent'}`,
    ),
    hint: 'Find out who else sets these tags, decide about them, then run the rollback again: it goes on with what is left.',
  });
}

async function putBack(
  step: RollbackStep,
  manifests: GatheredRollback['manifests'],
  { writers, signal }: { readonly writers: RollbackWriters; readonly signal: AbortSignal },
): Promise<RolledBackTag> {
  const { kind, at, tag, previousDigest } = step;
  if (kind === 'keep') return { ...step, outcome: 'kept' };
  if (kind === 'delete') return deleteTag(step, { writers, signal });
  const digest = definite(previousDigest, 'the digest to go back to');
  const manifest = definite(manifests.get(manifestKey(at.name, digest)), 'the previous manifest');
  await writers.registry.putManifest(at, { manifest, tag }, signal);
  return { ...step, outcome: 'restored' };
}

/** What answers that mean that a registry, or this account, does not delete tags. */
const NOT_DELETED: ReadonlySet<string> = new Set([
  'REGISTRY_REJECTED',
  'REGISTRY_DENIED',
  'REGISTRY_UNAUTHORIZED',
]);

async function deleteTag(
  step: RollbackStep,
  { writers, signal }: { readonly writers: RollbackWriters; readonly signal: AbortSignal },
): Promise<RolledBackTag> {
  try {
    await writers.registry.deleteManifest(step.at, step.tag, signal);
    return { ...step, outcome: 'deleted' };
  } catch (error) {
    if (!(error instanceof TaskError) || !NOT_DELETED.has(error.code)) throw error;
    return { ...step, outcome: 'not deleted', reason: error.message };
  }
}
