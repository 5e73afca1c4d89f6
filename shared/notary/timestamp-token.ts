import type { Parsed } from '../core/result.ts';
import { parseStructure, readBer } from './asn1.ts';
import type { Asn1 } from './asn1.ts';
import type { AsnType } from './asn1.chunk.ts';
import { readSignedContent } from './cms.ts';
import type { SignedContent } from './cms.ts';
import { DerError } from './der.ts';
import { hashByOid } from './x509-algorithms.ts';
import type { HashName } from './x509-algorithms.ts';

/** A timestamp token taken apart; nothing is verified yet. */
export interface TimestampToken {
  /** What was stamped, by its hash. */
  readonly imprint: { readonly hash: HashName; readonly value: Uint8Array };
  readonly time: Date;
  /** How far the true time may be from `time`, in milliseconds. */
  readonly accuracyMs: number;
  /** As DER writes the integer; absent when the token has none. */
  readonly nonce?: Uint8Array;
  readonly signed: SignedContent;
}

const TIMESTAMP_INFO = '1.2.840.113549.1.9.16.1.4';

/** Tokens have five to eight kilobytes. Whoever may push can put any token into a signature: reading it must not take long. */
const MAX_TOKEN_BYTES = 128 * 1024;

/** The baseline policy of ETSI promises one second where a token says nothing. */
const BASELINE_POLICY = '0.4.0.2023.1.1';
const BASELINE_ACCURACY_MS = 1000;

/** A time of GeneralizedTime in UTC; the second of a leap is one as well. */
const UTC_TIME =
  /^\d{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d|60)(?:\.\d+)?Z$/;

/** Tokens are of version 1. */
const INFO_VERSION = 1;

/**
 * Takes a timestamp token apart, in DER or BER.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3161#section-2.4.2
 */
export function parseTimestampToken(asn1: Asn1, bytes: Uint8Array): Parsed<TimestampToken> {
  return parseStructure('timestamp', 'a timestamp token', () => {
    if (bytes.byteLength > MAX_TOKEN_BYTES) throw new DerError('is too large');
    const signed = readSignedContent(asn1, readBer(asn1, bytes));
    if (signed.type !== TIMESTAMP_INFO) throw new DerError('signs no timestamp');
    return { ...readInfo(asn1, readBer(asn1, signed.content)), signed };
  });
}

function readInfo(asn1: Asn1, element: AsnType): Omit<TimestampToken, 'signed'> {
  requireUtc(asn1, element);
  const info = new asn1.TSTInfo({ schema: element });
  if (info.version !== INFO_VERSION) throw new DerError('has a version that is not 1');
  const { hashAlgorithm, hashedMessage } = info.messageImprint;
  const hash = hashByOid(hashAlgorithm.algorithmId);
  if (hash === undefined) throw new DerError('stamps a hash that is not SHA-2');
  const { genTime: time, nonce } = info;
  return {
    imprint: { hash, value: new Uint8Array(hashedMessage.getValue()) },
    time,
    accuracyMs: accuracyOf(info),
    ...(nonce === undefined ? {} : { nonce: nonce.valueBlock.valueHexView }),
  };
}

/** The library takes times without a zone as local ones, and a thirteenth month as the first of the next year. */
function requireUtc(asn1: Asn1, element: AsnType): void {
  const fields = element instanceof asn1.Constructed ? element.valueBlock.value : [];
  const time = fields.find((field) => field instanceof asn1.GeneralizedTime);
  const text = Buffer.from(time?.valueBlock.valueHexView ?? []).toString('latin1');
  if (!UTC_TIME.test(text)) throw new DerError('has a time that is not in UTC');
}

function accuracyOf({ accuracy, policy }: InstanceType<Asn1['TSTInfo']>): number {
  const { seconds = 0, millis = 0, micros = 0 } = accuracy ?? {};
  if (seconds < 0 || millis < 0 || micros < 0) throw new DerError('has a negative accuracy');
  const stated = seconds * 1000 + millis + Math.ceil(micros / 1000);
  return stated === 0 && policy === BASELINE_POLICY ? BASELINE_ACCURACY_MS : stated;
}
