import { pairRepo } from './baseline-pairs.ts';
import type { Pairs } from './baseline-pairs.ts';
import { checkedImageDigest } from './image-digest.ts';
import { joinRepos } from './join-repos.ts';
import type { ImageInfo, ManifestData, PlatformData, RepoData } from './model.ts';

/** What of a row differs from the published one. */
export type ChangedPart = 'content' | 'base image' | 'commit' | 'tags';

/** A digest of a release against what is published. */
export interface RowChange {
  readonly repo: string;
  readonly digest: string;
  /** The digest that it replaces; absent for what is not published yet. */
  readonly previousDigest?: string;
  /** Empty for what is as it was, and for what is new. */
  readonly changed: readonly ChangedPart[];
}

/** What a release changes in the published document: each of its platforms and lists that have a digest. */
export function changesSince(baseline: ImageInfo, release: ImageInfo): readonly RowChange[] {
  const published = new Map(joinRepos(baseline.repos).map((repo) => [repo.repo, repo]));
  return joinRepos(release.repos).flatMap((repo) => {
    const before = published.get(repo.repo) ?? { repo: repo.repo, images: [] };
    return repoChanges(repo, pairRepo(repo, before));
  });
}

function repoChanges({ repo, images }: RepoData, pairs: Pairs): readonly RowChange[] {
  return images.flatMap((image) => [
    ...changeOf(repo, listPair(image.manifest, pairs.images.get(image)?.manifest)),
    ...image.platforms.flatMap((row) =>
      changeOf(repo, platformPair(row, pairs.platforms.get(row))),
    ),
  ]);
}

/** A row now and before, and what of it differs besides its content. */
interface Pair {
  readonly now: string | undefined;
  readonly before: string | undefined;
  readonly others: readonly ChangedPart[];
}

function listPair(now: ManifestData | undefined, before: ManifestData | undefined): Pair {
  return {
    ...{ now: now?.digest, before: before?.digest },
    others: isSame(now?.sharedTags, before?.sharedTags) ? [] : ['tags'],
  };
}

function platformPair(now: PlatformData, before: PlatformData | undefined): Pair {
  return {
    ...{ now: now.digest, before: before?.digest },
    others: [
      ...(now.baseImageDigest === before?.baseImageDigest ? [] : (['base image'] as const)),
      ...(now.commitUrl === before?.commitUrl ? [] : (['commit'] as const)),
      ...(isSame(now.simpleTags, before?.simpleTags) ? [] : (['tags'] as const)),
    ],
  };
}

function changeOf(repo: string, { now, before, others }: Pair): readonly RowChange[] {
  const digest = digestIn(now);
  const previousDigest = digestIn(before);
  if (digest === undefined) return [];
  if (previousDigest === undefined) return [{ repo, digest, changed: [] }];
  const content = digest === previousDigest ? [] : (['content'] as const);
  return [{ repo, digest, previousDigest, changed: [...content, ...others] }];
}

function digestIn(name: string | undefined): string | undefined {
  return name === undefined || name === '' ? undefined : checkedImageDigest(name).digest;
}

/** Whether two lists of tags name the same tags. */
function isSame(one: readonly string[] = [], other: readonly string[] = []): boolean {
  const tags = new Set(one);
  return tags.size === new Set(other).size && other.every((tag) => tags.has(tag));
}
