import type { ImageKeyOf } from './group-images.ts';
import { hashOf, platformKey } from './identity.ts';
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

interface ReleasedRows {
  readonly leftOut: readonly Row[];
  readonly built: readonly Row[];
}

type Fit = (row: Row, candidate: Row) => boolean;

/** What else tells which row replaces which. */
interface PairOptions {
  /** Which images are one, where a build manifest tells. */
  readonly imageKeyOf?: ImageKeyOf | undefined;
  /** Whether a row is not released: what it stands for is published already and stays as it is. */
  readonly isLeftOut?: (row: PlatformData) => boolean;
}

/**
 * Pairs the released images and platforms of a repository with the published ones they replace.
 *
 * Platforms of one key are one; where a build manifest tells, their images must be one too. Of several, which can
 * only differ in build arguments, those that have a tag in common come first, then those of the same digest. Images
 * are one by the build manifest, else by their first platform that replaces one.
 */
export function pairRepo(
  released: RepoData,
  published: RepoData,
  { imageKeyOf = () => undefined, isLeftOut = () => false }: PairOptions = {},
): Pairs {
  const keys = new Map(
    [...released.images, ...published.images].map((image) => [
      image,
      imageKeyOf(released.repo, image),
    ]),
  );
  const mayBeOne = (one: Row, other: Row): boolean => {
    const [key, otherKey] = [keys.get(one.image), keys.get(other.image)];
    return key === undefined || otherKey === undefined || key === otherKey;
  };
  const all = rowsOf(released);
  const leftOut = all.filter(({ platform }) => isLeftOut(platform));
  const built = all.filter(({ platform }) => !isLeftOut(platform));
  const rows = pairRows({ leftOut, built }, rowsOf(published), mayBeOne);
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
  { leftOut, built }: ReleasedRows,
  published: readonly Row[],
  mayBeOne: Fit,
): ReadonlyMap<PlatformData, Row> {
  const free = new Map<string, Set<Row>>();
  for (const row of published) {
    free.set(keyOf(row), (free.get(keyOf(row)) ?? new Set()).add(row));
  }
  const pairs = new Map<PlatformData, Row>();
  const pairWhere = (rows: readonly Row[], isFit: Fit): void => {
    for (const row of rows.filter(({ platform }) => !pairs.has(platform))) {
      const candidates = free.get(keyOf(row)) ?? new Set();
      const match = [...candidates].find(
        (candidate) => mayBeOne(row, candidate) && isFit(row, candidate),
      );
      if (match === undefined) continue;
      candidates.delete(match);
      pairs.set(row.platform, match);
    }
  };
  // A row that is left out keeps the published one of its tags: replaced, that would lose them.
  const byTag = [...leftOut, ...built];
  pairWhere(byTag, (one, other) => haveCommonTag(one, other) && haveSameDigest(one, other));
  pairWhere(byTag, haveCommonTag);
  // Where no tag tells, it must not keep a released one from its own row, which would then be there twice.
  const byRest = [...built, ...leftOut];
  pairWhere(byRest, haveSameDigest);
  pairWhere(byRest, () => true);
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

function haveSameDigest(one: Row, other: Row): boolean {
  const hash = hashOf(one.platform);
  return hash !== '' && hash === hashOf(other.platform);
}
