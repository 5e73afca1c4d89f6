import type { TokenCredential } from '@azure/identity';
import type { TokenSource } from '../ports/azure.ts';

/** Lets a client of the Azure SDK use our tokens, which are held, renewed and masked in one place. */
export function sdkCredential(source: TokenSource): TokenCredential {
  return {
    async getToken(scopes, options) {
      const scope = typeof scopes === 'string' ? scopes : scopes.join(' ');
      const given = options?.abortSignal;
      const signal = given instanceof AbortSignal ? given : new AbortController().signal;
      const { token, expiresOn } = await source.token(scope, signal);
      return { token: token.reveal(), expiresOnTimestamp: expiresOn.getTime() };
    },
  };
}
