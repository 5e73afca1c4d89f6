import { createHash } from 'node:crypto';
import { parsed, problem } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import { neutralise } from '../core/text.ts';
import { parseStructure, readBer } from './asn1.ts';
import type { Asn1 } from './asn1.ts';
import { sameBytes } from './certificate.ts';
import { oidOfHash } from './x509-algorithms.ts';
import type { HashName } from './x509-algorithms.ts';
import { parseTimestampToken } from './timestamp-token.ts';
import type { TimestampToken } from './timestamp-token.ts';

/** What is asked of a time stamping authority. */
export interface TimestampQuestion {
  /** The bytes of the signature. */
  readonly signature: Uint8Array;
  /** The hash that the signature itself was made with. */
  readonly hash: HashName;
  /** A random positive number, big-endian; its first byte is between 1 and 127. */
  readonly nonce: Uint8Array;
}

/** A token as it came, and what is in it. */
export interface ReceivedToken {
  readonly bytes: Uint8Array;
  readonly token: TimestampToken;
}

/** The answers that come with a token: granted, and granted with changes. */
const LAST_GRANTED = 1;

/**
 * A request for a timestamp in DER, which asks for the certificate of the authority as well.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3161#section-2.4.1
 */
export function buildTimestampRequest(
  asn1: Asn1,
  { signature, hash, nonce }: TimestampQuestion,
): Uint8Array {
  const request = new asn1.TimeStampReq({
    version: 1,
    messageImprint: new asn1.MessageImprint({
      hashAlgorithm: new asn1.AlgorithmIdentifier({
        algorithmId: oidOfHash(hash),
        algorithmParams: new asn1.Null(),
      }),
      hashedMessage: new asn1.OctetString({
        valueHex: createHash(hash).update(signature).digest(),
      }),
    }),
    nonce: new asn1.Integer({ valueHex: nonce }),
    certReq: true,
  });
  return new Uint8Array(request.toSchema().toBER());
}

/** The token of an answer, when the answer is to this question; the token itself is not verified yet. */
export function parseTimestampAnswer(
  asn1: Asn1,
  answer: Uint8Array,
  { hash, nonce }: TimestampQuestion,
): Parsed<ReceivedToken> {
  const bytes = parseStructure('timestamp', 'an answer to a timestamp request', () =>
    readAnswer(asn1, answer),
  );
  if (!bytes.ok) return bytes;
  if (typeof bytes.value === 'string') return problem('timestamp', bytes.value);
  const token = parseTimestampToken(asn1, bytes.value);
  if (!token.ok) return token;
  if (token.value.imprint.hash !== hash) return problem('timestamp', 'is of another hash');
  const echoed = token.value.nonce;
  if (echoed === undefined || !sameBytes(echoed, nonce)) {
    return problem('timestamp', 'is an answer to another request');
  }
  return parsed({ bytes: bytes.value, token: token.value });
}

/** The bytes of the token, or why there is none. */
function readAnswer(asn1: Asn1, answer: Uint8Array): Uint8Array | string {
  const element = readBer(asn1, answer);
  const parts = element instanceof asn1.Constructed ? element.valueBlock.value : [];
  const token = parts[1]?.valueBeforeDecodeView;
  const { status } = new asn1.TimeStampResp({ schema: element });
  const code: number = status.status;
  if (code > LAST_GRANTED) {
    const texts = (status.statusStrings ?? []).map((text) => text.getValue()).join('; ');
    return `was refused with status ${code} ${neutralise(texts)}`.trimEnd();
  }
  return token ?? 'was granted, but is not there';
}
