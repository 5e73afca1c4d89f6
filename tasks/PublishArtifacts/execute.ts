import { dirname, join } from 'node:path';
import { mapLimit } from '../../shared/core/concurrency.ts';
import { assertNever, definite } from '../../shared/core/errors.ts';
import { prettyJson } from '../../shared/core/json.ts';
import { serialiseImageInfo } from '../../shared/image-info/write.ts';
import type { ManifestDocument } from '../../shared/oci/manifest-document.ts';
import type { FileWriter } from '../../shared/ports/files.ts';
import type { ContentCopier, CopyCounts, RegistryWriter } from '../../shared/ports/registry.ts';
import type { Inputs } from './inputs.ts';
import type { ContentStep, Plan, TagStep } from './plan.ts';
import { nodeKey } from './source-graph.ts';
import type { ContentNode, NodeKey } from './source-graph.ts';

/** Manifests copied at once; the registry client bounds what is in flight for each host. */
const COPIES_AT_ONCE = 8;

/** Tags set at once. */
const TAGS_AT_ONCE = 16;

/** What PublishArtifacts writes with. */
export interface Writers {
  readonly registry: RegistryWriter & ContentCopier;
  readonly files: FileWriter;
}

/** What was published: a tag, its digest, and the digest it had before. */
export interface ReceiptEntry {
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
  readonly previousDigest?: string;
}

/** The record of a publish, kept as `receipt.json`. */
export interface Receipt {
  /** When the run began, ISO-8601 in UTC. */
  readonly publishedAt: string;
  readonly registry: string;
  readonly tags: readonly ReceiptEntry[];
}

/** What a publish did. */
export interface Done {
  readonly counts: CopyCounts;
  readonly manifests: number;
  readonly tags: number;
  readonly receipt: Receipt;
  readonly receiptPath: string;
}

const NOTHING: CopyCounts = { present: 0, mounted: 0, uploaded: 0, uploadedBytes: 0 };

export interface ExecuteContext {
  readonly nodes: ReadonlyMap<NodeKey, ContentNode>;
  readonly inputs: Pick<Inputs, 'copyMethod' | 'output' | 'target'>;
  readonly now: Date;
}

/** Carries out a plan: content in waves, then tags of platforms, shared tags last; then writes the files. */
export async function executePlan(
  plan: Plan,
  context: ExecuteContext,
  { writers, signal }: { readonly writers: Writers; readonly signal: AbortSignal },
): Promise<Done> {
  let counts = NOTHING;
  for (const wave of plan.content) {
    const copied = await mapLimit(
      wave,
      async (step) => copyStep(step, context, { writers, signal }),
      { limit: COPIES_AT_ONCE, signal },
    );
    counts = copied.reduce(addCounts, counts);
  }
  for (const tags of [plan.platformTags, plan.sharedTags]) {
    await mapLimit(tags, async (step) => setTag(step, context, { writers, signal }), {
      limit: TAGS_AT_ONCE,
      signal,
    });
  }
  const receipt = receiptOf(plan, context);
  const receiptPath = join(dirname(context.inputs.output), 'receipt.json');
  await writers.files.write(receiptPath, prettyJson(receipt));
  await writers.files.write(context.inputs.output, serialiseImageInfo(plan.imageInfo));
  const manifests = plan.content.flat().filter(({ kind }) => kind === 'copy').length;
  const tags = [...plan.platformTags, ...plan.sharedTags];
  return {
    counts,
    manifests,
    tags: tags.filter(({ kind }) => kind === 'set').length,
    receipt,
    receiptPath,
  };
}

interface Tools {
  readonly writers: Writers;
  readonly signal: AbortSignal;
}

function documentOf(step: ContentStep | TagStep, { nodes }: ExecuteContext): ManifestDocument {
  return definite(nodes.get(nodeKey(step.repo, step.digest)), 'the manifest of a step').document;
}

async function copyStep(
  step: ContentStep,
  context: ExecuteContext,
  { writers, signal }: Tools,
): Promise<CopyCounts> {
  switch (step.kind) {
    case 'keep':
      return NOTHING;
    case 'copy': {
      const { from, to } = step;
      const mount = context.inputs.copyMethod === 'auto';
      const manifest = documentOf(step, context);
      return writers.registry.copyManifest({ manifest, from, to, mount }, signal);
    }
    default:
      return assertNever(step.kind);
  }
}

async function setTag(
  step: TagStep,
  context: ExecuteContext,
  { writers, signal }: Tools,
): Promise<void> {
  switch (step.kind) {
    case 'keep':
      return;
    case 'set': {
      const manifest = documentOf(step, context);
      await writers.registry.putManifest(step.to, { manifest, tag: step.tag }, signal);
      return;
    }
    default:
      assertNever(step.kind);
  }
}

function addCounts(sum: CopyCounts, counts: CopyCounts): CopyCounts {
  return {
    present: sum.present + counts.present,
    mounted: sum.mounted + counts.mounted,
    uploaded: sum.uploaded + counts.uploaded,
    uploadedBytes: sum.uploadedBytes + counts.uploadedBytes,
  };
}

function receiptOf(plan: Plan, { inputs, now }: ExecuteContext): Receipt {
  return {
    publishedAt: now.toISOString(),
    registry: inputs.target.location.registry,
    tags: [...plan.platformTags, ...plan.sharedTags].map(({ to, tag, digest, previousDigest }) => ({
      repository: to.name,
      tag,
      digest,
      ...(previousDigest === undefined ? {} : { previousDigest }),
    })),
  };
}
