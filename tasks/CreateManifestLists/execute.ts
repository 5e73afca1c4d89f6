import { mapLimit } from '../../shared/core/concurrency.ts';
import { invariant } from '../../shared/core/errors.ts';
import { serialiseImageInfo } from '../../shared/image-info/write.ts';
import { documentOf } from '../../shared/oci/manifest-document.ts';
import type { ManifestDocument } from '../../shared/oci/manifest-document.ts';
import type { FileWriter } from '../../shared/ports/files.ts';
import type { RegistryWriter } from '../../shared/ports/registry.ts';
import type { ListStep, Plan } from './plan.ts';

/** Lists and tags put at once; the registry client bounds what is in flight for each host. */
const PUTS_AT_ONCE = 16;

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
 * Carries out a plan: every list by digest, then every tag, then the file. A list that cannot be put leaves all
 * tags where they were.
 */
export async function executePlan(
  plan: Plan,
  output: string,
  { writers, signal }: { readonly writers: Writers; readonly signal: AbortSignal },
): Promise<Done> {
  const { registry, files } = writers;
  const lists = plan.lists.map((step) => ({ step, manifest: documentOfStep(step) }));
  const options = { limit: PUTS_AT_ONCE, signal };
  await mapLimit(
    lists,
    async ({ step, manifest }) => registry.putManifest(step.repository, { manifest }, signal),
    options,
  );
  const tags = lists.flatMap(({ step, manifest }) =>
    step.tags.map((tag) => ({ repository: step.repository, manifest, tag })),
  );
  await mapLimit(
    tags,
    async ({ repository, manifest, tag }) =>
      registry.putManifest(repository, { manifest, tag }, signal),
    options,
  );
  await files.write(output, serialiseImageInfo(plan.imageInfo));
  return { lists: lists.length, tags: tags.length };
}

/** The bytes of the plan, which are those that were hashed. */
function documentOfStep(step: ListStep): ManifestDocument {
  const manifest = documentOf(new TextEncoder().encode(step.content), step.mediaType);
  invariant(manifest.descriptor.digest === step.digest, 'a planned list has the planned digest');
  return manifest;
}
