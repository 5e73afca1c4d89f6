import { compareText, sortedUnion } from '../core/order.ts';
import { pairRepo } from './baseline-pairs.ts';
import type { ImageKeyOf } from './group-images.ts';
import type { ImageData, ImageInfo, ManifestData, PlatformData, RepoData } from './model.ts';
import { tagsOf, withoutTags } from './moved-tags.ts';
import type { Leftover } from './moved-tags.ts';
import { sortImages, sortPlatforms } from './sort.ts';
import { isReleased, withoutMarks } from './trim.ts';

/** What is published now, and the release that goes on top of it. */
export interface BaselineMerge {
  /** Everything that is published. */
  readonly baseline: ImageInfo;
  readonly release: ImageInfo;
  /** Which images are one, where a build manifest tells; without it their platforms tell. */
  readonly imageKeyOf?: ImageKeyOf;
  /** The public commit, 40 hex digits: replaces the commit in the `commitUrl` of every row that is new or changed. */
  readonly commitOverride?: string;
  /** Whether rows marked `isUnchanged` are released too; else they are left out. */
  readonly includeUnchanged?: boolean;
}

/** The full document after a release, and what the release displaced without replacing it. */
export interface MergedBaseline extends Omit<Leftover, 'images'> {
  readonly imageInfo: ImageInfo;
}

/**
 * The published document with a release merged into it: the publish mode of merge.
 *
 * A released platform replaces the one of its key, the list of its image replaces that of the published image, each
 * with exactly the tags it has now; other platforms and images stay. Repositories that the release names are
 * sorted, others keep their order. No row is marked unchanged. Merging the same release again changes nothing.
 */
export function mergeIntoBaseline(merge: BaselineMerge): MergedBaseline {
  const { baseline, release } = merge;
  const repos = release.repos.filter(
    ({ images }) => merge.includeUnchanged === true || images.some(isReleased),
  );
  if (repos.length === 0) return { imageInfo: withoutMarks(baseline), movedTags: [], removed: [] };
  const merged = repos.map((repo) => mergeRepo(repo, publishedRepo(baseline, repo), merge));
  const names = new Set(repos.map(({ repo }) => repo));
  const kept = baseline.repos.filter(({ repo }) => !names.has(repo));
  const sorted = [...kept, ...merged.map(({ repo }) => repo)].sort((a, b) =>
    compareText(a.repo, b.repo),
  );
  return {
    imageInfo: withoutMarks({ ...baseline, ...release, repos: sorted }),
    movedTags: sortedUnion(merged.flatMap(({ movedTags }) => movedTags)),
    removed: sortedUnion(merged.flatMap(({ removed }) => removed)),
  };
}

const IMAGE_MEMBERS: ReadonlySet<string> = new Set(['productVersion', 'manifest', 'platforms']);

interface MergedRepo extends Omit<Leftover, 'images'> {
  readonly repo: RepoData;
}

function publishedRepo(baseline: ImageInfo, { repo }: RepoData): RepoData {
  return baseline.repos.find((published) => published.repo === repo) ?? { repo, images: [] };
}

function releasedRows(image: ImageData, merge: BaselineMerge): readonly PlatformData[] {
  return image.platforms.filter((row) => merge.includeUnchanged === true || !row.isUnchanged);
}

function mergeRepo(released: RepoData, published: RepoData, merge: BaselineMerge): MergedRepo {
  // Rows that are left out still tell which image theirs is.
  const pairs = pairRepo(released, published, merge.imageKeyOf);
  const images = released.images
    .filter((image) => merge.includeUnchanged === true || isReleased(image))
    .map((image) => ({ image, rows: releasedRows(image, merge) }));
  const taken = tagsOf(images.map(({ image, rows }) => ({ ...image, platforms: rows })));
  const rows = images.flatMap((image) => image.rows);
  const replaced = new Set(rows.flatMap((row) => pairs.platforms.get(row) ?? []));
  const restOf = (rest: readonly ImageData[]): Leftover =>
    withoutTags({ ...published, images: rest.flatMap((i) => withoutRows(i, replaced)) }, taken);
  const targets = new Set(images.map(({ image }) => pairs.images.get(image)));
  const others = restOf(published.images.filter((image) => !targets.has(image)));
  const joined = images.map(({ image, rows }) => {
    const target = pairs.images.get(image);
    const rest = restOf(target === undefined ? [] : [{ platforms: target.platforms }]);
    const platforms = [
      ...rest.images.flatMap((left) => left.platforms),
      ...rows.map((row) => releasedRow(row, pairs.platforms.get(row), merge)),
    ];
    return { rest, image: joinImages(image, target, platforms) };
  });
  const leftovers = [others, ...joined.map(({ rest }) => rest)];
  return {
    repo: {
      ...published,
      ...released,
      images: sortImages([...others.images, ...joined.map(({ image }) => image)]),
    },
    movedTags: leftovers.flatMap(({ movedTags }) => movedTags),
    removed: leftovers.flatMap(({ removed }) => removed),
  };
}

/** An image without some of its platforms; nothing when none is left. */
function withoutRows(image: ImageData, rows: ReadonlySet<PlatformData>): readonly ImageData[] {
  const platforms = image.platforms.filter((row) => !rows.has(row));
  if (platforms.length === image.platforms.length) return [image];
  return platforms.length === 0 ? [] : [{ ...image, platforms }];
}

/** The released image: of the published one only members that we do not know are left. */
function joinImages(
  released: ImageData,
  published: ImageData | undefined,
  platforms: readonly PlatformData[],
): ImageData {
  const { manifest } = released;
  const unknown = Object.entries(published ?? {}).filter(([name]) => !IMAGE_MEMBERS.has(name));
  return {
    ...Object.fromEntries(unknown),
    ...released,
    ...(manifest === undefined ? {} : { manifest: sortedTags(manifest) }),
    platforms: sortPlatforms(platforms, released.productVersion),
  };
}

function sortedTags(manifest: ManifestData): ManifestData {
  return {
    ...manifest,
    sharedTags: sortedUnion(manifest.sharedTags),
    syndicatedDigests: sortedUnion(manifest.syndicatedDigests),
  };
}

/** A released row as it is published; an unchanged one says less than the published row of its digest. */
function releasedRow(
  row: PlatformData,
  published: PlatformData | undefined,
  { commitOverride }: BaselineMerge,
): PlatformData {
  const simpleTags = sortedUnion(row.simpleTags);
  const isSame = published?.digest === row.digest;
  if (row.isUnchanged && isSame) return { ...published, simpleTags };
  if (commitOverride === undefined || (isSame && published.commitUrl === row.commitUrl)) {
    return { ...row, simpleTags };
  }
  return { ...row, simpleTags, commitUrl: withCommit(row.commitUrl, commitOverride) };
}

/** The URL with every commit in it, a run of 40 hex digits, replaced. */
function withCommit(url: string, commit: string): string {
  return url.replace(/[0-9a-f]{40}/g, commit);
}
