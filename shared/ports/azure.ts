import type { Secret } from '../core/secret.ts';

/** An access token of Microsoft Entra ID. */
export interface AccessToken {
  readonly token: Secret;
  readonly expiresOn: Date;
}

/** Gives access tokens for the identity of one service connection. */
export interface TokenSource {
  /**
   * A token for a scope such as `https://vault.azure.net/.default`, good for some minutes at least: it is asked for
   * again rather than kept, since tokens are held and renewed here. It is masked before it is given.
   *
   * @throws TaskError that names the connection, the step that failed, and what to check
   */
  token(scope: string, signal: AbortSignal): Promise<AccessToken>;
}
