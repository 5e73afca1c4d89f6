import type { CredentialContext } from '../../shared/registry/credentials/credential.ts';

/** The context in which a credential source is asked: nothing was given before, and nothing can be posted. */
export function aCredentialContext(changes: Partial<CredentialContext> = {}): CredentialContext {
  return {
    repository: 'app',
    registryUrl: new URL('https://r.io'),
    isRenewal: false,
    now: () => Date.UTC(2026, 10, 22),
    post: () => Promise.reject(new Error('nothing can be posted here')),
    maskSecret: () => undefined,
    ...changes,
  };
}
