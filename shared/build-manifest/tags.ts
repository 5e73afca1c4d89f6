import { all, allOf, parsed, problem } from '../core/result.ts';
import type { Parsed, Problem } from '../core/result.ts';
import { neutralise } from '../core/text.ts';
import type { ManifestImage, ManifestTag, TagSyndication } from './model.ts';
import type { Substitute } from './variables.ts';
import type { WireTag, WireTags } from './wire.ts';

const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/** The tags of an image or of a platform, in order; names that come out equal are one tag. */
export function readTags(
  wire: WireTags,
  path: string,
  substitute: Substitute,
): Parsed<readonly ManifestTag[]> {
  const tags = allOf(
    Object.entries(wire).map(([key, tag]) =>
      readTag(key, tag, { path: `${path}[${JSON.stringify(neutralise(key))}]`, substitute }),
    ),
  );
  if (!tags.ok) return tags;
  return parsed([...new Map(tags.value.map((tag) => [tag.name, tag])).values()]);
}

/** Tags that a repository declares for two things: two images' lists, two platforms, or a list and a platform. */
export function duplicateTags(images: readonly ManifestImage[], repo: string): readonly Problem[] {
  const sets = images.flatMap(({ sharedTags, platforms }) => [
    sharedTags,
    ...platforms.map(({ tags }) => tags),
  ]);
  const seen = new Set<string>();
  const duplicates = sets.flat().filter(({ name }) => seen.size === seen.add(name).size);
  return [...new Set(duplicates.map(({ name }) => name))].map((name) => ({
    path: neutralise(`${repo}:${name}`),
    message: 'is declared twice',
  }));
}

interface TagPlace {
  readonly path: string;
  readonly substitute: Substitute;
}

function readTag(
  key: string,
  wire: WireTag | null | undefined,
  { path, substitute }: TagPlace,
): Parsed<ManifestTag> {
  const name = tagName(key, path, substitute);
  const syndication = wire?.syndication;
  if (!name.ok || syndication === null || syndication === undefined) {
    return name.ok ? parsed({ name: name.value }) : name;
  }
  const destinations = syndication.destinationTags ?? [];
  const read = all({
    repo: substitute(syndication.repo, `${path}.syndication.repo`),
    destinationTags: allOf(
      destinations.map((text, index) =>
        tagName(text, `${path}.syndication.destinationTags[${index}]`, substitute),
      ),
    ),
  });
  if (!read.ok) return read;
  return parsed({ name: name.value, syndication: withDefault(read.value, name.value) });
}

function withDefault({ repo, destinationTags }: TagSyndication, name: string): TagSyndication {
  return { repo, destinationTags: destinationTags.length > 0 ? destinationTags : [name] };
}

function tagName(text: string, path: string, substitute: Substitute): Parsed<string> {
  const name = substitute(text, path);
  if (!name.ok || TAG.test(name.value)) return name;
  return problem(path, `is not a tag: ${JSON.stringify(neutralise(name.value))}`);
}
