import { parsed, problem } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import { CborTag, encodeCbor, parseCbor, tagged, untag } from './cbor.ts';
import type {
  EnvelopeContent,
  EnvelopeDraft,
  EnvelopeParts,
  EnvelopeSeal,
} from './envelope-parts.ts';
import { algorithmByLabel } from './key-spec.ts';
import { PAYLOAD_TYPE } from './payload.ts';
import { HeaderName, parseSignedHeader, timeNameOf } from './signed-header.ts';
import type { SignedAttributes } from './signed-header.ts';

/** Labels of the protected header: RFC 9052, section 3.1. */
const PROTECTED = { algorithm: 1, critical: 2, type: 3 } as const;

/** How COSE spells a protected header. */
const FORM = {
  names: PROTECTED,
  // RFC 9052, section 3.1: every reader knows these labels, so that they need not be marked; some signers do.
  markable: [...Object.values(PROTECTED), HeaderName.signingTime],
  algorithm: algorithmByLabel,
  time: readTime,
} as const;

/** Label of the certificates: RFC 9360, section 2. */
const X5CHAIN = 33;

/** Whatever the signature binds besides header and payload: nothing. */
const NO_EXTERNAL_DATA = new Uint8Array();

/**
 * Prepares a COSE_Sign1 envelope with the bytes the reference implementation writes.
 *
 * @see https://github.com/notaryproject/specifications/blob/v1.1.0/specs/signature-envelope-cose.md
 */
export function draftCose(content: EnvelopeContent): EnvelopeDraft {
  const header = encodeCbor(buildHeader(content));
  return {
    signingInput: signingInputOf(header, content.payload),
    assemble: (seal) =>
      encodeCbor(
        tagged(CborTag.sign1, [header, buildUnprotected(seal), content.payload, seal.signature]),
      ),
  };
}

/** Takes a COSE_Sign1 envelope apart; nothing is verified yet. */
export function parseCose(bytes: Uint8Array): Parsed<EnvelopeParts> {
  const message = parseCbor(bytes, 'envelope');
  if (!message.ok) return message;
  const fields = untag(message.value, CborTag.sign1);
  if (!Array.isArray(fields) || fields.length !== 4) {
    return problem('envelope', 'is not a tagged COSE_Sign1 message');
  }
  const [header, unprotected, payload, signature] = fields as readonly unknown[];
  if (!isBytes(header) || !isBytes(payload) || !isBytes(signature)) {
    return problem('envelope', 'has no protected header, payload and signature');
  }
  const values = parseCbor(header, 'protected');
  if (!values.ok) return values;
  if (!isMap(values.value)) return problem('protected', 'is not a map');
  const signed = parseSignedHeader({ values: values.value, ...FORM });
  if (!signed.ok) return signed;
  const seal = parseUnprotected(unprotected, signature);
  if (!seal.ok) return seal;
  const signingInput = signingInputOf(header, payload);
  return parsed({ ...signed.value, ...seal.value, payload, signingInput, salt: 'as-hash' });
}

function buildHeader({ algorithm, attributes }: EnvelopeContent): Map<unknown, unknown> {
  const { scheme, signingTime, expiry, extended } = attributes;
  return new Map<unknown, unknown>([
    [PROTECTED.algorithm, algorithm.label],
    [PROTECTED.critical, criticalOf(attributes)],
    [PROTECTED.type, PAYLOAD_TYPE],
    [HeaderName.scheme, scheme],
    [timeNameOf(scheme), encodeTime(signingTime)],
    ...(expiry === undefined ? [] : [[HeaderName.expiry, encodeTime(expiry)] as const]),
    ...extended.map(({ name, value }) => [name, value] as const),
  ]);
}

function criticalOf({ scheme, expiry, extended }: SignedAttributes): readonly string[] {
  return [
    HeaderName.scheme,
    ...(scheme === 'notary.x509' ? [] : [HeaderName.authenticSigningTime]),
    ...(expiry === undefined ? [] : [HeaderName.expiry]),
    ...extended.filter(({ critical }) => critical).map(({ name }) => name),
  ];
}

function buildUnprotected({ chain, signingAgent, timestamp }: EnvelopeSeal): Map<unknown, unknown> {
  return new Map<unknown, unknown>([
    ...(chain.length === 0 ? [] : [[X5CHAIN, chain] as const]),
    ...(signingAgent === undefined ? [] : [[HeaderName.signingAgent, signingAgent] as const]),
    ...(timestamp === undefined ? [] : [[HeaderName.timestamp, timestamp] as const]),
  ]);
}

function parseUnprotected(value: unknown, signature: Uint8Array): Parsed<EnvelopeSeal> {
  if (!isMap(value)) return problem('unprotected', 'is not a map');
  const chain = value.get(X5CHAIN);
  const signingAgent = value.get(HeaderName.signingAgent);
  const timestamp = value.get(HeaderName.timestamp);
  if (!isBytesList(chain)) return problem('unprotected', 'has no list of certificates');
  return parsed({
    chain,
    signature,
    ...(typeof signingAgent === 'string' ? { signingAgent } : {}),
    ...(isBytes(timestamp) ? { timestamp } : {}),
  });
}

/** The Sig_structure of RFC 9052, section 4.4. */
function signingInputOf(header: Uint8Array, payload: Uint8Array): Uint8Array {
  return encodeCbor(['Signature1', header, NO_EXTERNAL_DATA, payload]);
}

function encodeTime(time: Date): unknown {
  return tagged(CborTag.time, Math.floor(time.getTime() / 1000));
}

/** Only whole seconds under the tag of times are a time. */
function readTime(value: unknown): Date | undefined {
  const seconds = untag(value, CborTag.time);
  const date = new Date(Number.isSafeInteger(seconds) ? Number(seconds) * 1000 : Number.NaN);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array;
}

function isBytesList(value: unknown): value is readonly Uint8Array[] {
  return Array.isArray(value) && value.every(isBytes);
}

function isMap(value: unknown): value is ReadonlyMap<unknown, unknown> {
  return value instanceof Map;
}
