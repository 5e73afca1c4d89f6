import { mapLimit } from '../../shared/core/concurrency.ts';
import { assertNever, definite } from '../../shared/core/errors.ts';
import { prettyJson } from '../../shared/core/json.ts';
import { serialiseImageInfo } from '../../shared/image-info/write.ts';
import { formatReference } from '../../shared/oci/reference.ts';
import type { Timer } from '../../shared/ports/clock.ts';
import type { Log } from '../../shared/ports/host.ts';
import type { ContentImporter } from '../../shared/ports/importer.ts';
import type { ContentCopier, CopyCounts, ReferrerKeeper } from '../../shared/ports/registry.ts';
import type { Inputs } from './inputs.ts';
import type { ContentStep, Plan } from './steps.ts';
import type { Progress } from './progress.ts';
import { receiptPathOf } from './receipt.ts';
import type { Receipt } from './receipt.ts';
import { setTags } from './set-tags.ts';
import type { TagContext, TagWriters } from './set-tags.ts';
import { neededBy, nodeKey } from './source-graph.ts';
import type { ContentNode, NodeKey } from './source-graph.ts';
import { waitForTags } from './wait.ts';

/** Manifests copied at once; the registry client bounds what is in flight for each host. */
const COPIES_AT_ONCE = 24;

/** What PublishArtifacts writes with. */
export interface Writers extends TagWriters {
  readonly registry: TagWriters['registry'] & ContentCopier & ReferrerKeeper;
  readonly clock: Timer;
  readonly log: Pick<Log, 'info'>;
  /** Absent where the target cannot fetch content by itself. */
  readonly importer?: ContentImporter;
  readonly progress: Progress;
  /** Told when everything is at the target, before another registry is waited for that may never have it. */
  readonly onPublished?: (done: Done) => Promise<void>;
}

/** What a publish did. */
export interface Done {
  readonly counts: ContentCounts;
  readonly manifests: number;
  readonly tags: number;
  /** Absent in a phase that sets no tags. */
  readonly receipt: Receipt | undefined;
}

/** What was done with blobs, and how many images the target imported by itself. */
export interface ContentCounts extends CopyCounts {
  readonly imported: number;
}

const NOTHING: ContentCounts = {
  ...{ present: 0, mounted: 0, uploaded: 0, uploadedBytes: 0 },
  imported: 0,
};

/** What a plan is carried out with. */
export interface ExecuteContext extends TagContext {
  readonly inputs: TagContext['inputs'] & Pick<Inputs, 'wait'>;
}

interface Tools {
  readonly writers: Writers;
  readonly signal: AbortSignal;
}

/** Carries out a plan: content, then tags of platforms, shared tags last; the receipt is complete when all is done. */
export async function executePlan(
  plan: Plan,
  context: ExecuteContext,
  tools: Tools,
): Promise<Done> {
  const { writers, signal } = tools;
  const counts = await copyContent(plan, context, tools);
  await writers.registry.settle(signal);
  const receipt = plan.phase === 'content' ? undefined : await publish(plan, context, tools);
  const tags = [...plan.platformTags, ...plan.sharedTags];
  const done = {
    ...{ counts, receipt },
    manifests: plan.content.flat().filter(({ kind }) => kind === 'copy').length,
    tags: tags.filter(({ kind }) => kind === 'set').length,
  };
  await writers.onPublished?.(done);
  return receipt === undefined
    ? done
    : { ...done, receipt: await complete(receipt, plan, { context, tools }) };
}

/** Sets the tags and writes the final image-info. */
async function publish(plan: Plan, context: ExecuteContext, tools: Tools): Promise<Receipt> {
  const set = await setTags(plan, context, tools);
  const { output } = context.inputs;
  await tools.writers.files.write(output, serialiseImageInfo(plan.imageInfo));
  return set;
}

/** Waits for what is to be waited for, and writes the receipt that says that all is done. */
async function complete(
  set: Receipt,
  { platformTags, sharedTags }: Plan,
  { context, tools }: { readonly context: ExecuteContext; readonly tools: Tools },
): Promise<Receipt> {
  const { output, wait } = context.inputs;
  const { registry, clock: timer, log, files } = tools.writers;
  if (wait !== undefined) {
    const { timeoutMs, place } = wait;
    await waitForTags(
      [...platformTags, ...sharedTags],
      { wait: { location: place.location, timeoutMs }, tools: { registry, timer, log } },
      tools.signal,
    );
  }
  const receipt = { ...set, completedAt: timer.now().toISOString() };
  await files.write(receiptPathOf(output), prettyJson(receipt));
  return receipt;
}

/**
 * Copies each manifest as soon as all that it needs is there. No wave waits for the last of the one before; as they are
 * begun in the order of the waves, what is waited for has always begun.
 */
async function copyContent(
  plan: Plan,
  context: ExecuteContext,
  tools: Tools,
): Promise<ContentCounts> {
  const begun = new Map<NodeKey, Promise<ContentCounts>>();
  const copy = async (step: ContentStep): Promise<ContentCounts> => {
    await Promise.all(neededBy(nodeOf(step, context)).flatMap((key) => begun.get(key) ?? []));
    const done = await copyStep(step, context, tools);
    if (step.kind === 'copy') tools.writers.progress.copied(step);
    return done;
  };
  const copied = await mapLimit(
    plan.content.flat(),
    async (step) => {
      const copying = copy(step);
      begun.set(nodeKey(step.repo, step.digest), copying);
      return copying;
    },
    { limit: COPIES_AT_ONCE, signal: tools.signal },
  );
  return copied.reduce(addCounts, NOTHING);
}

function nodeOf({ repo, digest }: ContentStep, { nodes }: ExecuteContext): ContentNode {
  return definite(nodes.get(nodeKey(repo, digest)), 'the manifest of a step');
}

async function copyStep(
  step: ContentStep,
  context: ExecuteContext,
  tools: Tools,
): Promise<ContentCounts> {
  const { writers, signal } = tools;
  switch (step.kind) {
    case 'keep':
      return NOTHING;
    case 'copy': {
      if (await isImported(step, tools)) return { ...NOTHING, imported: 1 };
      const { from, to } = step;
      const mount = context.inputs.copyMethod !== 'stream';
      const { document: manifest } = nodeOf(step, context);
      const onBytes = (count: number): void => {
        writers.progress.moved(step, count);
      };
      const request = { manifest, from, to, mount, onBytes };
      return { ...NOTHING, ...(await writers.registry.copyManifest(request, signal)) };
    }
    default:
      return assertNever(step.kind);
  }
}

/** Lists and referrers are not imported: they are a few small requests, and an import takes seconds. */
async function isImported(
  { what, from, to, digest }: ContentStep,
  { writers: { importer, log }, signal }: Tools,
): Promise<boolean> {
  if (importer === undefined || what !== 'platform') return false;
  const result = await importer.importManifest({ digest, from, to }, signal);
  if (result.kind === 'imported') return true;
  log.info(`Streaming ${formatReference(from, digest)}: ${result.reason}`);
  return false;
}

function addCounts(sum: ContentCounts, counts: ContentCounts): ContentCounts {
  return {
    present: sum.present + counts.present,
    mounted: sum.mounted + counts.mounted,
    uploaded: sum.uploaded + counts.uploaded,
    uploadedBytes: sum.uploadedBytes + counts.uploadedBytes,
    imported: sum.imported + counts.imported,
  };
}
