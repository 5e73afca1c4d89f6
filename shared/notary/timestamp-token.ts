import type { Parsed } from '../core/result.ts';
import { hasIndefiniteLength, parseStructure, readBer } from './asn1.ts';
import type { Asn1 } from './asn1.ts';
import type { AsnType, BaseBlock } from './asn1.chunk.ts';
import { readSignedContent } from './cms.ts';
import type { SignedContent } from './cms.ts';
import { DerError, DerTag, readChildren, readCount, readDer, readTime } from './der.ts';
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

/** Context tags of the parts of an accuracy. */
const MILLIS = 0x80;
const MICROS = 0x81;

/** Tokens are of version 1. */
const INFO_VERSION = 1;

/**
 * Takes a timestamp token apart, in DER or in BER of definite lengths.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3161#section-2.4.2
 */
export function parseTimestampToken(asn1: Asn1, bytes: Uint8Array): Parsed<TimestampToken> {
  return parseStructure('timestamp', 'a timestamp token', () => {
    if (bytes.byteLength > MAX_TOKEN_BYTES) throw new DerError('is too large');
    const element = readBer(asn1, bytes);
    // Whoever verifies with the reference implementation could not read it.
    if (hasIndefiniteLength(asn1, element)) throw new DerError('has an indefinite length');
    const signed = readSignedContent(asn1, element);
    if (signed.type !== TIMESTAMP_INFO) throw new DerError('signs no timestamp');
    return { ...readInfo(asn1, readBer(asn1, signed.content)), signed };
  });
}

function readInfo(asn1: Asn1, element: AsnType): Omit<TimestampToken, 'signed'> {
  const info = new asn1.TSTInfo({ schema: element });
  if (info.version !== INFO_VERSION) throw new DerError('has a version that is not 1');
  const { hashAlgorithm, hashedMessage } = info.messageImprint;
  const hash = hashByOid(hashAlgorithm.algorithmId);
  if (hash === undefined) throw new DerError('stamps a hash that is not SHA-2');
  const fields = element instanceof asn1.Constructed ? element.valueBlock.value : [];
  const accuracy = readAccuracy(fields, asn1);
  const isBaseline = accuracy === 0 && info.policy === BASELINE_POLICY;
  const { nonce } = info;
  return {
    imprint: { hash, value: new Uint8Array(hashedMessage.getValue()) },
    time: readGenerationTime(fields, asn1),
    accuracyMs: isBaseline ? BASELINE_ACCURACY_MS : accuracy,
    ...(nonce === undefined ? {} : { nonce: nonce.valueBlock.valueHexView }),
  };
}

/** The library takes times without a zone as local ones and days that do not exist for others: the text is read here. */
function readGenerationTime(fields: readonly BaseBlock[], asn1: Asn1): Date {
  const time = fields.find((field) => field instanceof asn1.GeneralizedTime);
  const text = Buffer.from(time?.valueBlock.valueHexView ?? []).toString('latin1');
  const [whole, digits, fraction = '0'] = /^(\d{14})(\.\d*[1-9])?Z$/.exec(text) ?? [];
  if (whole === undefined) throw new DerError('has a time that is not in UTC as DER writes it');
  const content = Buffer.from(`${digits ?? ''}Z`);
  const seconds = readTime({ tag: DerTag.generalizedTime, content, raw: content });
  return new Date(seconds.getTime() + Math.floor(Number(fraction) * 1000));
}

/** The library takes numbers of four bytes and more for nothing: they are read here. */
function readAccuracy(fields: readonly BaseBlock[], asn1: Asn1): number {
  const time = fields.findIndex((field) => field instanceof asn1.GeneralizedTime);
  const next = fields[time + 1]?.valueBeforeDecodeView ?? new Uint8Array();
  if (next[0] !== DerTag.sequence) return 0;
  const parts = readChildren(readDer(next), DerTag.sequence);
  const valueOf = (wanted: number): number => {
    const part = parts.find(({ tag }) => tag === wanted);
    return part === undefined ? 0 : readCount({ ...part, tag: DerTag.integer });
  };
  const [seconds, millis, micros] = [DerTag.integer, MILLIS, MICROS].map(valueOf);
  return (seconds ?? 0) * 1000 + (millis ?? 0) + Math.ceil((micros ?? 0) / 1000);
}
