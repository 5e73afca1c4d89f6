import type { Secret } from '../core/secret.ts';

/** How a service connection proves to Microsoft Entra ID who it is. */
export type AzureLogin =
  | ({ readonly kind: 'secret'; readonly secret: Secret } & AzureApplication)
  /** PEM: a certificate and its private key. */
  | ({ readonly kind: 'certificate'; readonly pem: Secret } & AzureApplication)
  /** Workload identity federation: with a token that Azure DevOps gives to the job. */
  | ({ readonly kind: 'federated' } & AzureApplication)
  /** The identity of the agent's machine; `clientId` when it is assigned by a user. */
  | { readonly kind: 'managed'; readonly tenantId?: string; readonly clientId?: string };

interface AzureApplication {
  readonly tenantId: string;
  readonly clientId: string;
}

/** Where the cloud of a connection is. */
export interface AzureCloud {
  /** E.g. `https://login.microsoftonline.com`. */
  readonly authority: string;
  /** E.g. `https://management.azure.com`. */
  readonly resourceManager: string;
  /** Whom tokens for Azure Resource Manager are for, e.g. `https://management.azure.com`. */
  readonly resourceManagerAudience: string;
}

/** A service connection that stands for an identity of Microsoft Entra ID. */
export interface AzureConnection {
  /** The input that names it, for messages, e.g. `azureSubscription`. */
  readonly input: string;
  /** The GUID of the service connection. */
  readonly id: string;
  readonly login: AzureLogin;
  readonly cloud: AzureCloud;
  /** Absent for connections to a registry or a management group. */
  readonly subscriptionId?: string;
}

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
   * @throws TaskError `OIDC_TOKEN_FAILED` or `ENTRA_TOKEN_FAILED`: the connection, the step, and what to check
   */
  token(scope: string, signal: AbortSignal): Promise<AccessToken>;
}
