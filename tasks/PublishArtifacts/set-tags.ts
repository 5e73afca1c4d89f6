import { mapLimit } from '../../shared/core/concurrency.ts';
import { definite } from '../../shared/core/errors.ts';
import { prettyJson } from '../../shared/core/json.ts';
import { LongListError } from '../../shared/core/long-list.ts';
import { counted } from '../../shared/core/text.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { FileWriter } from '../../shared/ports/files.ts';
import { repositoryAt } from '../../shared/oci/reference.ts';
import type { ContentCopier, RegistryReader } from '../../shared/ports/registry.ts';
import type { Inputs } from './inputs.ts';
import type { Progress } from './progress.ts';
import type { Plan, TagStep } from './steps.ts';
import { entryKey, receiptOf, receiptPathOf, withSet } from './receipt.ts';
import type { Receipt } from './receipt.ts';
import { nodeKey } from './source-graph.ts';
import { batchesOf } from './tag-batches.ts';
import type { ContentNode, NodeKey } from './source-graph.ts';

/** Tags set at once; the registry client bounds what is in flight for each host. */
const TAGS_AT_ONCE = 24;

/** What sets tags and keeps the receipt. */
export interface TagWriters {
  readonly registry: Pick<RegistryReader, 'resolveTag'> & Pick<ContentCopier, 'tagCopied'>;
  readonly files: FileWriter;
  readonly clock: Clock;
  readonly progress: Pick<Progress, 'tagged'>;
}

/** What the steps are carried out with. */
export interface TagContext {
  readonly nodes: ReadonlyMap<NodeKey, ContentNode>;
  readonly inputs: Pick<Inputs, 'copyMethod' | 'existingTags' | 'output' | 'source' | 'target'>;
  readonly now: Date;
}

interface Tools {
  readonly writers: TagWriters;
  readonly signal: AbortSignal;
}

/** Steps to look at, once so many of the tags are set. */
interface Look {
  readonly steps: readonly TagStep[];
  readonly set: number;
}

/**
 * Sets the tags of platforms, then the shared tags. The receipt is on disk before the first of them and after each
 * batch, so that what a killed run leaves tells where every tag was.
 *
 * @throws TaskError `TAG_MOVED`, before any tag is set, when one is no longer where it was when the plan was made; where
 *   tags must not exist, also before a later batch
 */
export async function setTags(plan: Plan, context: TagContext, tools: Tools): Promise<Receipt> {
  const steps = [...plan.platformTags, ...plan.sharedTags];
  await refuseMovedTags({ steps, set: 0 }, context, tools);
  const { output, target, existingTags } = context.inputs;
  let receipt = receiptOf(steps, target.location.registry, context.now);
  const keep = async (): Promise<void> =>
    tools.writers.files.write(receiptPathOf(output), prettyJson(receipt));
  await keep();
  let set = 0;
  for (const batch of [plan.platformTags, plan.sharedTags].map(toSet).flatMap(batchesOf)) {
    if (existingTags === 'fail' && set > 0) {
      await refuseMovedTags({ steps: batch, set }, context, tools);
    }
    const setAt = new Map<string, string>();
    try {
      await mapLimit(
        batch,
        async (step) => {
          await setTag(step, context, tools);
          const key = entryKey({ repository: step.to.name, tag: step.tag });
          setAt.set(key, tools.writers.clock.now().toISOString());
          tools.writers.progress.tagged(step);
        },
        { limit: TAGS_AT_ONCE, signal: tools.signal },
      );
    } finally {
      receipt = withSet(receipt, setAt);
      await keep();
    }
    set += batch.length;
  }
  return receipt;
}

/** The steps that have something to do. */
function toSet(steps: readonly TagStep[]): readonly TagStep[] {
  return steps.filter(({ kind }) => kind === 'set');
}

async function setTag(
  { repo, to, tag, digest }: TagStep,
  { nodes, inputs }: TagContext,
  { writers, signal }: Tools,
): Promise<void> {
  const node = definite(nodes.get(nodeKey(repo, digest)), 'the manifest of a tag');
  const from = repositoryAt(inputs.source.location, repo);
  const mount = inputs.copyMethod !== 'stream';
  await writers.registry.tagCopied({ manifest: node.document, from, to, mount }, tag, signal);
}

/** Copying may take an hour: what somebody else moved meanwhile is not overwritten. */
async function refuseMovedTags(
  { steps, set }: Look,
  { inputs }: TagContext,
  { writers, signal }: Tools,
): Promise<void> {
  // A new tag is asked for again only where it must not exist: one request a tag is all that most releases cost.
  const asked = toSet(steps).filter(
    ({ previousDigest }) => previousDigest !== undefined || inputs.existingTags === 'fail',
  );
  const found = await mapLimit(
    asked,
    async (step) => ({ step, now: await writers.registry.resolveTag(step.to, step.tag, signal) }),
    { limit: TAGS_AT_ONCE, signal },
  );
  const moved = found.filter(({ step, now }) => now !== step.previousDigest && now !== step.digest);
  if (moved.length === 0) return;
  throw new LongListError({
    code: 'TAG_MOVED',
    summary:
      `${counted(moved.length, 'tag')} moved at the target ` +
      (set === 0
        ? 'while content was copied; no tag was set'
        : `while tags were set; ${counted(set, 'tag')} of the release ${set === 1 ? 'is' : 'are'} set, as the receipt says`),
    lines: moved.map(
      ({ step, now }) =>
        `${step.repo}:${step.tag} was ${step.previousDigest ?? 'absent'}, is ${now ?? 'absent'}`,
    ),
    hint: 'Find out who else publishes these tags, then run again: what is copied stays.',
  });
}
