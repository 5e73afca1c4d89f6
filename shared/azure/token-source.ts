import type { TokenCredential, TokenCredentialOptions } from '@azure/identity';
import { withDeadline } from '../core/deadline.ts';
import { TaskError } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';
import { untilAborted } from '../core/until-aborted.ts';
import type { AccessToken, AzureConnection, AzureLogin, TokenSource } from '../ports/azure.ts';
import { HeldValues } from '../registry/credentials/held-values.ts';
import { entraFailure } from './entra-failures.ts';
import type * as identityLibrary from './identity.chunk.ts';
import { requestOidcToken } from './oidc-token.ts';
import type { OidcParts } from './oidc-token.ts';
import type { SdkHttpClient } from './sdk-http.ts';

/** What getting tokens of Microsoft Entra needs. */
export interface TokenSourceParts extends OidcParts {
  /** How the Azure SDK reaches its servers. */
  readonly sdkHttp: SdkHttpClient;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** A token is not used in its last minutes: what is signed or imported with it must still come through. */
const SAFETY_MS = 5 * 60_000;

/** With the retries of the SDK; a machine without a managed identity would be asked for much longer. */
const LOGIN_DEADLINE_MS = 2 * 60_000;

/**
 * Tokens for the identity of a service connection, held until five minutes before their end. A federated login asks
 * for a new OIDC token each time, so that jobs may be as long as they like.
 */
export function createTokenSource(
  connection: AzureConnection,
  parts: TokenSourceParts,
): TokenSource {
  const held = new HeldValues<AccessToken>();
  const isUsable = ({ expiresOn }: AccessToken): boolean =>
    expiresOn.getTime() - SAFETY_MS > parts.now();
  return {
    token: async (scope, signal) =>
      held.get(scope, async () => login({ connection, parts }, scope, signal), isUsable),
  };
}

interface Context {
  readonly connection: AzureConnection;
  readonly parts: TokenSourceParts;
}

async function login(
  { connection, parts }: Context,
  scope: string,
  signal: AbortSignal,
): Promise<AccessToken> {
  const library = await import('./identity.chunk.ts');
  const assertion =
    connection.login.kind === 'federated'
      ? await requestOidcToken(parts, connection, signal)
      : undefined;
  const credential = credentialFor(library, { connection, parts, assertion });
  try {
    const answer = await withDeadline(LOGIN_DEADLINE_MS, signal, async (abortSignal) =>
      // The SDK does not end all of its waits when it is told to.
      untilAborted(credential.getToken(scope, { abortSignal }), abortSignal),
    );
    if (answer === null) throw new TaskError('ENTRA_TOKEN_FAILED', 'there was no answer');
    parts.maskSecret(answer.token);
    return { token: new Secret(answer.token), expiresOn: new Date(answer.expiresOnTimestamp) };
  } catch (error) {
    signal.throwIfAborted();
    throw entraFailure(connection, scope, error);
  }
}

interface CredentialRequest extends Context {
  readonly assertion: Secret | undefined;
}

/** A credential of the Azure SDK for one login: it holds nothing, as we hold the tokens. */
function credentialFor(
  library: typeof identityLibrary,
  { connection, parts, assertion }: CredentialRequest,
): TokenCredential {
  const { login, cloud } = connection;
  const options = {
    httpClient: parts.sdkHttp,
    authorityHost: cloud.authority,
    // The service connection names the authority, and private clouds are in no directory of authorities.
    disableInstanceDiscovery: true,
  };
  switch (login.kind) {
    case 'secret':
      return new library.ClientSecretCredential(
        login.tenantId,
        login.clientId,
        login.secret.reveal(),
        options,
      );
    case 'certificate':
      return certificateCredential(library, login, options);
    case 'federated':
      return new library.ClientAssertionCredential(
        login.tenantId,
        login.clientId,
        async () => Promise.resolve(assertion?.reveal() ?? ''),
        options,
      );
    case 'managed':
      return managedCredential(library, login, parts);
  }
}

function certificateCredential(
  library: typeof identityLibrary,
  { tenantId, clientId, pem }: AzureLogin & { readonly kind: 'certificate' },
  options: TokenCredentialOptions,
): TokenCredential {
  // Tenants that trust an issuer rather than a certificate need to see the chain.
  const given = { ...options, sendCertificateChain: true };
  return new library.ClientCertificateCredential(
    tenantId,
    clientId,
    { certificate: pem.reveal() },
    given,
  );
}

function managedCredential(
  library: typeof identityLibrary,
  { clientId }: AzureLogin & { readonly kind: 'managed' },
  { sdkHttp }: TokenSourceParts,
): TokenCredential {
  const options = { httpClient: sdkHttp };
  return new library.ManagedIdentityCredential(
    clientId === undefined ? options : { ...options, clientId },
  );
}
