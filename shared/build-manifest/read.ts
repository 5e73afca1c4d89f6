import { dirname, join } from 'node:path';
import { mapLimit } from '../core/concurrency.ts';
import { orThrow } from '../core/result.ts';
import { dockerfileCandidates, withCheckout } from './dockerfile.ts';
import { loadBuildManifest } from './load.ts';
import type { BuildManifest } from './model.ts';
import { includesOf } from './wire.ts';

/** Files looked at at once. */
const FILES_AT_ONCE = 16;

/** What reads the files of a build manifest; the file port is one. */
export interface ManifestSource {
  readonly files: {
    read(path: string, signal: AbortSignal): Promise<Uint8Array>;
    isFile(path: string): Promise<boolean>;
  };
  readonly signal: AbortSignal;
}

/**
 * The build manifest at a path, with the files it includes. Paths in it start at its folder; where the Dockerfiles
 * are there too, they decide which declared paths are files and which are folders.
 *
 * @throws TaskError `BUILD_MANIFEST_INVALID` that lists every problem with its path
 */
export async function readBuildManifest(
  path: string,
  variables: ReadonlyMap<string, string>,
  source: ManifestSource,
): Promise<BuildManifest> {
  const failure = { code: 'BUILD_MANIFEST_INVALID', subject: 'The build manifest' } as const;
  const { files, signal } = source;
  const root = await files.read(path, signal);
  const folder = dirname(path);
  const included = includesOf(root, path).map(({ name }) => name);
  const names = await filesAmong(included, folder, source);
  const includes = await mapLimit(
    names,
    async (name) => [name, await files.read(join(folder, name), signal)] as const,
    { limit: FILES_AT_ONCE, signal },
  );
  const manifest = orThrow(
    loadBuildManifest({ root, includes: new Map(includes), variables, file: path }),
    failure,
  );
  const dockerfiles = await filesAmong(dockerfileCandidates(manifest), folder, source);
  return withCheckout(manifest, new Set(dockerfiles));
}

/** Those of some relative paths that are files. */
async function filesAmong(
  paths: readonly string[],
  folder: string,
  { files, signal }: ManifestSource,
): Promise<readonly string[]> {
  const found = await mapLimit(
    paths,
    async (path) => ((await files.isFile(join(folder, path))) ? [path] : []),
    { limit: FILES_AT_ONCE, signal },
  );
  return found.flat();
}
