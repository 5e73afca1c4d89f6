import { groupBy } from '../core/group-by.ts';
import { sortedUnion } from '../core/order.ts';
import { describePlatform } from './identity.ts';
import type { Digest } from '../oci/digest.ts';
import { checkedImageDigest } from './image-digest.ts';
import type { ImageDigest } from './image-digest.ts';
import type { ImageData, ImageInfo, RepoData } from './model.ts';

/** A manifest of the release: the image of a platform or a manifest list. */
export interface ReleasedDigest extends Pick<ImageDigest, 'digest'> {
  readonly kind: 'platform' | 'list';
  /** Public name of the repository that lists it. */
  readonly repo: string;
  /** Public name inside the digest; another repository only when the content was copied from there. */
  readonly namedRepo: string;
  /** Registry inside the digest, which is the public one; empty when it names none. */
  readonly registry: string;
  /** Tags that stand for it in the repository, sorted; none for a tagless platform or a syndicated list. */
  readonly tags: readonly string[];
  /** Shared tags that a syndicated list may also have there, sorted: image-info does not say which of them it has. */
  readonly possibleTags: readonly string[];
  /** Whether every row that names it is unchanged; a list is when all its platforms are. */
  readonly isUnchanged: boolean;
}

/**
 * Every digest of a document, each once a repository, in document order: platforms of an image, its list, then the
 * list in the repositories it is syndicated to. Rows without a digest are left out, see `missingDigestsOf`.
 */
export function digestsOf(info: ImageInfo): readonly ReleasedDigest[] {
  const rows = info.repos.flatMap((repo) =>
    repo.images.flatMap((image) => [...platformRows(repo, image), ...listRows(repo, image)]),
  );
  const byDigest = groupBy(rows, ({ repo, digest }) => `${repo}@${digest}`);
  return [...byDigest.values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : [others.reduce(joinRows, first)],
  );
}

/** The digest behind each tag of a document, by `dotnet/runtime:9.0`. */
export function tagDigestsOf(info: ImageInfo): Readonly<Record<string, Digest>> {
  const entries = digestsOf(info).flatMap(({ repo, tags, digest }) =>
    tags.map((tag) => [`${repo}:${tag}`, digest] as const),
  );
  return Object.fromEntries(entries);
}

/**
 * What has no digest yet, in words: `dotnet/runtime: src/noble/Dockerfile (noble, amd64)` for a platform,
 * `dotnet/runtime:9.0` for a list, by its first shared tag.
 */
export function missingDigestsOf(info: ImageInfo): readonly string[] {
  return info.repos.flatMap(({ repo, images }) =>
    images.flatMap(({ platforms, manifest }) => [
      ...platforms.filter(({ digest }) => digest === '').map((row) => describePlatform(repo, row)),
      ...((manifest?.digest ?? '') === ''
        ? (manifest?.sharedTags.slice(0, 1) ?? []).map((tag) => `${repo}:${tag}`)
        : []),
    ]),
  );
}

function platformRows({ repo }: RepoData, image: ImageData): readonly ReleasedDigest[] {
  return image.platforms
    .filter(({ digest }) => digest !== '')
    .map(({ digest, simpleTags, isUnchanged }) => ({
      ...named(checkedImageDigest(digest), repo),
      kind: 'platform',
      tags: sortedUnion(simpleTags),
      possibleTags: [],
      isUnchanged,
    }));
}

function listRows(
  { repo }: RepoData,
  { manifest, platforms }: ImageData,
): readonly ReleasedDigest[] {
  if (manifest === undefined) return [];
  const isUnchanged = platforms.length > 0 && platforms.every((row) => row.isUnchanged);
  const { digest = '', sharedTags, syndicatedDigests } = manifest;
  const own: readonly ReleasedDigest[] =
    digest === ''
      ? []
      : [
          {
            ...named(checkedImageDigest(digest), repo),
            kind: 'list',
            tags: sortedUnion(sharedTags),
            possibleTags: [],
            isUnchanged,
          },
        ];
  const syndicated = syndicatedDigests
    .filter((text) => text !== '')
    .map((text): ReleasedDigest => {
      const image = checkedImageDigest(text);
      const possibleTags = sortedUnion(sharedTags);
      return { ...named(image, image.repo), kind: 'list', tags: [], possibleTags, isUnchanged };
    });
  return [...own, ...syndicated];
}

function named(
  image: ImageDigest,
  repo: string,
): Pick<ReleasedDigest, 'digest' | 'repo' | 'namedRepo' | 'registry'> {
  return { repo, namedRepo: image.repo, registry: image.registry, digest: image.digest };
}

function joinRows(one: ReleasedDigest, other: ReleasedDigest): ReleasedDigest {
  return {
    ...one,
    tags: sortedUnion(one.tags, other.tags),
    possibleTags: sortedUnion(one.possibleTags, other.possibleTags),
    isUnchanged: one.isUnchanged && other.isUnchanged,
  };
}
