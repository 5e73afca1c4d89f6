import { compareText } from '../../shared/core/order.ts';
import { allOf, parsed, problem, problems } from '../../shared/core/result.ts';
import type { Parsed, Problem } from '../../shared/core/result.ts';
import { neutralise } from '../../shared/core/text.ts';
import { describePlatform, hashOf } from '../../shared/image-info/identity.ts';
import type { ImageData, ImageInfo, PlatformData } from '../../shared/image-info/model.ts';

/** A manifest list that the release needs. */
export interface WantedList {
  /** The image of image-info that it is recorded in. */
  readonly image: ImageData;
  /** Public name of the repository, without registry: `dotnet/runtime`. */
  readonly repo: string;
  /** Shared tags, sorted. */
  readonly tags: readonly string[];
  /** Platforms that were built, in the order of image-info. */
  readonly members: readonly PlatformData[];
  /** Declared platforms that were not built: `linux/arm64/v8 (src/noble/arm64v8/Dockerfile)`. */
  readonly missing: readonly string[];
  /** The same in other repositories. */
  readonly syndicated: readonly SyndicatedList[];
}

/** A list that is also wanted in another repository, e.g. `{ repo: 'old/app', tags: ['1.0'], … }`. */
export interface SyndicatedList {
  readonly repo: string;
  /** Sorted. */
  readonly tags: readonly string[];
  /** Platforms of the image that are there too; no list is made there when none of them was built. */
  readonly members: readonly PlatformData[];
}

/** A row that is none of the declared platforms of its image. */
export interface UndeclaredRow {
  readonly row: PlatformData;
  /** The row with another digest that is the platform that this one would be. */
  readonly rival: PlatformData | undefined;
}

/** What a build manifest declares for an image of image-info. */
export interface DeclaredImage {
  readonly sharedTags: readonly string[];
  /** Platforms of the image of image-info that are none of its declared platforms. */
  readonly undeclared: readonly UndeclaredRow[];
  readonly missing: readonly string[];
  readonly syndicated: readonly SyndicatedList[];
}

/** What is declared where there is no build manifest. */
const NOTHING: DeclaredImage = { sharedTags: [], undeclared: [], missing: [], syndicated: [] };

/** Says what the build manifest declares for an image: `unknown` when it does not know the image. */
export type Declarations = (
  repo: string,
  image: ImageData,
) => DeclaredImage | 'unknown' | 'no-manifest';

/**
 * The manifest lists an image-info asks for: one for each image with shared tags.
 *
 * With a build manifest its shared tags count, and they must be those that the build recorded: tags that
 * differ come from other manifest variables than the build had. A list has declared platforms only.
 */
export function wantedLists(
  info: ImageInfo,
  declarations: Declarations,
): Parsed<readonly WantedList[]> {
  const lists = info.repos.flatMap(({ repo, images }) =>
    images.map((image) => wantedList(repo, image, declarations(repo, image))),
  );
  const checked = allOf(lists);
  if (!checked.ok) return checked;
  const wanted = checked.value.flatMap((list) => list ?? []);
  const conflicts = [...conflictsIn(wanted), ...takenByPlatforms(wanted, info)];
  return conflicts.length > 0 ? problems(conflicts) : parsed(wanted);
}

/** The lists, unless a build job did not say which image a platform of them is. */
export function withDigests(lists: readonly WantedList[]): Parsed<readonly WantedList[]> {
  const found = lists.flatMap(({ repo, tags, members }) =>
    members
      .filter(({ digest }) => digest === '')
      .map((row) => ({
        path: nameOf(repo, row),
        message: `has no digest, but ${repo}:${tags[0] ?? ''} needs it`,
      })),
  );
  return found.length > 0 ? problems(found) : parsed(lists);
}

/** Tags that two lists claim; within a repository the documents have been checked, syndicated tags come from afar. */
function conflictsIn(lists: readonly WantedList[]): readonly Problem[] {
  const names = lists.flatMap(({ repo, tags, syndicated }) =>
    [{ repo, tags }, ...syndicated].flatMap((place) =>
      place.tags.map((tag) => `${place.repo}:${tag}`),
    ),
  );
  const seen = new Set<string>();
  const twice = names.filter((name) => seen.size === seen.add(name).size);
  return [...new Set(twice)].map((path) => ({ path, message: 'is the tag of two lists' }));
}

/** Tags of lists that image-info has for platforms: which of both is meant, nobody could tell. */
function takenByPlatforms(lists: readonly WantedList[], info: ImageInfo): readonly Problem[] {
  const ofPlatforms = new Set(
    info.repos.flatMap(({ repo, images }) =>
      images.flatMap(({ platforms }) =>
        platforms.flatMap(({ simpleTags }) => simpleTags.map((tag) => `${repo}:${tag}`)),
      ),
    ),
  );
  const names = lists.flatMap(({ repo, tags }) => tags.map((tag) => `${repo}:${tag}`));
  return names
    .filter((name) => ofPlatforms.has(name))
    .map((path) => ({ path, message: 'is the tag of a list and, in image-info, of a platform' }));
}

function wantedList(
  repo: string,
  image: ImageData,
  declaration: ReturnType<Declarations>,
): Parsed<WantedList | undefined> {
  if (declaration === 'unknown') {
    return problem(nameOf(repo, image.platforms[0]), 'is not declared in the build manifest');
  }
  const declared =
    declaration === 'no-manifest'
      ? { ...NOTHING, sharedTags: image.manifest?.sharedTags ?? [] }
      : declaration;
  const tags = [...declared.sharedTags].sort(compareText);
  const difference = differenceOf(image.manifest?.sharedTags ?? [], tags);
  if (difference !== undefined) return problem(nameOf(repo, image.platforms[0]), difference);
  const { platforms } = image;
  if (tags.length === 0 || platforms.length === 0) return parsed(undefined);
  const { missing, syndicated } = declared;
  return checkedList({ image, repo, tags, members: platforms, missing, syndicated }, declared);
}

/** The list, unless a platform of it is not declared for it. */
function checkedList(list: WantedList, { undeclared }: DeclaredImage): Parsed<WantedList> {
  const { repo, tags } = list;
  if (undeclared.length === 0) return parsed(list);
  const name = `${repo}:${tags[0] ?? ''}`;
  return problems(
    undeclared.map(({ row, rival }) => ({
      path: nameOf(repo, row),
      message:
        rival === undefined
          ? `is not a platform of ${name} in the build manifest`
          : `is there twice, but once in ${name} of the build manifest: ${imageText(rival)} and ${imageText(row)}`,
    })),
  );
}

/** An image with its tags, which tell what a row of the same Dockerfile does not: `sha256:… (1.0-amd64)`. */
function imageText(row: PlatformData): string {
  const tags = row.simpleTags.length === 0 ? 'no tag' : row.simpleTags.join(', ');
  return neutralise(`${hashOf(row)} (${tags})`);
}

function nameOf(repo: string, platform: PlatformData | undefined): string {
  if (platform === undefined) return repo;
  return neutralise(describePlatform(repo, platform));
}

/** How the tags of the build differ from those of the build manifest; a build that recorded none does not. */
function differenceOf(
  recorded: readonly string[],
  declared: readonly string[],
): string | undefined {
  const built = [...recorded].sort(compareText);
  if (built.length === 0 || built.join('\n') === declared.join('\n')) return undefined;
  const expected = declared.length === 0 ? 'none' : declared.join(', ');
  return `has the shared tags ${built.join(', ')}, but the build manifest gives ${expected}`;
}
