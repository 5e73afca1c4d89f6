import type { ServerResponse } from 'node:http';
import type { ManifestDocument } from '../../shared/oci/manifest-document.ts';
import { startServer } from './http-server.ts';
import type { SeenRequest, TestServer } from './http-server.ts';

/** What a token server of a test answers: a status and a document. */
export type TokenAnswer = (
  request: SeenRequest,
  scopes: readonly string[],
) => readonly [number, object];

/** A registry whose tokens are up to a test. */
export interface TokenRegistry extends TestServer {
  readonly tokenRequests: () => readonly SeenRequest[];
}

/** The parameters of a token request, in its query or its form. */
export function parametersOf({ method, url, body }: SeenRequest): URLSearchParams {
  return method === 'POST' ? new URLSearchParams(body) : new URL(url, 'http://r').searchParams;
}

/** The scopes of a token request. */
export function scopesOf(request: SeenRequest): readonly string[] {
  return parametersOf(request)
    .getAll('scope')
    .flatMap((scope) => scope.split(' '));
}

/** What a test decides about a registry. */
export interface TokenRegistryOptions {
  /** In every repository. */
  readonly manifest: ManifestDocument;
  readonly answerToken: TokenAnswer;
  /** Whether a token is good, or the parameters of the challenge when it is not. */
  readonly accepts?: (token: string, request: SeenRequest) => boolean | string;
}

/** Starts a registry that has one manifest and takes whatever is pushed, for those with a token that it accepts. */
export async function startTokenRegistry(options: TokenRegistryOptions): Promise<TokenRegistry> {
  const { manifest, answerToken, accepts = () => true } = options;
  const server = await startServer((request, response) => {
    const path = new URL(request.url, 'http://r').pathname;
    if (path === '/token' || path === '/oauth2/exchange') {
      const [status, document] = answerToken(request, scopesOf(request));
      response.writeHead(status).end(JSON.stringify(document));
      return;
    }
    const token = request.headers.authorization?.replace('Bearer ', '');
    const verdict = token === undefined ? false : accepts(token, request);
    if (verdict === true) serve(manifest, request, response);
    else {
      const parameters = `realm="/token",service="test"${verdict === false ? '' : `,${verdict}`}`;
      response.writeHead(401, { 'www-authenticate': `Bearer ${parameters}` }).end();
    }
  });
  const tokenRequests = (): readonly SeenRequest[] =>
    server.requests.filter(({ url }) => url.startsWith('/token'));
  return { ...server, tokenRequests };
}

function serve(
  { bytes, descriptor }: ManifestDocument,
  { method, url }: SeenRequest,
  response: ServerResponse,
): void {
  if (method === 'POST') response.writeHead(202, { location: '/v2/session' }).end();
  else if (method === 'PUT') response.writeHead(201).end();
  else {
    const headers = {
      'content-type': descriptor.mediaType,
      'docker-content-digest': descriptor.digest,
    };
    response.writeHead(url.includes('/manifests/') ? 200 : 404, headers).end(bytes);
  }
}
