import { randomBytes } from 'node:crypto';
import { TaskError } from '../core/errors.ts';
import { renderProblems } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import { redactUrl } from '../core/text.ts';
import { loadAsn1 } from '../notary/asn1.ts';
import type { Certificate } from '../notary/certificate.ts';
import { findValidityProblems } from '../notary/certificate-chain.ts';
import { findRevocationFault } from '../notary/revocation-status.ts';
import { checkTimestamp } from '../notary/timestamp-check.ts';
import { buildTimestampRequest, parseTimestampAnswer } from '../notary/timestamp-request.ts';
import type { TimestampQuestion } from '../notary/timestamp-request.ts';
import type { HttpClient } from '../ports/http.ts';
import type { SignatureToStamp, TimestampProof, Timestamper } from '../ports/timestamper.ts';
import type { RevocationReader } from './revocation.ts';
import { callService } from './service-call.ts';

/** Whom to ask for time stamps, and whom to trust. */
export interface TimestamperOptions {
  readonly http: HttpClient;
  /** Authorities in the order in which they are asked. */
  readonly urls: readonly URL[];
  /** Whom their certificates must lead to. */
  readonly roots: readonly Certificate[];
  readonly revocation: RevocationReader;
}

/** Tokens have five to eight kilobytes; the bound is that of the reference implementation. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** For one authority; whoever does not answer by then is not waited for, the next one is asked. */
const TIMEOUT_MS = 15_000;

/** 160 bits, the first two fixed so that the number is positive and of one length: 2^158 values do not meet by chance. */
const NONCE_BYTES = 20;

/** Public authorities limit how much they are asked at once. */
const STAMPS_AT_ONCE = 4;

/**
 * A timestamper that asks one authority after the other. One that failed is asked last from then on, so that it does not
 * hold up every signature of the run.
 */
export function createTimestamper(options: TimestamperOptions): Timestamper {
  const failed = new Set<URL>();
  const slots = createSlots(STAMPS_AT_ONCE);
  const stamp = async (request: SignatureToStamp, signal: AbortSignal): Promise<TimestampProof> => {
    const reasons: string[] = [];
    const order = [...options.urls].sort((a, b) => Number(failed.has(a)) - Number(failed.has(b)));
    for (const url of order) {
      const answer = await askAuthority(url, request, { options, signal });
      if (answer.ok) return answer;
      failed.add(url);
      reasons.push(`${redactUrl(url.href)} ${answer.reason}`);
    }
    throw new TaskError(
      'TIMESTAMP_FAILED',
      `No time stamping authority gave a timestamp:\n${reasons.map((it) => `  ${it}`).join('\n')}`,
      { hint: 'Check timestampUrl and timestampRootCertificate, or name further authorities.' },
    );
  };
  return { stamp: async (request, signal) => slots(async () => stamp(request, signal)) };
}

type StampAnswer =
  (TimestampProof & { readonly ok: true }) | { readonly ok: false; readonly reason: string };

interface Asking {
  readonly options: TimestamperOptions;
  readonly signal: AbortSignal;
}

async function askAuthority(
  url: URL,
  { signature, chain }: SignatureToStamp,
  { options, signal }: Asking,
): Promise<StampAnswer> {
  const asn1 = await loadAsn1();
  const { hash } = chain.algorithm;
  const question: TimestampQuestion = { signature, hash, nonce: makeNonce() };
  const answer = await callService(
    options.http,
    {
      call: {
        method: 'POST',
        url,
        headers: { 'content-type': 'application/timestamp-query' },
        body: buildTimestampRequest(asn1, question),
        maxBytes: MAX_ANSWER_BYTES,
      },
      timeoutMs: TIMEOUT_MS,
      mediaType: 'application/timestamp-reply',
    },
    signal,
  );
  if (!answer.ok) return answer;
  const received = parseTimestampAnswer(asn1, answer.bytes, question);
  if (!received.ok) return broken(received);
  const stamp = checkTimestamp(received.value.token, { signature, roots: options.roots });
  if (!stamp.ok) return broken(stamp);
  const { from, until, chain: authority } = stamp.value;
  const statuses = await options.revocation.read(authority, signal);
  const revoked = findRevocationFault(authority, statuses);
  if (revoked !== undefined)
    return { ok: false, reason: `stamps with a certificate that may not: ${revoked}` };
  const [outside] = [from, until].flatMap((at) => findValidityProblems(chain.certificates, at));
  if (outside !== undefined) {
    return { ok: false, reason: `says it is ${from.toISOString()}: ${outside.message}` };
  }
  return { ok: true, token: received.value.bytes, time: stamp.value.time };
}

function broken(result: Parsed<unknown> & { readonly ok: false }): StampAnswer {
  return { ok: false, reason: `gave no timestamp that holds:\n${renderProblems(result.problems)}` };
}

/** A positive number in the shortest form of DER: its first byte is from 1 to 127. */
function makeNonce(): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  nonce[0] = ((nonce[0] ?? 0) & 0x3f) | 0x40;
  return nonce;
}

/** Runs calls with at most so many at once, in the order in which they come. */
function createSlots(limit: number): <T>(call: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (call) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await call();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
