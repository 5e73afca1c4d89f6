import type { JsonObject, JsonValue } from '../core/json.ts';
import type {
  ImageData,
  ImageInfo,
  LayerData,
  ManifestData,
  PlatformData,
  RepoData,
} from './model.ts';

/**
 * An image-info document as bytes: members in the order of the reference, unknown members after them, empty lists
 * and defaults left out, two spaces, LF on every system, one final newline.
 */
export function serialiseImageInfo(info: ImageInfo): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(wireImageInfo(info), null, 2)}\n`);
}

function wireImageInfo({ schemaVersion, repos, ...others }: ImageInfo): JsonObject {
  return { schemaVersion, repos: filled(repos.map(wireRepo)), ...others };
}

function wireRepo({ repo, images, ...others }: RepoData): JsonObject {
  return { repo, images: filled(images.map(wireImage)), ...others };
}

function wireImage({ productVersion, manifest, platforms, ...others }: ImageData): JsonObject {
  return {
    productVersion,
    manifest: manifest === undefined ? undefined : wireManifest(manifest),
    platforms: filled(platforms.map(wirePlatform)),
    ...others,
  };
}

function wireManifest(manifest: ManifestData): JsonObject {
  const { digest, syndicatedDigests, created, sharedTags, ...others } = manifest;
  return {
    digest,
    syndicatedDigests: filled(syndicatedDigests),
    created,
    sharedTags: filled(sharedTags),
    ...others,
  };
}

function wirePlatform(platform: PlatformData): JsonObject {
  const { dockerfile, simpleTags, digest, baseImageDigest, osType, osVersion, ...rest } = platform;
  const { architecture, created, commitUrl, layers, isUnchanged, ...others } = rest;
  return {
    dockerfile,
    simpleTags: filled(simpleTags),
    digest,
    baseImageDigest,
    osType,
    osVersion,
    architecture,
    created,
    commitUrl,
    layers: filled(layers.map(wireLayer)),
    isUnchanged: isUnchanged ? true : undefined,
    ...others,
  };
}

function wireLayer({ digest, size, ...others }: LayerData): JsonObject {
  return { digest, size: size === 0 ? undefined : size, ...others };
}

/** A list, left out when it is empty. */
function filled(list: readonly JsonValue[]): readonly JsonValue[] | undefined {
  return list.length === 0 ? undefined : list;
}
