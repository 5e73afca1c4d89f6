import { isJsonObject } from '../../core/json.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { all, allOf, parsed, problem } from '../../core/result.ts';
import type { Parsed } from '../../core/result.ts';
import { neutralise } from '../../core/text.ts';
import { decodeBase64 } from '../../notary/base64.ts';
import { SIGNATURE_ALGORITHMS } from '../../notary/key-spec.ts';
import type { SignatureAlgorithm } from '../../notary/key-spec.ts';

/** The version of the protocol that is spoken here. */
export const CONTRACT_VERSION = '1.0';

/** What a plugin can do that signs. */
export const Capability = {
  raw: 'SIGNATURE_GENERATOR.RAW',
  envelope: 'SIGNATURE_GENERATOR.ENVELOPE',
} as const;

/** What a plugin says about itself. */
export interface PluginMetadata {
  readonly name: string;
  readonly version: string;
  readonly contractVersions: readonly string[];
  readonly capabilities: readonly string[];
}

/** A raw signature with the chain of the certificate that made it, in DER, leaf first. */
export interface GeneratedSignature {
  readonly signature: Uint8Array;
  readonly chain: readonly Uint8Array[];
}

/** An envelope that a plugin made. */
export interface GeneratedEnvelope {
  readonly envelope: Uint8Array;
  /** For the manifest of the signature. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** Why a plugin refused. */
export interface PluginRefusal {
  /** E.g. `ACCESS_DENIED`, `THROTTLED`; plugins pass codes of their services through as well. */
  readonly code: string;
  readonly message: string;
}

/**
 * The answer to `get-plugin-metadata`.
 *
 * @see https://github.com/notaryproject/specifications/blob/v1.1.0/specs/plugin-extensibility.md#get-plugin-metadata
 */
export function parseMetadata(answer: JsonObject): Parsed<PluginMetadata> {
  const read = all<PluginMetadata & { readonly description: string; readonly url: string }>({
    name: text(answer, 'name'),
    description: text(answer, 'description'),
    version: text(answer, 'version'),
    url: text(answer, 'url'),
    contractVersions: texts(answer, 'supportedContractVersions'),
    capabilities: texts(answer, 'capabilities'),
  });
  if (!read.ok) return read;
  const { name, version, contractVersions, capabilities } = read.value;
  return parsed({ name, version, contractVersions, capabilities });
}

/** The answer to `describe-key`: how the key signs. */
export function parseKey(answer: JsonObject, keyId: string): Parsed<SignatureAlgorithm> {
  const read = all({
    keyId: echo(answer, 'keyId', keyId),
    algorithm: keySpec(answer),
  });
  return read.ok ? parsed(read.value.algorithm) : read;
}

/** The answer to `generate-signature`. */
export function parseSignature(
  answer: JsonObject,
  { keyId, algorithm }: { readonly keyId: string; readonly algorithm: SignatureAlgorithm },
): Parsed<GeneratedSignature> {
  const read = all({
    keyId: echo(answer, 'keyId', keyId),
    signature: bytes(answer, 'signature'),
    algorithm: echo(answer, 'signingAlgorithm', signingAlgorithmOf(algorithm)),
    chain: certificates(answer),
  });
  if (!read.ok) return read;
  const { signature, chain } = read.value;
  return parsed({ signature, chain });
}

/** The answer to `generate-envelope`. */
export function parseGeneratedEnvelope(
  answer: JsonObject,
  mediaType: string,
): Parsed<GeneratedEnvelope> {
  const read = all({
    envelope: bytes(answer, 'signatureEnvelope'),
    mediaType: echo(answer, 'signatureEnvelopeType', mediaType),
    annotations: annotations(answer),
  });
  if (!read.ok) return read;
  const { envelope, annotations: given } = read.value;
  return parsed({ envelope, annotations: given });
}

/** What a plugin writes to standard error when it refuses; absent when it is not of that form. */
export function readRefusal(answer: JsonObject): PluginRefusal | undefined {
  const { errorCode, errorMessage } = answer;
  if (typeof errorCode !== 'string' || errorCode === '') return undefined;
  const message = typeof errorMessage === 'string' ? neutralise(errorMessage) : '';
  return { code: neutralise(errorCode), message };
}

/** What the protocol calls the hash of an algorithm: `SHA-256`. */
export function hashNameOf({ hash }: SignatureAlgorithm): string {
  return `SHA-${hash.slice('sha'.length)}`;
}

function signingAlgorithmOf(algorithm: SignatureAlgorithm): string {
  const family = algorithm.family === 'pss' ? 'RSASSA-PSS' : 'ECDSA';
  return `${family}-${hashNameOf(algorithm)}`;
}

function keySpec({ keySpec: value }: JsonObject): Parsed<SignatureAlgorithm> {
  const found = Object.values(SIGNATURE_ALGORITHMS).find((one) => one.keySpec === value);
  return found === undefined
    ? problem('keySpec', `is not a kind of key that may sign: ${shown(value)}`)
    : parsed(found);
}

function certificates({ certificateChain }: JsonObject): Parsed<readonly Uint8Array[]> {
  if (!Array.isArray(certificateChain) || certificateChain.length === 0) {
    return problem('certificateChain', 'is not a list of certificates');
  }
  return allOf(
    (certificateChain as readonly JsonValue[]).map((value, index) =>
      base64(value, `certificateChain[${index}]`),
    ),
  );
}

function annotations({ annotations: value }: JsonObject): Parsed<Readonly<Record<string, string>>> {
  if (value === undefined || value === null) return parsed({});
  if (!isJsonObject(value)) return problem('annotations', 'is not an object');
  const entries = Object.entries(value);
  return entries.every((entry): entry is [string, string] => typeof entry[1] === 'string')
    ? parsed(Object.fromEntries(entries))
    : problem('annotations', 'has a value that is not text');
}

function text(answer: JsonObject, name: string): Parsed<string> {
  const value = answer[name];
  return typeof value === 'string' && value !== '' ? parsed(value) : problem(name, 'is not text');
}

function texts(answer: JsonObject, name: string): Parsed<readonly string[]> {
  const value = answer[name];
  const isList = Array.isArray(value) && value.length > 0;
  return isList && value.every((it) => typeof it === 'string')
    ? parsed(value as readonly string[])
    : problem(name, 'is not a list of texts');
}

function echo(answer: JsonObject, name: string, expected: string): Parsed<string> {
  const value = answer[name];
  return value === expected
    ? parsed(expected)
    : problem(name, `is ${shown(value)}, not ${neutralise(expected)}`);
}

function bytes(answer: JsonObject, name: string): Parsed<Uint8Array> {
  return base64(answer[name], name);
}

function base64(value: JsonValue | undefined, path: string): Parsed<Uint8Array> {
  const decoded = typeof value === 'string' && value !== '' ? decodeBase64(value) : undefined;
  return decoded === undefined ? problem(path, 'is not base64') : parsed(decoded);
}

function shown(value: JsonValue | undefined): string {
  return value === undefined ? 'missing' : neutralise(JSON.stringify(value));
}
