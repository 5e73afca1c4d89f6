import { groupBy } from '../core/group-by.ts';
import { compareText, sortedUnion } from '../core/order.ts';
import { pairRepo } from './baseline-pairs.ts';
import { imageInPlaceOf, rowInPlaceOf } from './baseline-rows.ts';
import { pairSame } from './baseline-same.ts';
import type { ReleasedImage } from './baseline-same.ts';
import type { ImageKeyOf } from './group-images.ts';
import { hashOf } from './identity.ts';
import { joinRepos } from './join-repos.ts';
import type { ImageData, ImageInfo, PlatformData, RepoData } from './model.ts';
import { tagsOf, withoutTags } from './moved-tags.ts';
import type { Leftover, Takes } from './moved-tags.ts';
import type { ReleasedDigest } from './select.ts';
import { sortImages } from './sort.ts';
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
  /** Every tag that the release sets and for what, those of lists in repositories they are syndicated to included. */
  readonly digests?: readonly TaggedDigest[];
}

/** A digest of a repository and the tags it has there. */
type TaggedDigest = Pick<ReleasedDigest, 'repo' | 'digest' | 'tags'>;

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
  const { release } = merge;
  const baseline = withoutMarks(merge.baseline);
  const released = joinRepos(release.repos).filter(
    ({ images }) => merge.includeUnchanged === true || images.some(isReleased),
  );
  if (released.length === 0) {
    return { imageInfo: baseline, movedTags: [], removed: [] };
  }
  const published = new Map(joinRepos(baseline.repos).map((repo) => [repo.repo, repo]));
  const byRepo = groupBy(merge.digests ?? [], ({ repo }) => repo);
  const merged = released.map((repo) => {
    const before = published.get(repo.repo) ?? { repo: repo.repo, images: [] };
    return mergeRepo(repo, before, { ...merge, digests: byRepo.get(repo.repo) ?? [] });
  });
  const names = new Set(released.map(({ repo }) => repo));
  const kept = [...published.values()]
    .filter(({ repo }) => !names.has(repo))
    .map((repo) => keepRepo(repo, byRepo.get(repo.repo) ?? []));
  const all = [...kept, ...merged];
  const repos = all.map(({ repo }) => repo).sort((a, b) => compareText(a.repo, b.repo));
  return {
    imageInfo: { ...baseline, ...release, repos },
    movedTags: sortedUnion(all.flatMap(({ movedTags }) => movedTags)),
    removed: sortedUnion(all.flatMap(({ removed }) => removed)),
  };
}

interface MergedRepo extends Omit<Leftover, 'images'> {
  readonly repo: RepoData;
}

/** A repository that the release does not name, without the tags that syndicated lists have there now. */
function keepRepo(published: RepoData, digests: readonly TaggedDigest[]): MergedRepo {
  const { images, movedTags, removed } = withoutTags(published, takesOf([], digests));
  const repo = movedTags.length === 0 ? published : { ...published, images };
  return { repo, movedTags, removed };
}

/**
 * A tag of a released row is of that row alone; of other lists image-info knows only the digest, and a row of that
 * digest keeps its tag.
 */
function takesOf(released: readonly ReleasedImage[], digests: readonly TaggedDigest[]): Takes {
  const own = tagsOf(released.map(({ image, rows }) => ({ ...image, platforms: rows })));
  const hashes = new Map<string, string>(
    digests.flatMap(({ tags, digest }) => tags.map((tag) => [tag, digest] as const)),
  );
  return (tag, { digest = '' }) => {
    const hash = hashes.get(tag);
    return own.has(tag) || (hash !== undefined && hash !== hashOf({ digest }));
  };
}

function releasedImages({ images }: RepoData, merge: BaselineMerge): readonly ReleasedImage[] {
  const isAll = merge.includeUnchanged === true;
  return images
    .filter((image) => isAll || isReleased(image))
    .map((image) => ({
      image,
      rows: image.platforms.filter((row) => isAll || !row.isUnchanged),
    }));
}

function mergeRepo(released: RepoData, published: RepoData, merge: BaselineMerge): MergedRepo {
  const { imageKeyOf, commitOverride, includeUnchanged } = merge;
  const images = releasedImages(released, merge);
  const same = pairSame(images, published.images, commitOverride);
  const pairs =
    same ??
    // Rows that are left out still tell which image theirs is.
    pairRepo(released, published, {
      imageKeyOf,
      isLeftOut: (row) => includeUnchanged !== true && row.isUnchanged,
    });
  const takes = takesOf(images, merge.digests ?? []);
  const rows = images.flatMap((image) => image.rows);
  const replaced = new Set(rows.flatMap((row) => pairs.platforms.get(row) ?? []));
  const restOf = (rest: readonly ImageData[]): Leftover =>
    withoutTags({ ...published, images: rest.flatMap((i) => withoutRows(i, replaced)) }, takes);
  const targets = new Set(images.map(({ image }) => pairs.images.get(image)));
  const others = restOf(published.images.filter((image) => !targets.has(image)));
  const joined = images.map(({ image, rows }) => {
    const target = pairs.images.get(image);
    const rest = restOf(target === undefined ? [] : [{ platforms: target.platforms }]);
    const platforms = [
      ...rest.images.flatMap((left) => left.platforms),
      ...rows.map((row) => rowInPlaceOf(pairs.platforms.get(row), row, commitOverride)),
    ];
    return { rest, image: imageInPlaceOf(target, image, platforms) };
  });
  const leftovers = [others, ...joined.map(({ rest }) => rest)];
  const movedTags = leftovers.flatMap((rest) => rest.movedTags);
  const merged = [...others.images, ...joined.map(({ image }) => image)];
  // What is there already stays in its order, also where rows differ in nothing that is sorted by.
  const isThere = same !== undefined && movedTags.length === 0;
  return {
    repo: {
      ...published,
      ...released,
      images: sortImages(isThere ? published.images : merged),
    },
    movedTags,
    removed: leftovers.flatMap(({ removed }) => removed),
  };
}

/** An image without some of its platforms; nothing when none is left. */
function withoutRows(image: ImageData, rows: ReadonlySet<PlatformData>): readonly ImageData[] {
  const platforms = image.platforms.filter((row) => !rows.has(row));
  if (platforms.length === image.platforms.length) return [image];
  return platforms.length === 0 ? [] : [{ ...image, platforms }];
}
