import type { BuildManifest, ManifestPlatform } from './model.ts';

/** The paths that image-info may use for a declared path, most likely first. */
export type DockerfilePaths = Pick<
  ManifestPlatform,
  'declaredPath' | 'dockerfile' | 'dockerfileCandidates'
>;

/**
 * Reads a declared path without a checkout: a last segment that starts with `Dockerfile` is a file, anything else a
 * folder with one; the other reading stays a candidate.
 */
export function dockerfilePaths(declared: string): DockerfilePaths {
  const declaredPath = declared.replaceAll('\\', '/').replace(/\/+$/, '');
  const inFolder = `${declaredPath}/Dockerfile`;
  const isFile = /(?:^|\/)Dockerfile[^/]*$/.test(declaredPath);
  const candidates = isFile ? [declaredPath, inFolder] : [inFolder, declaredPath];
  return {
    declaredPath,
    dockerfile: isFile ? declaredPath : inFolder,
    dockerfileCandidates: candidates,
  };
}

/** The manifest with every path decided by a checkout: the declared path where it is a file, else the file in it. */
export function withCheckout(manifest: BuildManifest, files: ReadonlySet<string>): BuildManifest {
  const decide = (platform: ManifestPlatform): ManifestPlatform => {
    const { declaredPath } = platform;
    const dockerfile = files.has(declaredPath) ? declaredPath : `${declaredPath}/Dockerfile`;
    return { ...platform, dockerfile, dockerfileCandidates: [dockerfile] };
  };
  const repos = manifest.repos.map((repo) => ({
    ...repo,
    images: repo.images.map((image) => ({ ...image, platforms: image.platforms.map(decide) })),
  }));
  return { ...manifest, repos };
}

/** Every declared path, each once, for a look whether it is a file. */
export function declaredPaths(manifest: BuildManifest): readonly string[] {
  const platforms = manifest.repos.flatMap(({ images }) => images.flatMap((i) => i.platforms));
  return [...new Set(platforms.map(({ declaredPath }) => declaredPath))];
}
