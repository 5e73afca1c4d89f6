import type { Secret } from '../../core/secret.ts';

/** What proves to a registry who we are. */
export type Credential =
  | { readonly kind: 'basic'; readonly username: string; readonly password: Secret }
  /** Exchanged for access tokens at the registry's token server (OAuth 2). */
  | { readonly kind: 'identity-token'; readonly token: Secret }
  /** Sent as it is. */
  | { readonly kind: 'registry-token'; readonly token: Secret };

/** What a source may need to find a credential. */
export interface CredentialContext {
  /** The repository that is about to be used, e.g. `team/app`. */
  readonly repository: string;
  /** Scheme and host of the registry. */
  readonly registryUrl: URL;
  /** The registry has refused what this source gave before: what is held must be made anew. */
  readonly isRenewal: boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Posts a form to the registry, with retries, and gives the answer's body. */
  readonly post: (path: string, form: URLSearchParams, signal: AbortSignal) => Promise<Uint8Array>;
  /** To be called with every secret that is sent before it becomes the credential. */
  readonly maskSecret: (secret: string) => void;
}

/**
 * Finds the credential for a registry host such as `example.azurecr.io`; `undefined` means anonymous. It is asked
 * often, so it holds what is expensive to find.
 *
 * @throws TaskError `CREDENTIALS_INVALID` when there is one that cannot be read
 */
export type CredentialSource = (
  registry: string,
  context: CredentialContext,
  signal: AbortSignal,
) => Promise<Credential | undefined>;

/** A source that asks others in turn; the first that knows the registry decides. */
export function firstCredential(sources: readonly CredentialSource[]): CredentialSource {
  return async (registry, context, signal) => {
    for (const source of sources) {
      const credential = await source(registry, context, signal);
      if (credential !== undefined) return credential;
    }
    return undefined;
  };
}

/** Whether two credentials are the same; absent ones are. */
export function isSameCredential(a: Credential | undefined, b: Credential | undefined): boolean {
  return textOf(a) === textOf(b);
}

function textOf(credential: Credential | undefined): string {
  if (credential === undefined) return '';
  if (credential.kind !== 'basic')
    return JSON.stringify([credential.kind, credential.token.reveal()]);
  return JSON.stringify(['basic', credential.username, credential.password.reveal()]);
}
