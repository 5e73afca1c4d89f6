import { compareText } from '../core/order.ts';
import { platformKey } from './identity.ts';
import type { ImageData } from './model.ts';
import type { Sourced } from './overlay.ts';

/** The key of the declared image that an image of a repository is; absent when it is none. */
export type ImageKeyOf = (repo: string, image: ImageData) => string | undefined;

interface Group {
  readonly keys: readonly string[];
  readonly images: readonly Sourced<ImageData>[];
}

/**
 * Images of one repository, those that are one image together, in order of first appearance.
 *
 * One image are those with the same declared key; else those of one product version with the same shared tags;
 * else those of one product version that have a platform in common.
 */
export function groupImages(
  images: readonly Sourced<ImageData>[],
  declaredKeyOf: (image: ImageData) => string | undefined,
): readonly (readonly Sourced<ImageData>[])[] {
  const groups = new Map<string, Group>();
  for (const image of images) {
    const keys = keysOf(image.value, declaredKeyOf(image.value));
    const found = new Set(
      keys.map((key) => groups.get(key)).filter((group) => group !== undefined),
    );
    const joined: Group = {
      keys: [...new Set([...[...found].flatMap((group) => group.keys), ...keys])],
      images: [...[...found].flatMap((group) => group.images), image],
    };
    for (const key of joined.keys) groups.set(key, joined);
  }
  return [...new Set(groups.values())].map((group) => group.images);
}

function keysOf(image: ImageData, declaredKey: string | undefined): readonly string[] {
  if (declaredKey !== undefined) return [`declared ${declaredKey}`];
  const version = image.productVersion ?? '';
  const sharedTags = image.manifest?.sharedTags ?? [];
  if (sharedTags.length > 0) {
    return [JSON.stringify(['shared', version, ...new Set(sharedTags.toSorted(compareText))])];
  }
  if (image.platforms.length === 0) return [JSON.stringify(['empty', version])];
  return image.platforms.map((platform) =>
    JSON.stringify(['platform', version, platformKey(platform, version)]),
  );
}
