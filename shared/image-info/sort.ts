import { compareTexts, sortedUnion } from '../core/order.ts';
import { platformIdentifier } from './identity.ts';
import type { ImageData, PlatformData } from './model.ts';

/** Platforms by identifier, then tagless before tagged, then by tag. */
export function sortPlatforms(
  platforms: readonly PlatformData[],
  productVersion: string | undefined,
): readonly PlatformData[] {
  return sortBy(platforms, (platform) => [
    platformIdentifier(platform, productVersion),
    sortedUnion(platform.simpleTags)[0] ?? '',
    platform.digest,
  ]);
}

/** Images by product version as text, then by first platform, then by first shared tag; platforms must be sorted. */
export function sortImages(images: readonly ImageData[]): readonly ImageData[] {
  return sortBy(images, (image) => {
    const [platform] = image.platforms;
    return [
      image.productVersion ?? '',
      platform === undefined ? '' : platformIdentifier(platform, image.productVersion),
      sortedUnion(image.manifest?.sharedTags ?? [])[0] ?? '',
      // Two images may agree in all of that, such as one tagged and one tagless; their content then decides.
      JSON.stringify(image),
    ];
  });
}

function sortBy<T>(items: readonly T[], keyOf: (item: T) => readonly string[]): readonly T[] {
  const keyed = items.map((item) => ({ item, key: keyOf(item) }));
  return keyed.sort((a, b) => compareTexts(a.key, b.key)).map(({ item }) => item);
}
