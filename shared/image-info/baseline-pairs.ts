import type { ImageKeyOf } from './group-images.ts';
import { platformKey } from './identity.ts';
import type { ImageData, PlatformData, RepoData } from './model.ts';

/** What a release replaces in a published repository; the objects themselves are the identity. */
export interface Pairs {
  /** The published platform that a released one replaces. */
  readonly platforms: ReadonlyMap<PlatformData, PlatformData>;
  /** The published image that a released one replaces, each at most once. */
  readonly images: ReadonlyMap<ImageData, ImageData>;
}

interface Row {
  readonly image: ImageData;
  readonly platform: PlatformData;
}

/**
 * Pairs the released images and platforms of a repository with the published ones they replace.
 *
 * Platforms of one key are one; where a build manifest tells, their images must be one too. Of several, which can
 * only differ in build arguments, those that have a tag in common come first. Images are one by the build manifest,
 * else by their first platform that replaces one.
 */
export function pairRepo(
  released: RepoData,
  published: RepoData,
  imageKeyOf: ImageKeyOf = () => undefined,
): Pairs {
  const keys = new Map(
    [...released.images, ...published.images].map((image) => [
      image,
      imageKeyOf(released.repo, image),
    ]),
  );
  const rows = pairRows(released, published, (one, other) => {
    const [key, otherKey] = [keys.get(one), keys.get(other)];
    return key === undefined || otherKey === undefined || key === otherKey;
  });
  const free = new Set(published.images);
  const images = new Map<ImageData, ImageData>();
  for (const image of released.images) {
    const key = keys.get(image);
    const candidates = [
      ...(key === undefined ? [] : published.images.filter((other) => keys.get(other) === key)),
      ...image.platforms.flatMap((platform) => rows.get(platform)?.image ?? []),
    ];
    const target = candidates.find((candidate) => free.has(candidate));
    if (target === undefined) continue;
    free.delete(target);
    images.set(image, target);
  }
  return { platforms: new Map([...rows].map(([row, { platform }]) => [row, platform])), images };
}

function pairRows(
  released: RepoData,
  published: RepoData,
  mayBeOne: (one: ImageData, other: ImageData) => boolean,
): ReadonlyMap<PlatformData, Row> {
  const free = new Map<string, Set<Row>>();
  for (const row of rowsOf(published)) {
    free.set(keyOf(row), (free.get(keyOf(row)) ?? new Set()).add(row));
  }
  const pairs = new Map<PlatformData, Row>();
  const pairWhere = (isFit: (row: Row, candidate: Row) => boolean): void => {
    for (const row of rowsOf(released).filter(({ platform }) => !pairs.has(platform))) {
      const candidates = free.get(keyOf(row)) ?? new Set();
      const match = [...candidates].find(
        (candidate) => mayBeOne(row.image, candidate.image) && isFit(row, candidate),
      );
      if (match === undefined) continue;
      candidates.delete(match);
      pairs.set(row.platform, match);
    }
  };
  pairWhere(haveCommonTag);
  pairWhere(() => true);
  return pairs;
}

function rowsOf({ images }: RepoData): readonly Row[] {
  return images.flatMap((image) => image.platforms.map((platform) => ({ image, platform })));
}

function keyOf({ image, platform }: Row): string {
  return platformKey(platform, image.productVersion);
}

function haveCommonTag(one: Row, other: Row): boolean {
  const tags = new Set(other.platform.simpleTags);
  return one.platform.simpleTags.some((tag) => tags.has(tag));
}
