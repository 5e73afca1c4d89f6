import type { Service } from './call.ts';
import type { TokenBook } from './tokens.ts';

/** The identity endpoint of a virtual machine in Azure; the empty client id is the identity of the machine itself. */
export function machineIdentity(tokens: TokenBook, clientIds: readonly string[]): Service {
  return ({ method, path, query, header }) => {
    // The override of the address leaves a slash at the end.
    if (!/^\/metadata\/identity\/oauth2\/token\/?$/.test(path)) return undefined;
    const isProper =
      method === 'GET' &&
      header('metadata') === 'true' &&
      query.get('api-version') === '2018-02-01' &&
      header('x-forwarded-for') === undefined;
    const audience = query.get('resource') ?? '';
    if (!isProper || audience === '') return { status: 400, body: { error: 'invalid_request' } };
    const subject = query.get('client_id') ?? '';
    if (!clientIds.includes(subject)) {
      const body = { error: 'invalid_request', error_description: 'Identity not found' };
      return { status: 400, body };
    }
    const lifetime = 3600;
    const expires_on = String(Math.floor(Date.now() / 1000) + lifetime);
    const access_token = tokens.issue({ audience, subject }, lifetime * 1000);
    const token = { access_token, expires_on, resource: audience, token_type: 'Bearer' };
    return { status: 200, body: { ...token, client_id: subject, expires_in: String(lifetime) } };
  };
}
