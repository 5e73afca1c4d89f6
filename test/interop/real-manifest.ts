import { realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { orThrow } from '../../shared/core/result.ts';
import { loadBuildManifest } from '../../shared/build-manifest/load.ts';
import type { BuildManifest } from '../../shared/build-manifest/model.ts';
import { includesOf } from '../../shared/build-manifest/wire.ts';

/** Real data and reference tools: the folder `shared` beside the repository, or SHARED_DIR; no link, tools compare their own path. */
export const SHARED_DIR = realpathSync(
  process.env['SHARED_DIR'] ?? join(import.meta.dirname, '..', '..', '..', 'shared'),
);

const FAILURE = { code: 'BUILD_MANIFEST_INVALID', subject: 'The build manifest' } as const;

/** The real build manifest of dotnet-docker. */
export async function loadRealManifest(): Promise<BuildManifest> {
  const folder = join(SHARED_DIR, 'data', 'build-manifest');
  const root = await readFile(join(folder, 'manifest.json'));
  const paths = includesOf(root).map(({ name }) => name);
  const files = paths.map(async (path) => [path, await readFile(join(folder, path))] as const);
  const includes = new Map(await Promise.all(files));
  return orThrow(loadBuildManifest({ root, includes, variables: new Map() }), FAILURE);
}
