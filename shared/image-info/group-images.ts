import { groupLinked } from '../core/group-by.ts';
import { compareText } from '../core/order.ts';
import { platformKeys } from './identity.ts';
import type { ImageData } from './model.ts';
import type { Sourced } from './overlay.ts';

/** The key of the declared image that an image of a repository is; absent when it is none. */
export type ImageKeyOf = (repo: string, image: ImageData) => string | undefined;

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
  return groupLinked(images, ({ value }) => keysOf(value, declaredKeyOf(value)));
}

function keysOf(image: ImageData, declaredKey: string | undefined): readonly [string, ...string[]] {
  if (declaredKey !== undefined) return [`declared ${declaredKey}`];
  const version = image.productVersion ?? '';
  const sharedTags = image.manifest?.sharedTags ?? [];
  if (sharedTags.length > 0) {
    return [JSON.stringify(['shared', version, ...new Set(sharedTags.toSorted(compareText))])];
  }
  const [first, ...others] = image.platforms
    .flatMap((platform) => platformKeys(platform, version))
    .map((key) => JSON.stringify(['platform', version, key]));
  return first === undefined ? [JSON.stringify(['empty', version])] : [first, ...others];
}
