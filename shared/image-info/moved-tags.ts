import { describePlatform } from './identity.ts';
import type { ImageData, PlatformData, RepoData } from './model.ts';

/** What is left of published images, and what a release took from them. */
export interface Leftover {
  readonly images: readonly ImageData[];
  /** Tags that stand for the release now: `dotnet/runtime:latest`. */
  readonly movedTags: readonly string[];
  /** Platforms that have lost their last tag: `dotnet/runtime: src/noble/Dockerfile (noble, amd64)`. */
  readonly removed: readonly string[];
}

/** Whether a release takes a tag from what had it, by the digest of that. */
export type Takes = (tag: string, from: { readonly digest?: string }) => boolean;

/** Every tag that stands for one of the images or their platforms. */
export function tagsOf(images: readonly ImageData[]): ReadonlySet<string> {
  return new Set(
    images.flatMap(({ manifest, platforms }) => [
      ...(manifest?.sharedTags ?? []),
      ...platforms.flatMap(({ simpleTags }) => simpleTags),
    ]),
  );
}

/**
 * Published images without the tags that a release has taken, for a tag stands for one thing. What loses its last
 * tag that way is gone: a platform from its image, a list from its image, an image without platforms.
 */
export function withoutTags({ repo, images }: RepoData, takes: Takes): Leftover {
  const isGone = (row: PlatformData): boolean =>
    row.simpleTags.length > 0 && row.simpleTags.every((tag) => takes(tag, row));
  const platforms = images.flatMap((image) => image.platforms);
  const lists = images.flatMap(({ manifest }) => manifest ?? []);
  const moved = [
    ...lists.flatMap((list) => list.sharedTags.filter((tag) => takes(tag, list))),
    ...platforms.flatMap((row) => row.simpleTags.filter((tag) => takes(tag, row))),
  ];
  return {
    images: images.flatMap((image) => {
      const left = image.platforms.filter((row) => !isGone(row)).map((row) => untagged(row, takes));
      return left.length === 0 && image.platforms.length > 0
        ? []
        : [{ ...withListTags(image, takes), platforms: left }];
    }),
    movedTags: [...new Set(moved)].map((tag) => `${repo}:${tag}`),
    removed: platforms.filter(isGone).map((row) => describePlatform(repo, row)),
  };
}

function untagged(row: PlatformData, takes: Takes): PlatformData {
  const simpleTags = row.simpleTags.filter((tag) => !takes(tag, row));
  return simpleTags.length === row.simpleTags.length ? row : { ...row, simpleTags };
}

function withListTags(image: ImageData, takes: Takes): ImageData {
  const { manifest, ...others } = image;
  if (manifest === undefined) return image;
  const sharedTags = manifest.sharedTags.filter((tag) => !takes(tag, manifest));
  if (sharedTags.length === manifest.sharedTags.length) return image;
  return sharedTags.length === 0 ? others : { ...others, manifest: { ...manifest, sharedTags } };
}
