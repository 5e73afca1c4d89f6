import { compareText } from '../../shared/core/order.ts';
import { allOf, parsed, problem } from '../../shared/core/result.ts';
import type { Parsed } from '../../shared/core/result.ts';
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
  /** Declared platforms that were not built: `linux/arm64 (src/noble/arm64v8)`. */
  readonly missing: readonly string[];
  /** Repositories that the build manifest syndicates shared tags to. */
  readonly syndicatedTo: readonly string[];
}

/** What a build manifest declares for an image of image-info. */
export interface DeclaredImage {
  readonly sharedTags: readonly string[];
  readonly missing: readonly string[];
  readonly syndicatedTo: readonly string[];
}

/** Says what the build manifest declares for an image: `unknown` when it does not know the image. */
export type Declarations = (
  repo: string,
  image: ImageData,
) => DeclaredImage | 'unknown' | 'no-manifest';

/**
 * The manifest lists an image-info asks for: one for each image with shared tags.
 *
 * With a build manifest its shared tags count, and they must be those that the build recorded: tags that
 * differ come from other manifest variables than the build had.
 */
export function wantedLists(
  info: ImageInfo,
  declarations: Declarations,
): Parsed<readonly WantedList[]> {
  const lists = info.repos.flatMap(({ repo, images }) =>
    images.map((image) => wantedList(repo, image, declarations(repo, image))),
  );
  const checked = allOf(lists);
  return checked.ok ? parsed(checked.value.flatMap((list) => list ?? [])) : checked;
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
      ? { sharedTags: image.manifest?.sharedTags ?? [], missing: [], syndicatedTo: [] }
      : declaration;
  const tags = [...declared.sharedTags].sort(compareText);
  const difference = differenceOf(image.manifest?.sharedTags ?? [], tags);
  if (difference !== undefined) return problem(nameOf(repo, image.platforms[0]), difference);
  const { platforms } = image;
  if (tags.length === 0 || platforms.length === 0) return parsed(undefined);
  const unbuilt = platforms.find(({ digest }) => digest === '');
  if (unbuilt !== undefined) return problem(nameOf(repo, unbuilt), 'has no digest');
  const { missing, syndicatedTo } = declared;
  return parsed({ image, repo, tags, members: platforms, missing, syndicatedTo });
}

function nameOf(repo: string, platform: PlatformData | undefined): string {
  if (platform === undefined) return repo;
  return `${repo}: ${platform.dockerfile} (${platform.osVersion}, ${platform.architecture})`;
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
