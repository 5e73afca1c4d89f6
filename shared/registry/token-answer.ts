import { TaskError } from '../core/errors.ts';
import { isJsonObject, parseJson } from '../core/json.ts';
import type { JsonObject, JsonValue } from '../core/json.ts';

/** A token that a token server gave. */
export interface AccessToken {
  readonly value: string;
  /** How long it lives from its beginning, which may have been before we got it. */
  readonly lifetimeMs: number;
  readonly expiresAtMs: number;
}

/** What the docker specification says when a server says nothing, and the least we believe. */
const MIN_LIFETIME_S = 60;

/** A token that claims to live longer is asked for anew. */
const MAX_LIFETIME_S = 24 * 60 * 60;

/**
 * The token in a token server's answer, with the time it ends: `issued_at` and `expires_in`, else `exp` of the token
 * itself. Where the clocks of the two machines disagree, it begins to live now.
 *
 * @throws TaskError `REGISTRY_RESPONSE_INVALID` when there is no token
 * @see https://distribution.github.io/distribution/spec/auth/token/#token-response-fields
 */
export function parseToken(body: Uint8Array, host: string, nowMs: number): AccessToken {
  const json = parseJson(body, '');
  const answer: JsonObject = json.ok && isJsonObject(json.value) ? json.value : {};
  const value = [answer['token'], answer['access_token']].find(isText);
  if (value === undefined) {
    throw new TaskError('REGISTRY_RESPONSE_INVALID', `The token server ${host} gave no token.`, {
      hint: 'Check that the registry host is the right one.',
    });
  }
  const stated = secondsIn(answer['expires_in']);
  return stated === undefined
    ? { value, ...spanOfJwt(value, nowMs) }
    : { value, ...span(timeIn(answer['issued_at']) ?? nowMs, stated, nowMs) };
}

/**
 * When a JSON Web Token ends by its own `exp`, in milliseconds; absent for other tokens. A hint only: the signature
 * is not checked, and the token is not ours to judge.
 */
export function endOfJwt(token: string): number | undefined {
  const end = secondsIn(claimsOf(token)['exp']);
  return end === undefined ? undefined : end * 1000;
}

type Span = Omit<AccessToken, 'value'>;

function spanOfJwt(token: string, nowMs: number): Span {
  const claims = claimsOf(token);
  const end = secondsIn(claims['exp']);
  if (end === undefined) return span(nowMs, MIN_LIFETIME_S, nowMs);
  const begin = secondsIn(claims['iat']) ?? nowMs / 1000;
  return span(begin * 1000, end - begin, nowMs);
}

/** A span that lies in the future or has passed tells of two clocks, not of the token. */
function span(issuedAtMs: number, seconds: number, nowMs: number): Span {
  const lifetimeMs = Math.min(MAX_LIFETIME_S, Math.max(MIN_LIFETIME_S, seconds)) * 1000;
  const isPlausible = issuedAtMs <= nowMs && issuedAtMs + lifetimeMs > nowMs;
  return { lifetimeMs, expiresAtMs: (isPlausible ? issuedAtMs : nowMs) + lifetimeMs };
}

function claimsOf(token: string): JsonObject {
  const json = parseJson(Buffer.from(token.split('.')[1] ?? '', 'base64url'), '');
  return json.ok && isJsonObject(json.value) ? json.value : {};
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function secondsIn(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function timeIn(value: JsonValue | undefined): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}
