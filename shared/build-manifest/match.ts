import { groupBy } from '../core/group-by.ts';
import type { ImageData, ImageInfo, PlatformData } from '../image-info/model.ts';
import type { BuildManifest, ManifestImage, ManifestPlatform, ManifestTag } from './model.ts';

/** A declared platform and the declared image it belongs to. */
interface PlatformMatch {
  readonly image: ManifestImage;
  readonly platform: ManifestPlatform;
}

/** Finds what a build manifest declares for the rows of image-info. */
export interface ManifestIndex {
  /** The declared platforms that a row may be, most likely first: those with a tag of the row alone, if there are any. */
  readonly platformsOf: (
    repo: string,
    image: ImageData,
    platform: PlatformData,
  ) => readonly PlatformMatch[];
  /** The declared platform of a row; absent when nothing is declared for it. */
  readonly platformOf: (
    repo: string,
    image: ImageData,
    platform: PlatformData,
  ) => PlatformMatch | undefined;
  /** The declared image of an image: that of its first platform that is declared. */
  readonly imageOf: (repo: string, image: ImageData) => ManifestImage | undefined;
  /** The same as a key for `mergeFragments`, equal for parts of one declared image. */
  readonly keyOf: (repo: string, image: ImageData) => string | undefined;
}

/** A declared image that image-info has in part, and its declared platforms that are missing. */
export interface IncompleteImage {
  readonly image: ManifestImage;
  readonly missing: readonly ManifestPlatform[];
}

/** An index of a build manifest by the rules of the reference: tag state, identifier, equivalent product version. */
export function indexManifest(manifest: BuildManifest): ManifestIndex {
  const images = manifest.repos.flatMap((repo) => repo.images);
  const positions = new Map(images.map((image, position) => [image, String(position)]));
  const byRow = groupBy(
    images.flatMap((image) => image.platforms.flatMap((platform) => declaredKeys(image, platform))),
    ({ key }) => key,
  );
  const platformsOf: ManifestIndex['platformsOf'] = (repo, image, platform) => {
    const declared = (byRow.get(rowKey(repo, platform)) ?? []).filter((candidate) =>
      equivalentVersions(candidate.image.productVersion, image.productVersion),
    );
    // Platforms that differ only in variant or build arguments are told apart by their tags.
    const named = declared.filter((candidate) =>
      hasTagOf(candidate.platform.tags, platform.simpleTags),
    );
    if (named.length > 0) return named;
    const sharedTags = image.manifest?.sharedTags ?? [];
    const listed = declared.filter((candidate) => hasTagOf(candidate.image.sharedTags, sharedTags));
    return [...new Set([...listed, ...declared])];
  };
  const platformOf: ManifestIndex['platformOf'] = (...row) => platformsOf(...row)[0];
  const imageOf: ManifestIndex['imageOf'] = (repo, image) => {
    for (const platform of image.platforms) {
      const match = platformOf(repo, image, platform);
      if (match !== undefined) return match.image;
    }
    return undefined;
  };
  const keyOf: ManifestIndex['keyOf'] = (repo, image) => {
    const declared = imageOf(repo, image);
    return declared === undefined ? undefined : positions.get(declared);
  };
  return { platformsOf, platformOf, imageOf, keyOf };
}

/**
 * Declared images with at least one platform in image-info and at least one that is missing there, whichever rows of
 * the repository the platforms are in. Images that are wholly absent were not part of the build.
 */
export function incompleteImages(
  manifest: BuildManifest,
  info: ImageInfo,
  index: ManifestIndex = indexManifest(manifest),
): readonly IncompleteImage[] {
  const present = new Map<ManifestImage, Set<ManifestPlatform>>();
  for (const { image, platform } of matches(info, index)) {
    const platforms = present.get(image) ?? new Set();
    present.set(image, platforms.add(platform));
  }
  return manifest.repos
    .flatMap(({ images }) => images)
    .flatMap((image): readonly IncompleteImage[] => {
      const platforms = present.get(image);
      if (platforms === undefined) return [];
      const missing = image.platforms.filter((platform) => !platforms.has(platform));
      return missing.length === 0 ? [] : [{ image, missing }];
    });
}

/** Product versions of one release line: equal, or versions with equal major and minor; a prerelease equals only itself. */
export function equivalentVersions(a: string | undefined, b: string | undefined): boolean {
  if (a === b) return true;
  const line = majorMinor(a);
  return line !== undefined && line === majorMinor(b);
}

function majorMinor(version: string | undefined): string | undefined {
  const match = /^(\d+)\.(\d+)(?:\.\d+){0,2}$/.exec(version ?? '');
  return match === null ? undefined : `${Number(match[1])}.${Number(match[2])}`;
}

/** What rows stand for: each for one declared platform, and for all whose tags it has, where those are one image. */
function matches(info: ImageInfo, index: ManifestIndex): readonly PlatformMatch[] {
  return info.repos.flatMap(({ repo, images }) =>
    images.flatMap((image) =>
      image.platforms.flatMap((row) =>
        index
          .platformsOf(repo, image, row)
          .filter(
            ({ platform }, position) => position === 0 || hasTagOf(platform.tags, row.simpleTags),
          ),
      ),
    ),
  );
}

function declaredKeys(
  image: ManifestImage,
  platform: ManifestPlatform,
): readonly (PlatformMatch & { readonly key: string })[] {
  const { architecture, osType, osVersion, tags, dockerfileCandidates } = platform;
  return dockerfileCandidates.map((dockerfile) => {
    const row = { dockerfile, architecture, osType, osVersion, simpleTags: tags };
    return { image, platform, key: rowKey(image.repo, row) };
  });
}

interface Row {
  readonly dockerfile: string;
  readonly architecture: string;
  readonly osType: string;
  readonly osVersion: string;
  readonly simpleTags: readonly unknown[];
}

/** Equal for a row and a platform of one repository, tag state and identifier; the product version is apart. */
function rowKey(repo: string, row: Row): string {
  const { dockerfile, architecture, osType, osVersion, simpleTags } = row;
  return JSON.stringify([repo, simpleTags.length > 0, dockerfile, architecture, osType, osVersion]);
}

function hasTagOf(tags: readonly ManifestTag[], names: readonly string[]): boolean {
  return tags.some(({ name }) => names.includes(name));
}
