import { isJsonObject, parseJson } from '../../../shared/core/json.ts';
import type { JsonObject, JsonValue } from '../../../shared/core/json.ts';
import { isDigest } from '../../../shared/oci/digest.ts';
import type { Digest } from '../../../shared/oci/digest.ts';
import { MediaType, isImageManifestType, isIndexType } from '../../../shared/oci/media-types.ts';
import { Refusal } from './reply.ts';
import type { RepositoryContent } from './store.ts';

/** What a registry reads of a manifest. */
export interface ManifestFacts {
  readonly mediaType: string;
  /** Blobs and manifests that have to be there before it. */
  readonly blobs: readonly Digest[];
  readonly manifests: readonly Digest[];
  readonly subject?: Digest | undefined;
  readonly artifactType?: string | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** Layers that nobody is meant to push: they are fetched from their `urls`. */
const FOREIGN = /\.(foreign|nondistributable)\./;

/**
 * Reads a manifest that was pushed with a content type.
 *
 * @throws Refusal 400 `MANIFEST_INVALID` when it is not one, or not of that type
 */
export function readManifest(bytes: Uint8Array, contentType: string | undefined): ManifestFacts {
  const document = documentOf(bytes);
  const mediaType = mediaTypeOf(document, contentType);
  const isIndex = isIndexType(mediaType);
  const misplaced = isIndex ? ['config', 'layers'] : ['manifests'];
  for (const field of misplaced) {
    if (document[field] !== undefined) refuse(`${mediaType} has no ${field}`);
  }
  const config = isJsonObject(document['config']) ? document['config'] : undefined;
  const blobs = [config, ...list(document['layers']), ...list(document['blobs'])];
  const own = text(document['artifactType']);
  return {
    mediaType,
    blobs: blobs.flatMap((descriptor) => (isForeign(descriptor) ? [] : digestsOf(descriptor))),
    manifests: list(document['manifests']).flatMap(digestsOf),
    subject: digestsOf(document['subject'])[0],
    artifactType: own ?? text(config?.['mediaType']),
    annotations: annotationsOf(document['annotations']),
  };
}

/**
 * Checks that everything a manifest names is in its repository; its subject need not be.
 *
 * @throws Refusal 400 `MANIFEST_BLOB_UNKNOWN`
 */
export function requireContent(
  facts: ManifestFacts,
  repository: RepositoryContent | undefined,
): void {
  const missing = [
    ...facts.blobs.filter((digest) => repository?.blobs.has(digest) !== true),
    ...facts.manifests.filter((digest) => repository?.manifests.has(digest) !== true),
  ];
  if (missing.length > 0) {
    throw new Refusal(400, 'MANIFEST_BLOB_UNKNOWN', { detail: { digests: missing } });
  }
}

function documentOf(bytes: Uint8Array): JsonObject {
  const json = parseJson(bytes, '');
  if (!json.ok || !isJsonObject(json.value)) return refuse('a manifest is a JSON object');
  return json.value;
}

function mediaTypeOf(document: JsonObject, contentType: string | undefined): string {
  const declared = text(document['mediaType']);
  const sent = contentType?.split(';')[0]?.trim();
  const mediaType = sent ?? declared ?? refuse('the manifest has no media type');
  if (declared !== undefined && declared !== mediaType) {
    return refuse(`Content-Type ${mediaType} is not the manifest's mediaType ${declared}`);
  }
  if (!isIndexType(mediaType) && !isImageManifestType(mediaType)) {
    return refuse(`${mediaType} is not a type of manifest`);
  }
  // The withdrawn artifact manifest is the one type that had no schema version.
  if (document['schemaVersion'] !== 2 && mediaType !== MediaType.ociArtifact) {
    return refuse('schemaVersion is not 2');
  }
  return mediaType;
}

function digestsOf(descriptor: JsonValue | undefined): readonly Digest[] {
  if (descriptor === undefined) return [];
  const digest = isJsonObject(descriptor) ? text(descriptor['digest']) : undefined;
  if (digest === undefined || !isDigest(digest)) return refuse('a descriptor has no valid digest');
  return [digest];
}

function isForeign(descriptor: JsonValue | undefined): boolean {
  return isJsonObject(descriptor) && FOREIGN.test(text(descriptor['mediaType']) ?? '');
}

function annotationsOf(value: JsonValue | undefined): ManifestFacts['annotations'] {
  if (!isJsonObject(value)) return undefined;
  const entries = Object.entries(value).flatMap(([key, item]): [string, string][] =>
    typeof item === 'string' ? [[key, item]] : [],
  );
  return Object.fromEntries(entries);
}

function list(value: JsonValue | undefined): readonly JsonValue[] {
  if (value === undefined || value === null) return [];
  return isList(value) ? value : refuse('a list is not a list');
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** Text that is not empty: an empty `artifactType` counts as none. */
function text(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function refuse(message: string): never {
  throw new Refusal(400, 'MANIFEST_INVALID', { message });
}
