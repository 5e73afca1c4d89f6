import type { ImageData, ImageInfo, PlatformData } from '../image-info/model.ts';
import { assignRows } from './assign.ts';
import type { Assignment } from './assign.ts';
import { indexPlatforms, listedBy, namedBy } from './lookup.ts';
import type { PlatformMatch } from './lookup.ts';
import type { BuildManifest, ManifestImage, ManifestPlatform } from './model.ts';

/** Finds what a build manifest declares for the rows of image-info. */
export interface ManifestIndex {
  /** The most likely declared platform of a row by itself; absent when nothing is declared for it. */
  readonly platformOf: (
    repo: string,
    image: ImageData,
    platform: PlatformData,
  ) => PlatformMatch | undefined;
  /** The declared image of an image: that of its first platform that is declared. */
  readonly imageOf: (repo: string, image: ImageData) => ManifestImage | undefined;
  /** The same as a key for `mergeFragments`, equal for parts of one declared image. */
  readonly keyOf: (repo: string, image: ImageData) => string | undefined;
  /** Which declared platforms the rows of a whole document are, each of them one image. */
  readonly assign: (info: ImageInfo) => Assignment;
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
  const lookUp = indexPlatforms(manifest);
  const platformOf: ManifestIndex['platformOf'] = (repo, image, platform) => {
    const candidates = lookUp(repo, image, platform);
    if (candidates === undefined) return undefined;
    // Platforms that differ only in variant or build arguments are told apart by their tags.
    const [named] = namedBy(candidates, platform);
    if (named !== undefined) return named;
    const [listed] = listedBy(candidates, image);
    const [match = candidates.all[0]] =
      listed === undefined ? [] : (candidates.byImage.get(listed) ?? []);
    return match;
  };
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
  return { platformOf, imageOf, keyOf, assign: (info) => assignRows(info, lookUp) };
}

/**
 * Declared images with at least one platform in image-info and at least one that is missing there. Images that are
 * wholly absent were not part of the build.
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

/** What the rows of a document stand for: platforms of the image that they are in, for only its list has them. */
function matches(info: ImageInfo, { assign }: ManifestIndex): readonly PlatformMatch[] {
  const assignment = assign(info);
  return info.repos.flatMap(({ images }) =>
    images.flatMap((image) =>
      image.platforms
        .flatMap((row) => assignment.platformsOf(row))
        .filter((match) => match.image === assignment.imageOf(image)),
    ),
  );
}
