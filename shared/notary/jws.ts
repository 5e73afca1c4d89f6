import { isJsonObject } from '../core/json.ts';
import type { JsonObject, JsonValue } from '../core/json.ts';
import { all, allOf, parsed, problem } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import { decodeBase64, decodeBase64Url, encodeBase64, encodeBase64Url } from './base64.ts';
import type {
  EnvelopeContent,
  EnvelopeDraft,
  EnvelopeParts,
  EnvelopeSeal,
} from './envelope-parts.ts';
import { goObject, goString, sortedGoJson } from './go-json.ts';
import { algorithmByName } from './key-spec.ts';
import { PAYLOAD_TYPE } from './payload.ts';
import { formatTime, parseTime } from './rfc3339.ts';
import { HeaderName, parseSignedHeader, timeNameOf } from './signed-header.ts';
import type { SignedAttributes } from './signed-header.ts';
import { parseStrictObject } from './strict-json.ts';

/** Names of the protected header: RFC 7515, section 4.1. */
const PROTECTED = { algorithm: 'alg', critical: 'crit', type: 'cty' } as const;

const X5C = 'x5c';

/**
 * Prepares a JWS envelope (flattened JSON) with the bytes the reference implementation writes.
 *
 * @see https://github.com/notaryproject/specifications/blob/v1.1.0/specs/signature-envelope-jws.md
 */
export function draftJws(content: EnvelopeContent): EnvelopeDraft {
  const header = encodeBase64Url(Buffer.from(sortedGoJson(buildHeader(content))));
  const payload = encodeBase64Url(content.payload);
  return {
    signingInput: Buffer.from(`${header}.${payload}`),
    assemble: (seal) =>
      Buffer.from(
        goObject([
          ['payload', goString(payload)],
          ['protected', goString(header)],
          ['header', buildUnprotected(seal)],
          ['signature', goString(encodeBase64Url(seal.signature))],
        ]),
      ),
  };
}

/** Takes a JWS envelope apart; nothing is verified yet. */
export function parseJws(bytes: Uint8Array): Parsed<EnvelopeParts> {
  const envelope = parseStrictObject(bytes, 'envelope');
  if (!envelope.ok) return envelope;
  const { payload, protected: header, header: unprotected, signature } = envelope.value;
  const parts = all({
    payload: readBase64Url(payload, 'payload'),
    header: readBase64Url(header, 'protected'),
    signature: readBase64Url(signature, 'signature'),
    unprotected: parseUnprotected(unprotected),
  });
  if (!parts.ok) return parts;
  const values = parseStrictObject(parts.value.header, 'protected');
  if (!values.ok) return values;
  const signed = parseSignedHeader({
    values: new Map(Object.entries(values.value).filter((it) => !isNullTime(it))),
    names: PROTECTED,
    markable: [],
    algorithm: algorithmByName,
    time: parseTime,
  });
  if (!signed.ok) return signed;
  return parsed({
    ...signed.value,
    ...parts.value.unprotected,
    payload: parts.value.payload,
    signature: parts.value.signature,
    // Both texts were canonical, so writing the bytes again gives what was signed.
    signingInput: joinInput(parts.value.header, parts.value.payload),
    salt: 'any',
  });
}

/** To the reference implementation a time that is null is not there; some writers of JSON write out what is not. */
function isNullTime([name, value]: readonly [string, unknown]): boolean {
  const { expiry, signingTime, authenticSigningTime } = HeaderName;
  return value === null && [expiry, signingTime, authenticSigningTime].some((it) => it === name);
}

function joinInput(header: Uint8Array, payload: Uint8Array): Uint8Array {
  return Buffer.from(`${encodeBase64Url(header)}.${encodeBase64Url(payload)}`);
}

function buildHeader({ algorithm, attributes }: EnvelopeContent): JsonObject {
  const { scheme, signingTime, expiry, extended } = attributes;
  return {
    [PROTECTED.algorithm]: algorithm.name,
    [PROTECTED.critical]: criticalOf(attributes),
    [PROTECTED.type]: PAYLOAD_TYPE,
    [HeaderName.scheme]: scheme,
    [timeNameOf(scheme)]: formatTime(signingTime),
    ...(expiry === undefined ? {} : { [HeaderName.expiry]: formatTime(expiry) }),
    ...Object.fromEntries(extended.map(({ name, value }) => [name, value as JsonValue])),
  };
}

function criticalOf({ scheme, expiry, extended }: SignedAttributes): readonly string[] {
  return [
    HeaderName.scheme,
    ...extended.filter(({ critical }) => critical).map(({ name }) => name),
    ...(scheme === 'notary.x509' ? [] : [HeaderName.authenticSigningTime]),
    ...(expiry === undefined ? [] : [HeaderName.expiry]),
  ];
}

function buildUnprotected({ chain, signingAgent, timestamp }: EnvelopeSeal): string {
  const certificates = chain.map((der) => goString(encodeBase64(der))).join(',');
  return goObject([
    ...(timestamp === undefined
      ? []
      : [[HeaderName.timestamp, goString(encodeBase64(timestamp))] as const]),
    ...(chain.length === 0 ? [] : [[X5C, `[${certificates}]`] as const]),
    ...(signingAgent === undefined
      ? []
      : [[HeaderName.signingAgent, goString(signingAgent)] as const]),
  ]);
}

function parseUnprotected(value: JsonValue | undefined): Parsed<Omit<EnvelopeSeal, 'signature'>> {
  if (!isJsonObject(value)) return problem('header', 'is not an object');
  const chain: unknown = value[X5C];
  const signingAgent = value[HeaderName.signingAgent];
  const timestamp = value[HeaderName.timestamp];
  if (!Array.isArray(chain)) return problem('header.x5c', 'is not a list of certificates');
  return all<Omit<EnvelopeSeal, 'signature'>>({
    chain: allOf(chain.map((der: unknown, index) => readBase64(der, `header.x5c[${index}]`))),
    ...(typeof signingAgent === 'string' ? { signingAgent: parsed(signingAgent) } : {}),
    ...(timestamp === undefined || timestamp === null
      ? {}
      : { timestamp: readBase64(timestamp, `header["${HeaderName.timestamp}"]`) }),
  });
}

function readBase64(value: unknown, path: string): Parsed<Uint8Array> {
  const bytes = typeof value === 'string' ? decodeBase64(value) : undefined;
  return bytes === undefined ? problem(path, 'is not base64') : parsed(bytes);
}

function readBase64Url(value: unknown, path: string): Parsed<Uint8Array> {
  const bytes = typeof value === 'string' ? decodeBase64Url(value) : undefined;
  return bytes === undefined ? problem(path, 'is not base64url without padding') : parsed(bytes);
}
