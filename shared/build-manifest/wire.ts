import { membersInOrder } from '../core/json-members.ts';
import type { Members, MembersOf } from '../core/json-members.ts';
import { changedNumbers } from '../core/json-numbers.ts';
import { isJsonObject, parseJson } from '../core/json.ts';
import type { JsonValue } from '../core/json.ts';
import type { JsonPath } from '../core/json-tokens.ts';
import { parsed, problems } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import { pathIn, schemaProblems } from '../core/schema-problems.ts';
import { validate } from './generated/validate.mjs';

/** A member that the file may leave out or set to null. */
type Optional<T> = T | null | undefined;

/** A value that is text in the end. */
type Scalar = string | number | boolean;

/** A build manifest file as it is written, checked against the schema. */
export interface WireManifest {
  readonly registry?: Optional<string>;
  readonly includes?: Optional<readonly string[]>;
  /** In the order of the text. */
  readonly variables: Members<Scalar | null>;
  readonly repos: readonly WireRepo[];
}

/** A repository as the file has it. */
export interface WireRepo {
  readonly id?: Optional<string>;
  readonly name: string;
  readonly images: readonly WireImage[];
}

/** An image as the file has it. */
export interface WireImage {
  readonly productVersion?: Optional<string>;
  readonly sharedTags: WireTags;
  readonly platforms: readonly WirePlatform[];
}

/** A platform as the file has it. */
export interface WirePlatform {
  readonly architecture?: Optional<string>;
  readonly buildArgs?: Optional<Readonly<Record<string, Scalar | null>>>;
  readonly dockerfile: string;
  readonly os: string;
  readonly osVersion: string;
  readonly tags: WireTags;
  readonly variant?: Optional<string>;
}

/** Tags as the file has them, in the order of the text: `[["8.0-noble", {}]]`. */
export type WireTags = Members<Optional<WireTag>>;

/** What the file says of a tag. */
export interface WireTag {
  readonly syndication?: Optional<{
    readonly repo: string;
    readonly destinationTags?: Optional<readonly string[]>;
  }>;
}

/** What `JSON.parse` gives, where the order of members counts but is not that of the text. */
interface UnorderedManifest extends Omit<WireManifest, 'variables' | 'repos'> {
  readonly variables?: Unordered<Scalar | null>;
  readonly repos?: Optional<readonly UnorderedRepo[]>;
}

interface UnorderedRepo extends Omit<WireRepo, 'images'> {
  readonly images: readonly UnorderedImage[];
}

interface UnorderedImage extends Omit<WireImage, 'sharedTags' | 'platforms'> {
  readonly sharedTags?: Unordered<Optional<WireTag>>;
  readonly platforms: readonly UnorderedPlatform[];
}

interface UnorderedPlatform extends Omit<WirePlatform, 'tags'> {
  readonly tags: Readonly<Record<string, Optional<WireTag>>>;
}

type Unordered<T> = Optional<Readonly<Record<string, T>>>;

const FORMS = {
  architecture: 'amd64, arm or arm64',
  os: 'linux or windows',
  repositoryName: 'a repository name without registry, such as dotnet/runtime',
  includePath: 'a relative path',
  dockerfilePath: 'a relative path',
};

/** One file of a build manifest; problems have the path in the file: `manifest.json: repos[0].images[2].platforms`. */
export function parseWireManifest(bytes: Uint8Array, file: string): Parsed<WireManifest> {
  const json = parseJson(bytes, pathIn(file, []));
  if (!json.ok) return json;
  const schema = validate(json.value) ? [] : schemaProblems(validate.errors ?? [], file, FORMS);
  const found = [...schema, ...changedNumbers(bytes, file, ([first]) => first === 'variables')];
  return found.length > 0
    ? problems(found)
    : parsed(inOrder(json.value as UnorderedManifest, membersInOrder(bytes)));
}

function inOrder(manifest: UnorderedManifest, membersOf: MembersOf): WireManifest {
  const { variables, repos } = manifest;
  return {
    ...manifest,
    variables: membersOf(variables ?? {}, ['variables']),
    repos: (repos ?? []).map((repo, index) => ({
      ...repo,
      images: repo.images.map((image, at) =>
        imageInOrder(image, membersOf, ['repos', index, 'images', at]),
      ),
    })),
  };
}

function imageInOrder(image: UnorderedImage, membersOf: MembersOf, path: JsonPath): WireImage {
  return {
    ...image,
    sharedTags: membersOf(image.sharedTags ?? {}, [...path, 'sharedTags']),
    platforms: image.platforms.map((platform, index) => ({
      ...platform,
      tags: membersOf(platform.tags, [...path, 'platforms', index, 'tags']),
    })),
  };
}

/** A file that a root manifest includes. */
export interface Include {
  /** Relative to the folder of the root. */
  readonly name: string;
  /** Where the root names it: `manifest.json: includes[0]`. */
  readonly path: string;
}

/** What a root manifest includes, in order. One that is wrong elsewhere has it too: all problems are told at once. */
export function includesOf(bytes: Uint8Array, file = 'manifest.json'): readonly Include[] {
  const json = parseJson(bytes, file);
  const listed = json.ok && isJsonObject(json.value) ? json.value['includes'] : undefined;
  if (!Array.isArray(listed)) return [];
  const manifest = parseWireManifest(bytes, file);
  const wrong = new Set(manifest.ok ? [] : manifest.problems.map(({ path }) => path));
  return (listed as readonly JsonValue[]).flatMap((name, index) => {
    const path = pathIn(file, ['includes', index]);
    return typeof name === 'string' && !wrong.has(path) ? [{ name, path }] : [];
  });
}
