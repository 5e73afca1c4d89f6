import { once } from 'node:events';
import { request as send } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { startRegistry } from '../registry/registry.ts';
import type { EmbeddedRegistry } from '../registry/registry.ts';
import type { Reply } from './call.ts';
import type { TokenBook } from './tokens.ts';

export interface AcrSwitches {
  /** Audiences whose tokens are exchanged. */
  acceptedAudiences: readonly string[];
  /** Who may log in: client ids of applications and managed identities. */
  members: readonly string[];
  refreshLifetimeMs: number;
  /** A service principal that logs in with its key. */
  principal: { readonly clientId: string; readonly secret: string } | undefined;
}

/** An Azure container registry: the token endpoints in front of an embedded registry. */
export interface TestAcr {
  readonly name: string;
  readonly port: number;
  readonly registry: EmbeddedRegistry;
  readonly switches: AcrSwitches;
  /** Token requests such as `POST /oauth2/exchange`, in order. */
  readonly logins: readonly string[];
  close(): Promise<void>;
}

/** User name of those who log in with a refresh token. */
const TOKEN_USER = '00000000-0000-0000-0000-000000000000';

/** What the registry gives to others lives this long. */
const ACCESS_LIFETIME_MS = 75 * 60_000;

/** Starts a registry by its login server, e.g. `example.azurecr.io`. */
export async function startAcr(
  name: string,
  tokens: TokenBook,
  tls: ServerOptions,
): Promise<TestAcr> {
  const registry = await startRegistry();
  const switches: AcrSwitches = {
    acceptedAudiences: ['https://management.azure.com', 'https://containerregistry.azure.net'],
    members: [],
    refreshLifetimeMs: 3 * 3_600_000,
    principal: undefined,
  };
  const logins: string[] = [];
  const oauth = new TokenEndpoints(name, tokens, switches);
  const server = createServer(tls, (request, response) => {
    const path = new URL(request.url ?? '', `https://${name}`).pathname;
    if (!path.startsWith('/oauth2/')) {
      passOn(request, response, { name, tokens, port: Number(registry.host.split(':')[1]) });
      return;
    }
    logins.push(`${request.method ?? ''} ${path}`);
    void bodyOf(request).then((body) => {
      const { status, body: answer } = oauth.answer(request, body);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    ...{ name, port, registry, switches, logins },
    async close() {
      const done = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await done;
      await registry.close();
    },
  };
}

/** `/oauth2/exchange` and `/oauth2/token`. */
class TokenEndpoints {
  readonly #name: string;
  readonly #tokens: TokenBook;
  readonly #switches: AcrSwitches;

  constructor(name: string, tokens: TokenBook, switches: AcrSwitches) {
    this.#name = name;
    this.#tokens = tokens;
    this.#switches = switches;
  }

  answer(request: IncomingMessage, body: string): Reply {
    const { pathname, searchParams } = new URL(request.url ?? '', `https://${this.#name}`);
    switch (`${request.method} ${pathname}`) {
      case 'POST /oauth2/exchange':
        return this.#exchange(new URLSearchParams(body));
      case 'POST /oauth2/token':
        return this.#accessByForm(new URLSearchParams(body));
      case 'GET /oauth2/token':
        return this.#isLogin(basicOf(request))
          ? this.#access(searchParams.getAll('scope'))
          : oauthRefusal(401, 'UNAUTHORIZED', 'wrong login');
      default:
        return oauthRefusal(404, 'NOT_FOUND', pathname);
    }
  }

  #exchange(form: URLSearchParams): Reply {
    if (form.get('grant_type') !== 'access_token' || form.get('service') !== this.#name) {
      return oauthRefusal(400, 'UNSUPPORTED', 'wrong grant or service');
    }
    const { acceptedAudiences, members, refreshLifetimeMs } = this.#switches;
    const claims = this.#tokens.read(form.get('access_token') ?? undefined);
    if (claims === undefined || !acceptedAudiences.includes(claims.audience)) {
      return oauthRefusal(401, 'UNAUTHORIZED', 'the token has another audience');
    }
    if (!members.includes(claims.subject)) {
      return oauthRefusal(403, 'DENIED', 'the identity has no role here');
    }
    const refresh = { audience: this.#name, subject: 'refresh' };
    return {
      status: 200,
      body: { refresh_token: this.#tokens.issue(refresh, refreshLifetimeMs) },
    };
  }

  #accessByForm(form: URLSearchParams): Reply {
    const isRight =
      form.get('grant_type') === 'refresh_token' &&
      form.get('service') === this.#name &&
      this.#isRefreshToken(form.get('refresh_token') ?? '');
    if (!isRight) return oauthRefusal(401, 'UNAUTHORIZED', 'wrong refresh token');
    return this.#access(form.getAll('scope'));
  }

  #access(scopes: readonly string[]): Reply {
    const claims = { audience: this.#name, subject: `access ${scopes.join(' ')}` };
    return { status: 200, body: { access_token: this.#tokens.issue(claims, ACCESS_LIFETIME_MS) } };
  }

  #isLogin([user = '', password = '']: readonly string[]): boolean {
    const { clientId, secret } = this.#switches.principal ?? {};
    return user === TOKEN_USER
      ? this.#isRefreshToken(password)
      : user === clientId && password === secret;
  }

  #isRefreshToken(token: string): boolean {
    const claims = this.#tokens.read(token);
    return claims?.audience === this.#name && claims.subject === 'refresh';
  }
}

function basicOf({ headers }: IncomingMessage): readonly string[] {
  const encoded = /^Basic (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
  const text = Buffer.from(encoded, 'base64').toString();
  const colon = text.indexOf(':');
  return [text.slice(0, colon), text.slice(colon + 1)];
}

function oauthRefusal(status: number, code: string, message: string): Reply {
  return { status, body: { errors: [{ code, message }] } };
}

interface Front {
  readonly name: string;
  readonly tokens: TokenBook;
  readonly port: number;
}

/** Hands a request with a token of this registry to the embedded one. */
function passOn(
  request: IncomingMessage,
  response: ServerResponse,
  { name, tokens, port }: Front,
): void {
  const claims = tokens.readBearer(request.headers.authorization);
  if (claims?.audience !== name || !claims.subject.startsWith('access ')) {
    const challenge = `Bearer realm="https://${name}/oauth2/token",service="${name}"`;
    response.writeHead(401, { 'www-authenticate': challenge }).end();
    request.resume();
    return;
  }
  const headers = { ...request.headers };
  delete headers.authorization;
  const upstream = send(
    { port, host: '127.0.0.1', path: request.url, method: request.method, headers },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  upstream.on('error', () => response.destroy());
  request.pipe(upstream);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
