import { randomUUID } from 'node:crypto';
import { isAccount } from './basic.ts';
import type { Credentials } from './basic.ts';
import { Refusal, jsonReply } from './reply.ts';
import type { Reply } from './reply.ts';
import { ALL_ACTIONS } from './settings.ts';
import type { Action, AuthSettings } from './settings.ts';

type BearerSettings = Extract<AuthSettings, { readonly kind: 'bearer' }>;

/** What a token allows: actions by repository. */
export type Access = ReadonlyMap<string, ReadonlySet<string>>;

interface Token {
  readonly access: Access;
  readonly expiresAt: number;
}

/** What is asked of the token server; `password` and `refresh` are the OAuth2 grants. */
export interface TokenRequest {
  readonly credentials?: Credentials | undefined;
  readonly refreshToken?: string | undefined;
  readonly scopes: readonly string[];
  /** Whether the caller wants a refresh token as well. */
  readonly offline: boolean;
}

const SCOPE = /^repository:(?<name>.+):(?<actions>[a-z,*]+)$/;

const DEFAULT_LIFETIME_SECONDS = 300;

/** Issues and remembers opaque tokens. */
export class TokenServer {
  readonly #tokens = new Map<string, Token>();
  readonly #refreshTokens = new Set<string>();

  /**
   * Issues a token for what the caller may have of the scopes that were asked for.
   *
   * @throws Refusal 401 for wrong credentials, or none where they are needed
   */
  issue(settings: BearerSettings, request: TokenRequest): Reply {
    const granted = this.#grantOf(settings, request);
    const lifetime = settings.tokenLifetimeSeconds ?? DEFAULT_LIFETIME_SECONDS;
    const token = randomUUID();
    const issuedAt = Date.now();
    this.#tokens.set(token, {
      access: accessOf(request.scopes, granted),
      expiresAt: issuedAt + lifetime * 1000,
    });
    return jsonReply(200, {
      token,
      access_token: token,
      expires_in: lifetime,
      issued_at: new Date(issuedAt).toISOString(),
      ...(request.offline ? { refresh_token: this.#refreshToken() } : {}),
    });
  }

  /** What a token allows; undefined when it is unknown or too old. */
  accessOf(token: string): Access | undefined {
    const found = this.#tokens.get(token);
    return found !== undefined && Date.now() < found.expiresAt ? found.access : undefined;
  }

  /** Makes every token invalid, as a registry does whose key has changed. */
  clear(): void {
    this.#tokens.clear();
    this.#refreshTokens.clear();
  }

  #grantOf(settings: BearerSettings, request: TokenRequest): readonly Action[] {
    const { credentials, refreshToken } = request;
    const own = settings.grant ?? ALL_ACTIONS;
    if (refreshToken !== undefined && this.#refreshTokens.has(refreshToken)) return own;
    if (credentials !== undefined && isAccount(settings, credentials)) return own;
    const isAnonymous = credentials === undefined && refreshToken === undefined;
    if (isAnonymous && settings.anonymousPull === true) return ['pull'];
    throw new Refusal(401, 'UNAUTHORIZED', {
      message: 'authentication required',
      headers: { 'www-authenticate': 'Basic realm="token server"' },
    });
  }

  #refreshToken(): string {
    const token = randomUUID();
    this.#refreshTokens.add(token);
    return token;
  }
}

function accessOf(scopes: readonly string[], granted: readonly string[]): Access {
  const access = new Map<string, ReadonlySet<string>>();
  for (const scope of scopes) {
    const { name, actions } = SCOPE.exec(scope)?.groups ?? {};
    if (name === undefined || actions === undefined) continue;
    const asked = actions === '*' ? granted : actions.split(',');
    const allowed = asked.filter((action) => granted.includes(action));
    access.set(name, new Set([...(access.get(name) ?? []), ...allowed]));
  }
  return access;
}
