import { isJsonObject } from '../core/json.ts';
import type { JsonObject, JsonValue } from '../core/json.ts';
import { all, allOf, parsed, problem, problems } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import { neutralise } from '../core/text.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { parseDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/digest.ts';
import { goObject, sortedGoJson } from './go-json.ts';
import { parseStrictObject } from './strict-json.ts';

/** The two forms of an envelope. */
export type EnvelopeFormat = 'cose' | 'jws';

/** What every payload of a Notary Project signature is. */
export const PAYLOAD_TYPE = 'application/vnd.cncf.notary.payload.v1+json';

/** Names that begin so belong to the Notary Project. */
const RESERVED_PREFIX = 'io.cncf.notary';

/** Half of a surrogate pair on its own cannot be written in UTF-8. */
const LONE_SURROGATE = /\p{Cs}/u;

/** User metadata that may be signed: names not reserved, all of it text that UTF-8 can carry. */
export function checkUserMetadata(
  metadata: Readonly<Record<string, string>>,
  path: string,
): Parsed<Readonly<Record<string, string>>> {
  const found = Object.entries(metadata).flatMap(([name, value]) => {
    const message = findMetadataFault(name, value);
    return message === undefined ? [] : [{ path: `${path}.${neutralise(name)}`, message }];
  });
  return found.length === 0 ? parsed(metadata) : problems(found);
}

/**
 * The bytes to sign for a subject: its media type, digest, size and annotations, to which user metadata is added.
 *
 * The reference implementation writes struct order in COSE and sorted members in JWS; so do we, byte for byte.
 *
 * @see https://github.com/notaryproject/specifications/blob/v1.1.0/specs/signature-specification.md#payload
 */
export function buildPayload(
  subject: Descriptor,
  userMetadata: Readonly<Record<string, string>>,
  format: EnvelopeFormat,
): Parsed<Uint8Array> {
  const metadata = checkUserMetadata(userMetadata, 'userMetadata');
  if (!metadata.ok) return metadata;
  const present = subject.annotations ?? {};
  const repeated = Object.keys(userMetadata).filter((name) => Object.hasOwn(present, name));
  if (repeated.length > 0) {
    return problem('userMetadata', `names annotations of the subject: ${repeated.join(', ')}`);
  }
  const annotations = { ...present, ...userMetadata };
  const target = {
    mediaType: subject.mediaType,
    digest: subject.digest,
    size: subject.size,
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  };
  const json = format === 'jws' ? sortedGoJson(target) : structJson(target);
  return parsed(Buffer.from(goObject([['targetArtifact', json]])));
}

/** The descriptor that a payload binds; members that the reference implementation does not sign are passed over. */
export function parsePayload(bytes: Uint8Array, path: string): Parsed<Descriptor> {
  const payload = parseStrictObject(bytes, path);
  if (!payload.ok) return payload;
  const target = payload.value['targetArtifact'];
  const targetPath = `${path}.targetArtifact`;
  if (!isJsonObject(target)) return problem(targetPath, 'is not an object');
  return all<Descriptor>({
    mediaType: parseMediaType(target['mediaType'], `${targetPath}.mediaType`),
    digest: parseTargetDigest(target['digest'], `${targetPath}.digest`),
    size: parseSize(target['size'], `${targetPath}.size`),
    ...parseAnnotations(target, `${targetPath}.annotations`),
  });
}

function findMetadataFault(name: string, value: string): string | undefined {
  if (name === '') return 'has no name';
  if (name.startsWith(RESERVED_PREFIX)) return `begins with the reserved ${RESERVED_PREFIX}`;
  return LONE_SURROGATE.test(name + value) ? 'is not well-formed text' : undefined;
}

function structJson({ annotations, ...fields }: JsonObject): string {
  const members = Object.entries({ ...fields, annotations });
  return goObject(
    members.flatMap(([name, value]) => (value === undefined ? [] : [[name, sortedGoJson(value)]])),
  );
}

function parseMediaType(value: JsonValue | undefined, path: string): Parsed<string> {
  return typeof value === 'string' && value !== '' ? parsed(value) : problem(path, 'is not text');
}

function parseTargetDigest(value: JsonValue | undefined, path: string): Parsed<Digest> {
  return typeof value === 'string' ? parseDigest(value, path) : problem(path, 'is not text');
}

function parseSize(value: JsonValue | undefined, path: string): Parsed<number> {
  const isSize = typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
  return isSize ? parsed(value) : problem(path, 'is not a size in bytes');
}

function parseAnnotations(
  { annotations }: JsonObject,
  path: string,
): { readonly annotations?: Parsed<Readonly<Record<string, string>>> } {
  if (annotations === undefined || annotations === null) return {};
  if (!isJsonObject(annotations)) return { annotations: problem(path, 'is not an object') };
  const entries = allOf(
    Object.entries(annotations).map(([name, value]) =>
      typeof value === 'string'
        ? parsed([name, value] as const)
        : problem(`${path}.${neutralise(name)}`, 'is not text'),
    ),
  );
  return { annotations: entries.ok ? parsed(Object.fromEntries(entries.value)) : entries };
}
