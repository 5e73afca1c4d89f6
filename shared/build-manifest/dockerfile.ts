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

/**
 * The manifest with the paths decided that a checkout tells about: the declared path where it is a file, else the
 * Dockerfile in it. A path of which the checkout has neither stays undecided.
 */
export function withCheckout(manifest: BuildManifest, files: ReadonlySet<string>): BuildManifest {
  const decide = (platform: ManifestPlatform): ManifestPlatform => {
    const { declaredPath } = platform;
    const paths = [declaredPath, `${declaredPath}/Dockerfile`];
    const dockerfile = paths.find((path) => files.has(path));
    return dockerfile === undefined
      ? platform
      : { ...platform, dockerfile, dockerfileCandidates: [dockerfile] };
  };
  const repos = manifest.repos.map((repo) => ({
    ...repo,
    images: repo.images.map((image) => ({ ...image, platforms: image.platforms.map(decide) })),
  }));
  return { ...manifest, repos };
}

/** Every path that may be a Dockerfile, each once, for a look whether it is a file. */
export function dockerfileCandidates(manifest: BuildManifest): readonly string[] {
  const platforms = manifest.repos.flatMap(({ images }) => images.flatMap((i) => i.platforms));
  return [...new Set(platforms.flatMap((platform) => platform.dockerfileCandidates))];
}
