import { basicCredentials, isAccount } from './basic.ts';
import { Refusal } from './reply.ts';
import type { Reply } from './reply.ts';
import type { Route } from './routes.ts';
import type { Action, AuthSettings } from './settings.ts';
import type { TokenServer } from './tokens.ts';

/** What a caller may do. */
export type Permission = (action: Action, repository: string) => boolean;

/** What the decision about a caller needs. */
export interface Gate {
  readonly settings: AuthSettings;
  readonly tokens: TokenServer;
  /** Scheme and host of the registry, where its token server is too. */
  readonly origin: string;
}

/** Path of the token server. */
export const TOKEN_PATH = '/token';

/**
 * Lets a caller pass to a route.
 *
 * @throws Refusal 401 with a challenge, or 403 for a known caller who may not do it
 */
export function admit(gate: Gate, route: Route, authorization: string | undefined): Permission {
  switch (gate.settings.kind) {
    case 'none':
      return () => true;
    case 'basic':
      return admitBasic(gate.settings, route, authorization);
    case 'bearer':
      return admitBearer(gate, route, authorization);
  }
}

/**
 * Answers the token server's GET (Basic credentials, scopes in the query) and POST (OAuth2 form).
 *
 * @throws Refusal 401, or 404 when the registry has no token server
 * @see https://distribution.github.io/distribution/spec/auth/token/
 * @see https://distribution.github.io/distribution/spec/auth/oauth/
 */
export function issueToken(
  { settings, tokens }: Gate,
  parameters: URLSearchParams,
  authorization: string | undefined,
): Reply {
  if (settings.kind !== 'bearer') throw new Refusal(404, 'UNSUPPORTED');
  const username = parameters.get('username');
  const password = parameters.get('password');
  return tokens.issue(settings, {
    credentials:
      username === null || password === null
        ? basicCredentials(authorization)
        : { username, password },
    refreshToken: parameters.get('refresh_token') ?? undefined,
    scopes: parameters.getAll('scope').flatMap((scope) => scope.split(' ')),
    offline:
      parameters.get('offline_token') === 'true' || parameters.get('access_type') === 'offline',
  });
}

function admitBasic(
  settings: Extract<AuthSettings, { readonly kind: 'basic' }>,
  route: Route,
  authorization: string | undefined,
): Permission {
  const credentials = basicCredentials(authorization);
  if (credentials === undefined || !isAccount(settings, credentials)) {
    throw unauthorized('Basic realm="registry"');
  }
  const may = (action: Action): boolean => settings.grant?.includes(action) ?? true;
  if (route.needs?.every(may) === false) throw new Refusal(403, 'DENIED');
  return may;
}

function admitBearer(gate: Gate, route: Route, authorization: string | undefined): Permission {
  const [scheme, token] = authorization?.split(' ') ?? [];
  const isBearer = scheme?.toLowerCase() === 'bearer' && token !== undefined;
  const access = isBearer ? gate.tokens.accessOf(token) : undefined;
  if (access === undefined) {
    throw unauthorized(challenge(gate, route, isBearer ? 'invalid_token' : undefined));
  }
  const may: Permission = (action, repository) => access.get(repository)?.has(action) ?? false;
  if (route.needs?.every((action) => may(action, route.name)) === false) {
    throw unauthorized(challenge(gate, route, 'insufficient_scope'));
  }
  return may;
}

function challenge(gate: Gate, route: Route, error: string | undefined): string {
  const { needs, name } = route;
  const parameters = [
    ['realm', `${gate.origin}${TOKEN_PATH}`],
    ['service', new URL(gate.origin).host],
    ...(needs === undefined ? [] : [['scope', `repository:${name}:${needs.join(',')}`]]),
    ...(error === undefined ? [] : [['error', error]]),
  ];
  return `Bearer ${parameters.map(([key, value]) => `${key}="${value}"`).join(',')}`;
}

function unauthorized(header: string): Refusal {
  return new Refusal(401, 'UNAUTHORIZED', {
    message: 'authentication required',
    headers: { 'www-authenticate': header },
  });
}
