import { changedNumbers } from '../core/json-numbers.ts';
import { parseJson } from '../core/json.ts';
import type { JsonObject, JsonValue } from '../core/json.ts';
import { parsed, problem, problems } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import { pathIn, schemaProblems } from '../core/schema-problems.ts';
import { validate } from './generated/validate.mjs';
import type {
  ImageData,
  ImageInfo,
  LayerData,
  ManifestData,
  PlatformData,
  RepoData,
} from './model.ts';

const FORMS = {
  repositoryName: 'a repository name without registry, such as dotnet/runtime',
  tag: 'a tag: at most 128 letters, digits, dots, dashes and underscores',
  imageDigest: 'a public name with a digest, such as mcr.example/app@sha256:…',
};

/** A member that the file may leave out or set to null. */
type Optional<T> = T | null | undefined;

interface WireImageInfo extends JsonObject {
  readonly schemaVersion?: string;
  readonly repos?: Optional<readonly WireRepo[]>;
}

interface WireRepo extends JsonObject {
  readonly repo: string;
  readonly images?: Optional<readonly WireImage[]>;
}

interface WireImage extends JsonObject {
  readonly productVersion?: Optional<string>;
  readonly manifest?: Optional<WireManifest>;
  readonly platforms?: Optional<readonly WirePlatform[]>;
}

interface WireManifest extends JsonObject {
  readonly digest?: Optional<string>;
  readonly syndicatedDigests?: Optional<readonly string[]>;
  readonly created?: Optional<string>;
  readonly sharedTags?: Optional<readonly string[]>;
}

interface WirePlatform extends JsonObject {
  readonly dockerfile: string;
  readonly simpleTags?: Optional<readonly string[]>;
  readonly digest: string;
  readonly baseImageDigest?: Optional<string>;
  readonly osType: string;
  readonly osVersion: string;
  readonly architecture: string;
  readonly created?: Optional<string>;
  readonly commitUrl: string;
  readonly layers?: Optional<readonly WireLayer[]>;
  readonly isUnchanged?: Optional<boolean>;
}

/** A digest alone is the form of schema 1.0. */
type WireLayer = string | WireLayerObject;

interface WireLayerObject extends JsonObject {
  readonly digest: string;
  readonly size?: Optional<number>;
}

/**
 * An image-info document of schema 2.0 or 1.0, also with a byte order mark, CRLF and layers as plain digests.
 *
 * Problems have the path in the file: `a/image-info.json: repos[3].images[0].platforms[1].digest`.
 */
export function parseImageInfo(bytes: Uint8Array, file: string): Parsed<ImageInfo> {
  const json = parseJson(bytes, pathIn(file, []));
  if (!json.ok) return json;
  const schema = validate(json.value) ? [] : schemaProblems(validate.errors ?? [], file, FORMS);
  const found = [...schema, ...changedNumbers(bytes, file)];
  if (found.length > 0) return problems(found);
  const wire = json.value as WireImageInfo;
  if (wire.schemaVersion === undefined && wire.repos === undefined) {
    return problem(pathIn(file, []), 'has neither schemaVersion nor repos: it is not image-info');
  }
  const { repos, ...others } = wire;
  return parsed({ ...others, schemaVersion: '2.0', repos: (repos ?? []).map(readRepo) });
}

function readRepo({ images, ...others }: WireRepo): RepoData {
  return { ...others, images: (images ?? []).map(readImage) };
}

function readImage({ productVersion, manifest, platforms, ...others }: WireImage): ImageData {
  return {
    ...others,
    ...given('productVersion', productVersion),
    ...(manifest === null || manifest === undefined ? {} : { manifest: readManifest(manifest) }),
    platforms: (platforms ?? []).map(readPlatform),
  };
}

function readManifest(wire: WireManifest): ManifestData {
  const { digest, created, syndicatedDigests, sharedTags, ...others } = wire;
  return {
    ...others,
    ...given('digest', digest),
    ...given('created', created),
    syndicatedDigests: syndicatedDigests ?? [],
    sharedTags: sharedTags ?? [],
  };
}

function readPlatform(wire: WirePlatform): PlatformData {
  const { simpleTags, baseImageDigest, created, layers, isUnchanged, ...others } = wire;
  return {
    ...others,
    ...given('baseImageDigest', baseImageDigest),
    ...given('created', created),
    simpleTags: simpleTags ?? [],
    layers: (layers ?? []).map(readLayer),
    isUnchanged: isUnchanged ?? false,
  };
}

function readLayer(wire: WireLayer): LayerData {
  return typeof wire === 'string' ? { digest: wire, size: 0 } : { ...wire, size: wire.size ?? 0 };
}

/** The member by itself; nothing when the file leaves it out. */
function given<K extends string, T extends JsonValue>(
  name: K,
  value: Optional<T>,
): Readonly<Partial<Record<K, T>>> {
  const member: Partial<Record<string, T>> =
    value === null || value === undefined ? {} : { [name]: value };
  return member as Partial<Record<K, T>>;
}
