import { createHash } from 'node:crypto';
import { problem } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import type { Certificate } from './certificate.ts';
import type { EnvelopeParts } from './envelope-parts.ts';
import type { RevocationStatuses } from './revocation-status.ts';
import { checkTimestamp } from './timestamp-check.ts';
import type { Stamp } from './timestamp-check.ts';
import type { TimestampToken } from './timestamp-token.ts';

/**
 * What verifications need besides signatures and trust: timestamp tokens, which large libraries read, and what
 * authorities say about certificates. What is not there counts against a signature.
 */
export interface Evidence {
  /** By `tokenKey`. */
  readonly timestamps: ReadonlyMap<string, Parsed<TimestampToken>>;
  readonly revocation: RevocationStatuses;
}

/** Enough for signatures that need neither a timestamp nor a word about revocation. */
export const NO_EVIDENCE: Evidence = { timestamps: new Map(), revocation: new Map() };

/** What the bytes of a token are known by. */
export function tokenKey(token: Uint8Array): string {
  return createHash('sha256').update(token).digest('hex');
}

/** The timestamp of an envelope, when it holds under trusted roots. */
export function stampOf(
  { timestamp, signature }: Pick<EnvelopeParts, 'timestamp' | 'signature'>,
  roots: readonly Certificate[],
  { timestamps }: Pick<Evidence, 'timestamps'>,
): Parsed<Stamp> {
  if (timestamp === undefined) return problem('timestamp', 'is not there');
  const token = timestamps.get(tokenKey(timestamp));
  if (token === undefined) return problem('timestamp', 'was not read');
  return token.ok ? checkTimestamp(token.value, { signature, roots }) : token;
}
