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

/** OAuth 2 wants a name for the client; servers do not look at it. */
const CLIENT_ID = 'container-image-release';

/**
 * The request for a token by GET, with a user name and password when there are.
 *
 * @see https://distribution.github.io/distribution/spec/auth/token/
 */
export function tokenByGet({ url, service, scopes, credential }: TokenRequest): TokenCall {
  const target = new URL(url);
  if (service !== undefined) target.searchParams.set('service', service);
  for (const scope of scopes) target.searchParams.append('scope', scope);
  target.searchParams.set('client_id', CLIENT_ID);
  if (credential?.kind === 'basic') target.searchParams.set('account', credential.username);
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
  return formCall(url, form);
}

/** The request that posts a form. */
export function formCall(url: URL, form: URLSearchParams): TokenCall {
  return {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from(form.toString()),
  };
}

/** The header of a user name and password. */
export function basicHeader(credential: Credential & { readonly kind: 'basic' }): string {
  const pair = `${credential.username}:${credential.password.reveal()}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}
