import { isDefinite } from './errors.ts';

/** What went wrong, as far as the decision needs it. */
export interface Failure {
  readonly status?: number;
  readonly networkCode?: string;
  readonly registryCodes: readonly string[];
  readonly retryAfterMs?: number;
  /** Whether another server than the registry said so. */
  readonly isElsewhere?: boolean;
  /** Whether a token was refused that had been good, or that another request has replaced since. */
  readonly tokenHasEnded?: boolean;
}

/** What happened before this failure. */
export interface RetryHistory {
  /** How many attempts have failed, this one included. */
  readonly failures: number;
  /** How many of them failed in the same way as this one, as `failureKind` tells them apart. */
  readonly ofThisKind: number;
  /** Since the first failure, without the time that requests waited for their turn. */
  readonly elapsedMs: number;
  /** The back-off before this attempt, 0 at first; what the registry asked for does not make it grow. */
  readonly lastBackoffMs: number;
}

/** What to do about a failure: try again after a while, or let it stand. `backoffMs` is what the next one grows from. */
export type RetryDecision =
  | { readonly kind: 'retry'; readonly waitMs: number; readonly backoffMs: number }
  | { readonly kind: 'give-up' };

/** With waits that grow to 30 s these are about two minutes of trouble. */
const MAX_RETRIES = 7;

/** A name that does not resolve and a port that nobody listens on are mostly typing errors, until they answer once. */
const FEW_RETRIES: ReadonlyMap<string, number> = new Map([
  ['ENOTFOUND', 1],
  ['ECONNREFUSED', 2],
]);

/** An operation that has been in trouble for this long has failed. */
const BUDGET_MS = 10 * 60_000;

/** A registry that asks for more is looked at again after this: it may be back sooner. */
export const MAX_RETRY_AFTER_MS = 120_000;

/** An address of a storage server holds for minutes only; asked again, the registry gives a new one. */
const EXPIRED_ADDRESS_RETRIES = 2;

/** Failures that deserve few attempts; what happened besides must not use these up. */
const KINDS_OF_FEW: ReadonlySet<string> = new Set([...FEW_RETRIES.keys(), '401', '403']);

const BASE_WAIT_MS = 250;
const MAX_WAIT_MS = 30_000;

const RETRYABLE_STATUSES: ReadonlySet<number> = new Set([
  408, 425, 429, 499, 500, 502, 503, 504, 520, 521, 522, 523, 524,
]);

const RETRYABLE_NETWORK_CODES: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_SOCKET',
]);

/** A session that the registry lost or whose content it already committed; a new session works. */
const LOST_SESSION_CODES: ReadonlySet<string> = new Set([
  'BLOB_UNKNOWN',
  'BLOB_UPLOAD_INVALID',
  'BLOB_UPLOAD_UNKNOWN',
]);

/** Whether and when to try again. `random` is at least 0 and below 1; `retries` is how often this failure deserves it. */
export function decideRetry(
  { retryAfterMs, retries }: { readonly retryAfterMs?: number; readonly retries: number },
  { failures, ofThisKind, elapsedMs, lastBackoffMs }: RetryHistory,
  random: number,
): RetryDecision {
  if (ofThisKind > retries || failures > MAX_RETRIES) return { kind: 'give-up' };
  const backoffMs = jittered(lastBackoffMs, random);
  // A registry that asks for nothing, or whose clock is behind, must not be asked again at once.
  const wantedMs = Math.max(retryAfterMs ?? 0, backoffMs);
  if (elapsedMs + wantedMs > BUDGET_MS) return { kind: 'give-up' };
  return { kind: 'retry', waitMs: Math.min(wantedMs, MAX_RETRY_AFTER_MS), backoffMs };
}

/** Which failures are counted together, e.g. `ENOTFOUND` or `401`; `other` for all that deserve many attempts. */
export function failureKind({ status, networkCode }: Failure): string {
  const kind = networkCode ?? String(status);
  return KINDS_OF_FEW.has(kind) ? kind : 'other';
}

/** How often one request may be repeated after this failure; `isKnown` when the host has answered in this run. */
export function requestRetries(failure: Failure, isKnown = false): number {
  const { status, networkCode, registryCodes, isElsewhere = false } = failure;
  if (networkCode !== undefined) return networkRetries(networkCode, isKnown);
  if (status === 403 && isElsewhere) return EXPIRED_ADDRESS_RETRIES;
  if (status === undefined || !RETRYABLE_STATUSES.has(status)) return 0;
  return status >= 500 && isDefinite(registryCodes) ? 0 : MAX_RETRIES;
}

function networkRetries(networkCode: string, isKnown: boolean): number {
  if (!RETRYABLE_NETWORK_CODES.has(networkCode)) return 0;
  return isKnown ? MAX_RETRIES : (FEW_RETRIES.get(networkCode) ?? MAX_RETRIES);
}

/**
 * How often the upload of a blob may begin again after this failure, in a new session.
 *
 * A token may run out in the middle of a body (401; once where it was never good), and a session may get lost between
 * two machines.
 */
export function uploadRetries(failure: Failure): number {
  const { status, registryCodes, tokenHasEnded = false } = failure;
  if (status === 401) return tokenHasEnded ? MAX_RETRIES : 1;
  const isLost = registryCodes.some((code) => LOST_SESSION_CODES.has(code));
  if (isLost && (status === 404 || status === 416)) return MAX_RETRIES;
  return requestRetries(failure);
}

/**
 * The wait that a `Retry-After` header asks for, in seconds or as a date; absent when it says nothing useful.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
 */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\s*\d{1,10}\s*$/.test(header)) return Number(header) * 1000;
  if (!/^[A-Za-z]{3,9},/.test(header.trim())) return undefined;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}

/** Decorrelated jitter: grows on average, and clients that failed together do not come back together. */
function jittered(lastMs: number, random: number): number {
  const top = Math.max(BASE_WAIT_MS, lastMs) * 3;
  return Math.min(MAX_WAIT_MS, Math.round(BASE_WAIT_MS + random * (top - BASE_WAIT_MS)));
}
