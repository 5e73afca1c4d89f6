import { TaskError } from '../core/errors.ts';
import type { JsonValue } from '../core/json.ts';
import { isJsonObject } from '../core/json.ts';
import { orThrow } from '../core/result.ts';
import { loadAsn1 } from '../notary/asn1.ts';
import { parseEnvelope } from '../notary/envelope.ts';
import type { Envelope } from '../notary/envelope.ts';
import type { SignatureAlgorithm } from '../notary/key-spec.ts';
import { parseStrictObject } from '../notary/strict-json.ts';
import { isStampOf } from '../notary/timestamp-check.ts';
import { parseTimestampToken } from '../notary/timestamp-token.ts';
import type { TimestampToken } from '../notary/timestamp-token.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { SignedEnvelope, SigningOptions } from '../ports/signer.ts';
import { dersOf, requireGood, requireSigningChain } from './envelope-maker.ts';

/** An envelope that somebody else made, and what it was asked to be. */
export interface ForeignEnvelope {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  readonly subject: Descriptor;
  /** The payload that was to be signed. */
  readonly payload: Uint8Array;
}

/** A foreign envelope that is what it was asked to be. */
export interface AcceptedEnvelope {
  readonly envelope: SignedEnvelope;
  readonly algorithm: SignatureAlgorithm;
}

/** Envelopes hold times in whole seconds, and whoever signs may round the other way. */
const EXPIRY_TOLERANCE_MS = 2000;

/**
 * Accepts an envelope from outside when it is whole, its chain is fit to sign, and its payload is the one that was asked
 * for; annotations may have been added to that, nothing else. A timestamp that it bears must be of this signature;
 * whether its authority is trusted is up to the trust policy.
 *
 * @throws TaskError `SIGNING_FAILED` or `CERTIFICATE_INVALID`
 */
export async function acceptEnvelope(
  { bytes, mediaType, subject, payload }: ForeignEnvelope,
  options: SigningOptions,
  annotations: Readonly<Record<string, string>> = {},
): Promise<AcceptedEnvelope> {
  const opened = orThrow(parseEnvelope(bytes, mediaType), {
    code: 'SIGNING_FAILED',
    subject: `The envelope made for ${subject.digest}`,
    hint: 'Check the service or plugin that signs: nothing of this digest was pushed.',
  });
  const { signingTime } = opened.attributes;
  const chain = requireSigningChain(opened.chain, signingTime);
  const ders = dersOf(chain);
  const envelope = { subject, bytes, mediaType, chain: ders, signingTime, annotations };
  requireGood(envelope);
  const stamp = await readStamp(opened);
  const fault =
    findPayloadFault(opened.payload, payload) ??
    findExpiryFault(opened, options) ??
    findStampFault(opened, stamp);
  if (fault !== undefined) {
    throw new TaskError('SIGNING_FAILED', `The envelope made for ${subject.digest} ${fault}.`, {
      hint: 'What signs changed what it was given: check its version and settings.',
    });
  }
  return {
    envelope: stamp === undefined ? envelope : { ...envelope, stampedAt: stamp.time },
    algorithm: chain.algorithm,
  };
}

/** What an envelope is stamped with; absent without a timestamp, and with one that cannot be read, which only a trust policy minds. */
async function readStamp({ timestamp }: Envelope): Promise<TimestampToken | undefined> {
  if (timestamp === undefined) return undefined;
  const token = parseTimestampToken(await loadAsn1(), timestamp);
  return token.ok ? token.value : undefined;
}

function findPayloadFault(signed: Uint8Array, asked: Uint8Array): string | undefined {
  if (Buffer.compare(signed, asked) === 0) return undefined;
  const [found, wanted] = [targetOf(signed), targetOf(asked)];
  if (found === undefined || wanted === undefined) return 'binds more than a target';
  const { annotations: foundNotes = {}, ...foundRest } = found;
  const { annotations: wantedNotes = {}, ...wantedRest } = wanted;
  if (!isSubset(foundRest, wantedRest) || !isSubset(wantedRest, foundRest)) {
    return 'binds another target than was asked for';
  }
  return isSubset(wantedNotes, foundNotes) ? undefined : 'lacks user metadata';
}

/** The target of a payload that holds nothing else. */
function targetOf(
  payload: Uint8Array,
): Readonly<Record<string, JsonValue | undefined>> | undefined {
  const read = parseStrictObject(payload, 'payload');
  if (!read.ok) return undefined;
  const { targetArtifact, ...others } = read.value;
  return Object.keys(others).length === 0 && isJsonObject(targetArtifact)
    ? targetArtifact
    : undefined;
}

function isSubset(part: JsonValue, whole: JsonValue): boolean {
  if (!isJsonObject(part) || !isJsonObject(whole)) return false;
  return Object.entries(part).every(([name, value]) => whole[name] === value);
}

function findExpiryFault(
  { attributes }: Envelope,
  { expiry, signingTime }: SigningOptions,
): string | undefined {
  if (expiry === undefined) return undefined;
  if (attributes.expiry === undefined) return 'does not expire, though it was to';
  const wantedMs = expiry.getTime() - signingTime.getTime();
  const foundMs = attributes.expiry.getTime() - attributes.signingTime.getTime();
  return Math.abs(foundMs - wantedMs) <= EXPIRY_TOLERANCE_MS
    ? undefined
    : `expires at ${attributes.expiry.toISOString()}, which is not what was asked for`;
}

function findStampFault(
  { signature }: Envelope,
  stamp: TimestampToken | undefined,
): string | undefined {
  return stamp === undefined || isStampOf(stamp, signature)
    ? undefined
    : 'bears a timestamp of something else';
}
