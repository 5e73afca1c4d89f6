import { join, relative } from 'node:path';
import type { ArtifactSource, FoundArtifact } from '../ports/artifacts.ts';
import type { FileReader } from '../ports/files.ts';

/**
 * The artifacts that a classic release has downloaded before its tasks run, below `<folder>/<alias>/<artifact>`.
 *
 * @see https://learn.microsoft.com/azure/devops/pipelines/release/artifacts
 */
export function releaseArtifacts(folder: string, files: FileReader): ArtifactSource {
  return {
    place: folder,
    async find(patterns) {
      const paths = await files.find(
        folder,
        patterns.map((pattern) => `*/${pattern}/**`),
      );
      const found = new Map<string, FoundArtifact>();
      for (const path of paths) {
        const [alias = '', name = ''] = relative(folder, path).split(/[\\/]/);
        found.set(`${alias}/${name}`, { name, origin: join(folder, alias) });
      }
      return [...found.values()];
    },
    async fetch({ name, origin }) {
      return Promise.resolve(join(origin, name));
    },
  };
}
