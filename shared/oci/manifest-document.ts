import { isJsonObject, parseJson } from '../core/json.ts';
import type { JsonObject, JsonValue } from '../core/json.ts';
import { all, allOf, parsed, problem } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import { neutralise } from '../core/text.ts';
import { parseAnnotations, parseDescriptor } from './descriptor.ts';
import type { Descriptor } from './descriptor.ts';
import { digestOf } from './digest.ts';
import type { DigestAlgorithm } from './digest.ts';
import { isImageManifestType, isIndexType, isMediaType } from './media-types.ts';

/** A manifest or index with the exact bytes it has; the descriptor was computed from those bytes. */
export interface ManifestDocument {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** What a manifest points to; found by reading, never written back. */
export interface ManifestLinks {
  /** The config blob of an image, absent in indexes. */
  readonly config?: Descriptor;
  /** Blobs of an image manifest, base layer first; empty in indexes. */
  readonly layers: readonly Descriptor[];
  /** Children of an index in their order; empty in image manifests. */
  readonly manifests: readonly Descriptor[];
  /** The manifest that this one refers to, e.g. the image that a signature signs. */
  readonly subject?: Descriptor;
  /** `artifactType`, else the media type of the config. */
  readonly artifactType?: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The largest manifest that is read. Registries must take 4 MiB; some documents grow beyond it. */
export const MAX_MANIFEST_BYTES = 8 * 1024 * 1024;

/** What every registry must take.
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests
 */
export const MAX_PORTABLE_MANIFEST_BYTES = 4 * 1024 * 1024;

/** No real manifest comes near; more is an attack on memory. */
const MAX_ENTRIES = 10_000;

/** Manifests nest five deep; the rest is head-room for artifact formats. */
const MAX_JSON_DEPTH = 32;

/** A document of bytes that we made or received; the digest is computed here. */
export function documentOf(
  bytes: Uint8Array,
  mediaType: string,
  algorithm: DigestAlgorithm = 'sha256',
): ManifestDocument {
  const digest = digestOf(bytes, algorithm);
  return { descriptor: { mediaType, digest, size: bytes.byteLength }, bytes };
}

/**
 * The media type of a received manifest: what its `mediaType` says, else the `Content-Type` it came with.
 *
 * A header that names another manifest type than the document is refused: two readers would see two different images.
 *
 * @see https://github.com/opencontainers/image-spec/security/advisories/GHSA-77vh-xpmg-72qh
 */
export function manifestMediaType(
  bytes: Uint8Array,
  contentType: string | undefined,
): Parsed<string> {
  const json = parseDocument(bytes);
  if (!json.ok) return json;
  const declared = json.value['mediaType'];
  const header = manifestTypeIn(contentType);
  if (declared === undefined) {
    return header === undefined
      ? problem('mediaType', 'is missing, in the document and in the Content-Type header')
      : parsed(header);
  }
  if (typeof declared !== 'string' || !isMediaType(declared)) {
    return problem('mediaType', 'is not a media type');
  }
  if (header !== undefined && header !== declared) {
    return problem('mediaType', `is ${neutralise(declared)}, but the Content-Type is ${header}`);
  }
  return parsed(declared);
}

/** The manifest type that a header names; general types such as `application/json` say nothing. */
function manifestTypeIn(contentType = ''): string | undefined {
  const type = contentType.split(';', 1).join('').trim().toLowerCase();
  return isIndexType(type) || isImageManifestType(type) ? type : undefined;
}

/** A manifest is looked into when it is found, when it is copied, and for each of its tags. */
const linksByDocument = new WeakMap<ManifestDocument, Parsed<ManifestLinks>>();

/**
 * What a manifest or an index points to; each document is read once.
 *
 * A document with `manifests` beside `layers` or `config` is refused: readers would disagree on what it is.
 */
export function readManifest(document: ManifestDocument): Parsed<ManifestLinks> {
  const links = linksByDocument.get(document) ?? linksIn(document);
  linksByDocument.set(document, links);
  return links;
}

function linksIn(document: ManifestDocument): Parsed<ManifestLinks> {
  const json = parseDocument(document.bytes);
  if (!json.ok) return json;
  const { mediaType } = document.descriptor;
  const shape = checkShape(json.value, mediaType);
  return shape.ok ? readLinks(json.value) : shape;
}

/** The JSON object of a manifest within the caps of bytes and depth. */
export function parseDocument(bytes: Uint8Array): Parsed<JsonObject> {
  if (bytes.byteLength > MAX_MANIFEST_BYTES) return problem('', 'is larger than 8 MiB');
  const json = parseJson(bytes, '', MAX_JSON_DEPTH);
  if (!json.ok) return json;
  return isJsonObject(json.value) ? parsed(json.value) : problem('', 'is not a JSON object');
}

function checkShape(json: JsonObject, mediaType: string): Parsed<unknown> {
  if (json['schemaVersion'] === 1) return problem('schemaVersion', 'is 1, a form that is retired');
  const declared = json['mediaType'];
  if (declared !== undefined && declared !== mediaType) {
    return problem('mediaType', `is not ${mediaType}, as which the document was received`);
  }
  const hasManifests = present(json['manifests']);
  const hasBlobs = present(json['layers']) || present(json['config']) || present(json['blobs']);
  if (hasManifests && hasBlobs) return problem('', 'has both manifests and layers or config');
  if (isIndexType(mediaType) && !hasManifests) return problem('manifests', 'is missing');
  if (isImageManifestType(mediaType) && hasManifests) {
    return problem('manifests', 'does not belong into an image manifest');
  }
  return parsed(undefined);
}

function readLinks(json: JsonObject): Parsed<ManifestLinks> {
  const fields = all({
    config: parseOptional(json['config'], 'config'),
    layers: parseList(json['layers'], 'layers'),
    blobs: parseList(json['blobs'], 'blobs'),
    manifests: parseList(json['manifests'], 'manifests'),
    subject: parseOptional(json['subject'], 'subject'),
    annotations: parseAnnotations(json['annotations'], 'annotations'),
  });
  if (!fields.ok) return fields;
  const { config, layers, blobs, manifests, subject, annotations } = fields.value;
  const declaredType = json['artifactType'];
  const artifactType =
    typeof declaredType === 'string' && declaredType !== '' ? declaredType : config?.mediaType;
  return parsed({
    layers: [...layers, ...blobs],
    manifests,
    annotations: annotations ?? {},
    ...(config === undefined ? {} : { config }),
    ...(subject === undefined ? {} : { subject }),
    ...(artifactType === undefined ? {} : { artifactType }),
  });
}

function parseOptional(value: JsonValue | undefined, path: string): Parsed<Descriptor | undefined> {
  return present(value) ? parseDescriptor(value, path) : parsed(undefined);
}

function parseList(value: JsonValue | undefined, path: string): Parsed<readonly Descriptor[]> {
  if (!present(value)) return parsed([]);
  if (!Array.isArray(value)) return problem(path, 'is not a list');
  if (value.length > MAX_ENTRIES) return problem(path, `has more than ${MAX_ENTRIES} entries`);
  return allOf(
    (value as readonly JsonValue[]).map((item, index) =>
      parseDescriptor(item, `${path}[${index}]`),
    ),
  );
}

function present(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null;
}
