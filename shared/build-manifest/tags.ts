import { all, allOf, parsed, problem } from '../core/result.ts';
import type { Parsed, Problem } from '../core/result.ts';
import { neutralise } from '../core/text.ts';
import { isRepositoryName, parseTag } from '../oci/reference.ts';
import type { ManifestTag, TagSyndication } from './model.ts';
import type { Substitute } from './variables.ts';
import type { WireTag, WireTags } from './wire.ts';

/** What a set of tags stands for, an image's list or a platform, and what its texts mean. */
export interface TagsPlace {
  readonly repo: string;
  /** Path of the image or the platform: `manifest.json: repos[0].images[2]`. */
  readonly owner: string;
  /** Path of the set: `manifest.json: repos[0].images[2].sharedTags`. */
  readonly path: string;
  readonly substitute: Substitute;
}

/** A tag that something will have in a repository, also in one it is syndicated to. */
export interface TagClaim {
  readonly repo: string;
  readonly tag: string;
  /** Path of what has the tag; claims of one owner do not contradict each other. */
  readonly owner: string;
  /** Path of the declaration. */
  readonly path: string;
}

/** The tags of one set, and every claim they make. */
export interface DeclaredTags {
  readonly tags: readonly ManifestTag[];
  readonly claims: readonly TagClaim[];
}

/** The tags of an image or of a platform, in order; names that come out equal are one tag. */
export function readTags(wire: WireTags, place: TagsPlace): Parsed<DeclaredTags> {
  const read = allOf(
    wire.map(([key, tag]) => {
      const path = `${place.path}[${JSON.stringify(neutralise(key))}]`;
      const result = readTag(key, tag, { ...place, path });
      return result.ok ? parsed({ tag: result.value, path }) : result;
    }),
  );
  if (!read.ok) return read;
  const byName = new Map(read.value.map(({ tag }) => [tag.name, tag]));
  return parsed({
    tags: [...byName.values()],
    claims: read.value.flatMap(({ tag, path }) => claimsOf(tag, { ...place, path })),
  });
}

/** Claims of one tag for two things: two images' lists, two platforms, or a list and a platform. */
export function contradictions(claims: readonly TagClaim[]): readonly Problem[] {
  const first = new Map<string, TagClaim>();
  return claims.flatMap((claim) => {
    const name = `${claim.repo}:${claim.tag}`;
    const earlier = first.get(name) ?? claim;
    first.set(name, earlier);
    if (earlier.owner === claim.owner) return [];
    const message = `declares the tag ${neutralise(name)}, which ${earlier.path} declares already`;
    return [{ path: claim.path, message }];
  });
}

function claimsOf({ name, syndication }: ManifestTag, place: TagsPlace): readonly TagClaim[] {
  const { repo, owner, path } = place;
  const own = { repo, tag: name, owner, path };
  const destinations = syndication?.destinationTags ?? [];
  return [own, ...destinations.map((tag) => ({ ...own, repo: syndication?.repo ?? repo, tag }))];
}

function readTag(
  key: string,
  wire: WireTag | null | undefined,
  { repo, path, substitute }: TagsPlace,
): Parsed<ManifestTag> {
  const name = tagName(key, path, substitute);
  const syndication = wire?.syndication;
  if (syndication === null || syndication === undefined) {
    return name.ok ? parsed({ name: name.value }) : name;
  }
  const destinations = syndication.destinationTags ?? [];
  const read = all({
    name,
    repo: syndicatedRepo(substitute(syndication.repo, `${path}.syndication.repo`), {
      repo,
      path: `${path}.syndication.repo`,
    }),
    destinationTags: allOf(
      destinations.map((text, index) =>
        tagName(text, `${path}.syndication.destinationTags[${index}]`, substitute),
      ),
    ),
  });
  if (!read.ok) return read;
  const { name: own, ...destination } = read.value;
  return parsed({ name: own, syndication: withDefault(destination, own) });
}

function syndicatedRepo(
  name: Parsed<string>,
  { repo, path }: Pick<TagsPlace, 'repo' | 'path'>,
): Parsed<string> {
  if (!name.ok) return name;
  if (name.value === repo) return problem(path, 'is the repository of the tag itself');
  if (isRepositoryName(name.value)) return name;
  return problem(
    path,
    `is not a repository name without registry, such as dotnet/runtime: ${JSON.stringify(neutralise(name.value))}`,
  );
}

function withDefault({ repo, destinationTags }: TagSyndication, name: string): TagSyndication {
  return { repo, destinationTags: destinationTags.length > 0 ? destinationTags : [name] };
}

function tagName(text: string, path: string, substitute: Substitute): Parsed<string> {
  const name = substitute(text, path);
  return name.ok ? parseTag(name.value, path) : name;
}
