import type { Secret } from '../../core/secret.ts';

/** What proves to a registry who we are. */
export type Credential =
  | { readonly kind: 'basic'; readonly username: string; readonly password: Secret }
  /** Exchanged for access tokens at the registry's token server (OAuth 2). */
  | { readonly kind: 'identity-token'; readonly token: Secret }
  /** Sent as it is. */
  | { readonly kind: 'registry-token'; readonly token: Secret };

/**
 * Finds the credential for a registry host such as `example.azurecr.io`; `undefined` means anonymous.
 *
 * @throws TaskError `CREDENTIALS_INVALID` when there is one that cannot be read
 */
export type CredentialSource = (
  registry: string,
  signal: AbortSignal,
) => Promise<Credential | undefined>;

/** A source that asks others in turn; the first that knows the registry decides. */
export function firstCredential(sources: readonly CredentialSource[]): CredentialSource {
  return async (registry, signal) => {
    for (const source of sources) {
      const credential = await source(registry, signal);
      if (credential !== undefined) return credential;
    }
    return undefined;
  };
}
