import { mapLimit } from '../../shared/core/concurrency.ts';
import { invariant } from '../../shared/core/errors.ts';
import { serialiseImageInfo } from '../../shared/image-info/write.ts';
import { documentOf } from '../../shared/oci/manifest-document.ts';
import type { ManifestDocument } from '../../shared/oci/manifest-document.ts';
import type { Repository } from '../../shared/oci/reference.ts';
import type { FileWriter } from '../../shared/ports/files.ts';
import type { RegistryWriter } from '../../shared/ports/registry.ts';
import type { ListStep, Plan } from './plan.ts';

/** Lists and tags put at once: more than a registry ever gets, the client bounds what is in flight for each host. */
const PUTS_AT_ONCE = 32;

/** What CreateManifestLists writes with. */
export interface Writers {
  readonly registry: RegistryWriter;
  readonly files: FileWriter;
}

/** What a run did. */
export interface Done {
  readonly lists: number;
  readonly tags: number;
}

/**
 * Carries out a plan: every list under its first tag, then all other tags, then the file.
 *
 * The first tag carries the list: the registry takes content and tag in one request. Its children are there already,
 * since gathering has read them, so no tag ever points to a list with a hole.
 */
export async function executePlan(
  plan: Plan,
  output: string,
  { writers, signal }: { readonly writers: Writers; readonly signal: AbortSignal },
): Promise<Done> {
  const { registry, files } = writers;
  const puts = plan.lists.map(putsOf);
  const put = async ({ repository, ...rest }: TagPut): Promise<void> =>
    registry.putManifest(repository, rest, signal);
  const options = { limit: PUTS_AT_ONCE, signal };
  const [first, others] = [puts.map((all) => all.slice(0, 1)), puts.map((all) => all.slice(1))];
  await mapLimit(first.flat(), put, options);
  await mapLimit(others.flat(), put, options);
  await files.write(output, serialiseImageInfo(plan.imageInfo));
  return { lists: plan.lists.length, tags: puts.flat().length };
}

interface TagPut {
  readonly repository: Repository;
  readonly manifest: ManifestDocument;
  readonly tag: string;
}

/** A list under each of its tags. */
function putsOf(step: ListStep): readonly TagPut[] {
  const manifest = documentOfStep(step);
  return step.tags.map((tag) => ({ repository: step.repository, manifest, tag }));
}

/** The bytes of the plan, which are those that were hashed. */
function documentOfStep(step: ListStep): ManifestDocument {
  const manifest = documentOf(new TextEncoder().encode(step.content), step.mediaType);
  invariant(manifest.descriptor.digest === step.digest, 'a planned list has the planned digest');
  return manifest;
}
