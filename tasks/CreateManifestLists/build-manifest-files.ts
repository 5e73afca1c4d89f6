import { dirname, join } from 'node:path';
import { mapLimit } from '../../shared/core/concurrency.ts';
import { orThrow } from '../../shared/core/result.ts';
import { loadBuildManifest } from '../../shared/build-manifest/load.ts';
import type { BuildManifest } from '../../shared/build-manifest/model.ts';
import { includesOf } from '../../shared/build-manifest/wire.ts';
import type { FileReader } from '../../shared/ports/files.ts';

/** Included files read at once. */
const FILES_AT_ONCE = 8;

/** What reads the files of a build manifest. */
export interface ManifestFilesReader {
  readonly files: FileReader;
  readonly signal: AbortSignal;
}

/**
 * The build manifest at a path, with the files it includes; their paths start at its folder.
 *
 * @throws TaskError `BUILD_MANIFEST_INVALID` that lists every problem with its path
 */
export async function readBuildManifest(
  path: string,
  variables: ReadonlyMap<string, string>,
  { files, signal }: ManifestFilesReader,
): Promise<BuildManifest> {
  const failure = { code: 'BUILD_MANIFEST_INVALID', subject: 'The build manifest' } as const;
  const root = await files.read(path, signal);
  const names = orThrow(includesOf(root, path), failure);
  const includes = await mapLimit(
    names,
    async (name) => [name, await files.read(join(dirname(path), name), signal)] as const,
    { limit: FILES_AT_ONCE, signal },
  );
  return orThrow(
    loadBuildManifest({ root, includes: new Map(includes), variables, file: path }),
    failure,
  );
}
