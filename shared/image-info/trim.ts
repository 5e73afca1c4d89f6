import type { ImageInfo } from './model.ts';

/** The document without unchanged platforms, and without images and repositories that this leaves empty. */
export function withoutUnchanged(info: ImageInfo): ImageInfo {
  const repos = info.repos.flatMap((repo) => {
    const images = repo.images.flatMap((image) => {
      const platforms = image.platforms.filter(({ isUnchanged }) => !isUnchanged);
      return platforms.length === 0 ? [] : [{ ...image, platforms }];
    });
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
