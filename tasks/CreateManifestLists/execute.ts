import { mapLimit } from '../../shared/core/concurrency.ts';
import { TaskError, invariant } from '../../shared/core/errors.ts';
import { serialiseImageInfo } from '../../shared/image-info/write.ts';
import { documentOf } from '../../shared/oci/manifest-document.ts';
import type { ManifestDocument } from '../../shared/oci/manifest-document.ts';
import { formatReference } from '../../shared/oci/reference.ts';
import type { Repository } from '../../shared/oci/reference.ts';
import type { FileWriter } from '../../shared/ports/files.ts';
import type { GraphCopier, GraphRoot, RegistryReader } from '../../shared/ports/registry.ts';
import type { ReferrerKeeper, RegistryWriter } from '../../shared/ports/registry.ts';
import type { CopyStep } from './copies.ts';
import type { ListStep, Plan } from './plan.ts';

/** Lists and tags put at once: more than a registry ever gets, the client bounds what is in flight for each host. */
const PUTS_AT_ONCE = 32;

/** Manifests of one copy read at once. */
const READS_AT_ONCE = 16;

/** What CreateManifestLists writes with. */
export interface Writers {
  readonly registry: Pick<RegistryReader, 'getManifest'> &
    RegistryWriter &
    GraphCopier &
    ReferrerKeeper;
  readonly files: FileWriter;
  /** Told how many tags have been put, and how many there are. */
  readonly onPut?: (done: number, total: number) => void;
}

/** What a run did. */
export interface Done {
  readonly lists: number;
  readonly tags: number;
  /** Manifests that were copied to where a list needs them. */
  readonly copied: number;
}

/**
 * Carries out a plan: what lists need from elsewhere, then every list under its first tag, then all other tags, then
 * the file.
 *
 * The first tag carries the list: the registry takes content and tag in one request. Its children are there already,
 * since gathering has read them or they were copied, so no tag ever points to a list with a hole.
 */
export async function executePlan(
  plan: Plan,
  output: string,
  { writers, signal }: { readonly writers: Writers; readonly signal: AbortSignal },
): Promise<Done> {
  const { registry, files, onPut } = writers;
  let copied = 0;
  // One after the other: syndicated lists take what an earlier copy brought.
  for (const step of plan.copies) copied += await copy(step, registry, signal);
  const puts = putsOf(plan.lists);
  let done = 0;
  const put = async ({ repository, ...rest }: TagPut): Promise<void> => {
    await registry.putManifest(repository, rest, signal);
    done += 1;
    onPut?.(done, puts.length);
  };
  await mapLimit(puts, put, { limit: PUTS_AT_ONCE, signal });
  await registry.settle(signal);
  await files.write(output, serialiseImageInfo(plan.imageInfo));
  return { lists: plan.lists.length, tags: puts.length, copied };
}

/** Copies images with all that they consist of; a run that was cut short finds there what it had copied. */
async function copy(
  { from, to, images, withReferrers }: CopyStep,
  registry: Writers['registry'],
  signal: AbortSignal,
): Promise<number> {
  const roots = await mapLimit(
    images,
    async ({ digest, tags }): Promise<GraphRoot> => {
      const manifest = await registry.getManifest(from, digest, signal);
      if (manifest !== undefined) return { manifest, tags };
      const name = formatReference(from, digest);
      throw new TaskError('CONTENT_NOT_FOUND', `${name} is not in the registry any more.`, {
        hint: 'Run again; if it stays away, build this platform in this run.',
      });
    },
    { limit: READS_AT_ONCE, signal },
  );
  const referrers = withReferrers ? 'all' : 'none';
  const counts = await registry.copyGraph({ roots, from, to, mount: true, referrers }, signal);
  return counts.manifests;
}

interface TagPut {
  readonly repository: Repository;
  readonly manifest: ManifestDocument;
  readonly tag: string;
}

/** Every list under its first tag, then all other tags. */
function putsOf(lists: readonly ListStep[]): readonly TagPut[] {
  const puts = lists.map((step) => {
    const manifest = documentOfStep(step);
    return step.tags.map((tag) => ({ repository: step.repository, manifest, tag }));
  });
  return [...puts.flatMap((all) => all.slice(0, 1)), ...puts.flatMap((all) => all.slice(1))];
}

/** The bytes of the plan, which are those that were hashed. */
function documentOfStep(step: ListStep): ManifestDocument {
  const manifest = documentOf(new TextEncoder().encode(step.content), step.mediaType);
  invariant(manifest.descriptor.digest === step.digest, 'a planned list has the planned digest');
  return manifest;
}
