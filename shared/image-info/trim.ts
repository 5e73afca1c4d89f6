import type { ImageData, ImageInfo } from './model.ts';

/** Whether an image is released: with a platform that is not unchanged, or as a list of which no platform is named. */
export function isReleased({ platforms, manifest }: ImageData): boolean {
  return platforms.length === 0
    ? (manifest?.digest ?? '') !== ''
    : platforms.some(({ isUnchanged }) => !isUnchanged);
}

/** The document without unchanged platforms, and without images and repositories that this leaves empty. */
export function withoutUnchanged(info: ImageInfo): ImageInfo {
  const repos = info.repos.flatMap((repo) => {
    const images = repo.images.filter(isReleased).map((image) => ({
      ...image,
      platforms: image.platforms.filter(({ isUnchanged }) => !isUnchanged),
    }));
    return images.length === 0 ? [] : [{ ...repo, images }];
  });
  return { ...info, repos };
}

/** The document without the marks of unchanged platforms, which never reach a published file. */
export function withoutMarks(info: ImageInfo): ImageInfo {
  const repos = info.repos.map((repo) => ({
    ...repo,
    images: repo.images.map((image) => ({
      ...image,
      platforms: image.platforms.map((platform) => ({ ...platform, isUnchanged: false })),
    })),
  }));
  return { ...info, repos };
}
