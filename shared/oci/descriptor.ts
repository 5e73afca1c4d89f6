import { isJsonObject } from '../core/json.ts';
import type { JsonObject, JsonValue } from '../core/json.ts';
import { all, allOf, parsed, problem } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import { parseDigest } from './digest.ts';
import type { Digest } from './digest.ts';
import { isMediaType } from './media-types.ts';

/** What a platform image runs on, as its config says, e.g. `{ os: 'linux', architecture: 'arm', variant: 'v7' }`. */
export interface Platform {
  readonly architecture: string;
  readonly os: string;
  readonly 'os.version'?: string;
  readonly 'os.features'?: readonly string[];
  readonly variant?: string;
}

/**
 * Names content by what it is: type, digest, and size in bytes.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md
 */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly artifactType?: string;
  readonly platform?: Platform;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly urls?: readonly string[];
  /** The content itself, in base64. */
  readonly data?: string;
}

/** Real manifests have a few dozen annotations; this only stops bombs. */
const MAX_ANNOTATIONS = 10_000;

/** A descriptor from JSON; unknown members are left out. Problems are at `path` and below. */
export function parseDescriptor(value: JsonValue | undefined, path: string): Parsed<Descriptor> {
  if (!isJsonObject(value)) return problem(path, 'is not a descriptor');
  const fields = all<Record<keyof Descriptor, unknown>>({
    mediaType: parseMediaType(value['mediaType'], below(path, 'mediaType')),
    digest: parseDigestOf(value['digest'], below(path, 'digest')),
    size: parseSize(value['size'], below(path, 'size')),
    artifactType: parseOptionalText(value['artifactType'], below(path, 'artifactType')),
    platform: parsePlatform(value['platform'], below(path, 'platform')),
    annotations: parseAnnotations(value['annotations'], below(path, 'annotations')),
    urls: parseTexts(value['urls'], below(path, 'urls')),
    data: parseOptionalText(value['data'], below(path, 'data')),
  });
  return fields.ok ? parsed(withoutAbsent(fields.value) as unknown as Descriptor) : fields;
}

/**
 * Annotations from JSON; absent or null is `undefined`.
 *
 * The result has no prototype, so that a key such as `__proto__` is a key like any other.
 */
export function parseAnnotations(
  value: JsonValue | undefined,
  path: string,
): Parsed<Readonly<Record<string, string>> | undefined> {
  if (value === undefined || value === null) return parsed(undefined);
  if (!isJsonObject(value)) return problem(path, 'is not an object');
  const entries = Object.entries(value);
  if (entries.length > MAX_ANNOTATIONS) return problem(path, 'has too many entries');
  const annotations = Object.create(null) as Record<string, string>;
  for (const [key, text] of entries) {
    if (typeof text !== 'string') return problem(path, 'has a value that is not text');
    annotations[key] = text;
  }
  return parsed(annotations);
}

/**
 * A platform from an index entry or an image config; empty members are left out, the others are kept as they are.
 * Absent or null is `undefined`.
 */
export function parsePlatform(
  value: JsonValue | undefined,
  path: string,
): Parsed<Platform | undefined> {
  if (value === undefined || value === null) return parsed(undefined);
  if (!isJsonObject(value)) return problem(path, 'is not an object');
  const fields = all<Record<keyof Platform, unknown>>({
    architecture: parseOptionalText(value['architecture'], below(path, 'architecture')),
    os: parseOptionalText(value['os'], below(path, 'os')),
    'os.version': parseOptionalText(value['os.version'], below(path, 'os.version')),
    'os.features': parseTexts(value['os.features'], below(path, 'os.features')),
    variant: parseOptionalText(value['variant'], below(path, 'variant')),
  });
  if (!fields.ok) return fields;
  const present = withoutAbsent(fields.value) as unknown as Platform;
  return parsed({
    ...present,
    architecture: textOf(value, 'architecture'),
    os: textOf(value, 'os'),
  });
}

/** A platform as users write it: `linux/arm/v7`, `windows/amd64 (10.0.20348.1)`. */
export function formatPlatform(platform: Platform): string {
  const { os, architecture, variant } = platform;
  const base = [os, architecture, ...(variant === undefined ? [] : [variant])].join('/');
  const version = platform['os.version'];
  return version === undefined ? base : `${base} (${version})`;
}

/** Whether a host would take both platforms for the same. */
export function samePlatform(one: Platform, other: Platform): boolean {
  const key = (p: Platform): string =>
    JSON.stringify([p.os, p.architecture, p.variant, p['os.version'], p['os.features'] ?? []]);
  return key(one) === key(other);
}

function below(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function parseMediaType(value: JsonValue | undefined, path: string): Parsed<string> {
  if (typeof value === 'string' && isMediaType(value)) return parsed(value);
  return problem(path, 'is not a media type');
}

function parseDigestOf(value: JsonValue | undefined, path: string): Parsed<Digest> {
  return typeof value === 'string' ? parseDigest(value, path) : problem(path, 'is not a digest');
}

function parseSize(value: JsonValue | undefined, path: string): Parsed<number> {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return parsed(value);
  return problem(path, 'is not a size in bytes');
}

function parseOptionalText(value: JsonValue | undefined, path: string): Parsed<string | undefined> {
  if (value === undefined || value === null || value === '') return parsed(undefined);
  return typeof value === 'string' ? parsed(value) : problem(path, 'is not text');
}

function parseTexts(
  value: JsonValue | undefined,
  path: string,
): Parsed<readonly string[] | undefined> {
  if (value === undefined || value === null) return parsed(undefined);
  if (!Array.isArray(value)) return problem(path, 'is not a list');
  if (value.length === 0) return parsed(undefined);
  return allOf(
    (value as readonly JsonValue[]).map((item, index) =>
      typeof item === 'string' ? parsed(item) : problem(`${path}[${index}]`, 'is not text'),
    ),
  );
}

function textOf(value: JsonObject, key: string): string {
  const text = value[key];
  return typeof text === 'string' ? text : '';
}

function withoutAbsent(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
