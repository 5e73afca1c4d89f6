import { randomUUID, sign } from 'node:crypto';
import { makeChain } from '../../support/certificates.ts';
import type { TestChain } from '../../support/certificates.ts';
import { startServer } from '../../support/http-server.ts';
import type { SeenRequest, TestServer } from '../../support/http-server.ts';
import { scopesOf } from '../../support/token-registry.ts';

/** Issues the tokens that registries of the distribution project verify by a certificate. */
export interface TokenIssuer {
  readonly service: string;
  readonly issuer: string;
  /** Where tokens are asked for. */
  readonly realm: string;
  /** What a registry must trust. */
  readonly certificatePem: string;
  readonly requests: readonly SeenRequest[];
  readonly close: () => Promise<void>;
}

/** The only one who gets tokens. */
export interface TokenUser {
  readonly username: string;
  readonly password: string;
}

const SERVICE = 'interop-registry';
const ISSUER = 'interop-issuer';
const SCOPE = /^repository:(?<name>[^:]+):(?<actions>.+)$/;

/** Short enough to be renewed by a client that looks ahead, long enough for one that does not. */
const LIFETIME_SECONDS = 60;

/** Starts a token server for one user, who may do everything that is asked for. */
export async function startTokenIssuer(user: TokenUser): Promise<TokenIssuer> {
  const chain = makeChain({ leaf: { selfSigned: true } });
  const authorization = `Basic ${Buffer.from(`${user.username}:${user.password}`).toString('base64')}`;
  const server: TestServer = await startServer((request, response) => {
    if (request.headers.authorization !== authorization) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="issuer"' }).end();
      return;
    }
    const token = tokenFor(chain, user.username, scopesOf(request));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ token, expires_in: LIFETIME_SECONDS }));
  });
  return {
    service: SERVICE,
    issuer: ISSUER,
    realm: `http://${server.host}/token`,
    certificatePem: chain.chainPem,
    requests: server.requests,
    close: server.close,
  };
}

/** A JSON Web Token as registries of the distribution project read it. */
function tokenFor(chain: TestChain, subject: string, scopes: readonly string[]): string {
  const [certificate = new Uint8Array()] = chain.chainDer;
  const now = Math.floor(Date.now() / 1000);
  const header = {
    typ: 'JWT',
    alg: 'ES256',
    x5c: [Buffer.from(certificate).toString('base64')],
  };
  const claims = {
    ...{ iss: ISSUER, sub: subject, aud: SERVICE, jti: randomUUID() },
    ...{ iat: now, nbf: now - 10, exp: now + LIFETIME_SECONDS },
    access: scopes.flatMap(accessOf),
  };
  const signed = [header, claims].map(encoded).join('.');
  const key = { key: chain.leafKey, dsaEncoding: 'ieee-p1363' } as const;
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
}

function accessOf(scope: string): readonly object[] {
  const { name, actions } = SCOPE.exec(scope)?.groups ?? {};
  if (name === undefined || actions === undefined) return [];
  return [{ type: 'repository', name, actions: actions.split(',') }];
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
