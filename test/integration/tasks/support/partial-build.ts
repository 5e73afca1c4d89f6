import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buildManifestOf } from '../../../support/product/build-manifest.ts';
import { buildProduct } from '../../../support/product/product.ts';
import { pushProduct } from '../../../support/product/push.ts';
import { PRODUCT } from './labs.ts';
import type { Lab, Labs } from './labs.ts';
import { BUILD_PREFIX, PUBLIC_PREFIX, writeFiles } from './stages.ts';

/** The repository that lists are syndicated to. */
export const MIRROR = 'mirror/shop';

/** A job that did not run, and the platforms that are missing for it. */
const LEG = 'windows-ltsc2025';
export const LOST = buildProduct(PRODUCT).filter(({ leg }) => leg === LEG);
export const [LOST_IMAGE] = LOST;

/** A lab with a build manifest, where one job left neither images nor image-info; all of it is published. */
export async function partialBuild(labs: Labs): Promise<Lab> {
  const lab = await labs.open('built');
  const manifest = JSON.stringify(buildManifestOf(PRODUCT, MIRROR));
  await writeFiles(lab.agent.sources, { 'manifest.json': manifest });
  await rm(join(lab.agent.workspace, `${LEG}-image-info-1`), { recursive: true });
  for (const { image, manifest: lost, simpleTags } of LOST) {
    const { manifests, tags } = lab.source.store.open(`${BUILD_PREFIX}/${image.repo}`);
    manifests.delete(lost.descriptor.digest);
    for (const tag of simpleTags) tags.delete(tag);
  }
  await pushProduct(lab.target.url, PUBLIC_PREFIX, PRODUCT);
  lab.target.resetRequests();
  return lab;
}
