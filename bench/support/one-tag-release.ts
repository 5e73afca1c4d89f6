import type { ImageData, ImageInfo } from '../../shared/image-info/model.ts';

/**
 * The release with each list under the first of its tags and nothing else tagged: what peers do that copy one reference
 * after the other, so that all have the same work.
 */
export function withOneTag(info: ImageInfo): ImageInfo {
  return {
    ...info,
    repos: info.repos.map((repo) => ({ ...repo, images: repo.images.map(imageWithOneTag) })),
  };
}

/** The one tag of each list, as `repository:tag`. */
export function tagsOf({ repos }: ImageInfo): readonly string[] {
  return repos.flatMap(({ repo, images }) =>
    images.flatMap(({ manifest }) => (manifest?.sharedTags ?? []).map((tag) => `${repo}:${tag}`)),
  );
}

function imageWithOneTag(image: ImageData): ImageData {
  const { manifest, platforms } = image;
  return {
    ...image,
    ...(manifest === undefined
      ? {}
      : { manifest: { ...manifest, sharedTags: manifest.sharedTags.slice(0, 1) } }),
    platforms: platforms.map((platform) => ({ ...platform, simpleTags: [] })),
  };
}
