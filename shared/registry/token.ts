import { TaskError } from '../core/errors.ts';
import { isJsonObject, parseJson } from '../core/json.ts';
import type { JsonObject } from '../core/json.ts';
import type { Credential } from './credentials/credential.ts';

/** What a token server is asked for. */
export interface TokenRequest {
  /** The checked realm. */
  readonly url: URL;
  readonly service: string | undefined;
  /** E.g. `repository:app:pull,push`; the one that is written to stands first. */
  readonly scopes: readonly string[];
  readonly credential: Credential | undefined;
}

/** An HTTP request for a token. */
export interface TokenCall {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export interface AccessToken {
  readonly value: string;
  readonly expiresAtMs: number;
}

/** OAuth 2 wants a name for the client; servers do not look at it. */
const CLIENT_ID = 'container-image-release';

/** What the docker specification says when a server says nothing, and the least we believe. */
const MIN_LIFETIME_S = 60;

/** A token that claims to live longer is asked for anew. */
const MAX_LIFETIME_S = 24 * 60 * 60;

/**
 * The request for a token by GET, with a user name and password when there are.
 *
 * @see https://distribution.github.io/distribution/spec/auth/token/
 */
export function tokenByGet({ url, service, scopes, credential }: TokenRequest): TokenCall {
  const target = new URL(url);
  if (service !== undefined) target.searchParams.set('service', service);
  for (const scope of scopes) target.searchParams.append('scope', scope);
  const headers =
    credential?.kind === 'basic' ? { authorization: basicHeader(credential) } : undefined;
  return { method: 'GET', url: target, headers: headers ?? {} };
}

/**
 * The request for a token by POST, with an identity token or with user name and password.
 *
 * @see https://distribution.github.io/distribution/spec/auth/oauth/
 */
export function tokenByPost({ url, service, scopes, credential }: TokenRequest): TokenCall {
  const form = new URLSearchParams({ client_id: CLIENT_ID, scope: scopes.join(' ') });
  if (service !== undefined) form.set('service', service);
  if (credential?.kind === 'basic') {
    form.set('grant_type', 'password');
    form.set('username', credential.username);
    form.set('password', credential.password.reveal());
  } else {
    form.set('grant_type', 'refresh_token');
    form.set('refresh_token', credential?.token.reveal() ?? '');
  }
  return {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from(form.toString()),
  };
}

/**
 * The token in a token server's answer, with the time it ends: `expires_in`, else `exp` of the token itself.
 *
 * @throws TaskError `REGISTRY_RESPONSE_INVALID` when there is no token
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
  const stated = answer['expires_in'];
  const lifetime = typeof stated === 'number' ? stated : lifetimeOfJwt(value, nowMs);
  const seconds = Math.min(MAX_LIFETIME_S, Math.max(MIN_LIFETIME_S, lifetime));
  return { value, expiresAtMs: nowMs + seconds * 1000 };
}

/** The header of a user name and password. */
export function basicHeader(credential: Credential & { readonly kind: 'basic' }): string {
  const pair = `${credential.username}:${credential.password.reveal()}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** A hint only: the signature is not checked, and the token is not ours to judge. */
function lifetimeOfJwt(token: string, nowMs: number): number {
  const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url');
  const json = parseJson(payload, '');
  const end = json.ok && isJsonObject(json.value) ? json.value['exp'] : undefined;
  return typeof end === 'number' ? end - nowMs / 1000 : MIN_LIFETIME_S;
}
