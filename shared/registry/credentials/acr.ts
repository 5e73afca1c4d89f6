import { TaskError, definite } from '../../core/errors.ts';
import { isJsonObject, parseJson } from '../../core/json.ts';
import { Secret } from '../../core/secret.ts';
import { RegistryError } from '../errors.ts';
import { endOfJwt } from '../token-answer.ts';
import type { CredentialContext, CredentialSource } from './credential.ts';
import { HeldValues } from './held-values.ts';

/** Whom to be in an Azure container registry. */
export interface AcrIdentity {
  /** The login server, e.g. `example.azurecr.io`. */
  readonly registry: string;
  /** Who logs in, for messages, e.g. `the service connection of targetConnection`. */
  readonly name: string;
  /** Absent where it is not known: then it is in the Entra token. */
  readonly tenantId?: string;
  /**
   * In the order in which they are tried, at least one: Azure Resource Manager, which registries accept unless told
   * otherwise, then the audience that all accept.
   */
  readonly audiences: readonly string[];
  /** A Microsoft Entra access token for an audience, e.g. `https://management.azure.com`. */
  readonly entraToken: (audience: string, signal: AbortSignal) => Promise<Secret>;
}

interface RefreshToken {
  readonly token: Secret;
  readonly endsAtMs: number;
}

/** A refresh token is not used in its last minutes: an access token must still be made from it. */
const SAFETY_MS = 5 * 60_000;

/** Refresh tokens that do not say when they end are made anew after this time; they are documented to live 3 h. */
const ASSUMED_LIFETIME_MS = 30 * 60_000;

/** What the registry answers to a token of an audience that it does not accept. */
const WRONG_AUDIENCE = 401;

/** Answers to an identity that has no business there. */
const ACCESS_STATUSES: ReadonlySet<number | undefined> = new Set([401, 403]);

const ROLES =
  'Give the identity of the service connection the role AcrPull (to read) or AcrPush (to write) under ' +
  'Access control (IAM) of the registry, and check that connection and registry belong to one tenant.';

/**
 * Credentials of a Microsoft Entra identity for one Azure container registry: an Entra token is exchanged for a
 * refresh token of the registry, which is held until five minutes before its end.
 *
 * @throws TaskError `CREDENTIALS_INVALID` when the registry gives no refresh token, RegistryError when it refuses
 * @see https://github.com/Azure/acr/blob/main/docs/AAD-OAuth.md#calling-post-oauth2exchange-to-get-an-acr-refresh-token
 */
export function acrExchange(identity: AcrIdentity): CredentialSource {
  const held = new HeldValues<RefreshToken>();
  return async (registry, context, signal) => {
    if (registry !== identity.registry) return undefined;
    const isUsable = ({ endsAtMs }: RefreshToken): boolean =>
      !context.isRenewal && endsAtMs - SAFETY_MS > context.now();
    const make = async (): Promise<RefreshToken> => exchange(identity, context, signal);
    const { token } = await held.get(registry, make, isUsable);
    return { kind: 'identity-token', token };
  };
}

async function exchange(
  identity: AcrIdentity,
  context: CredentialContext,
  signal: AbortSignal,
): Promise<RefreshToken> {
  let refusal: RegistryError | undefined;
  for (const audience of identity.audiences) {
    const entraToken = await identity.entraToken(audience, signal);
    context.maskSecret(entraToken.reveal());
    const form = new URLSearchParams({
      ...{ grant_type: 'access_token', service: context.registryUrl.host },
      ...(identity.tenantId === undefined ? {} : { tenant: identity.tenantId }),
      access_token: entraToken.reveal(),
    });
    try {
      return readAnswer(await context.post('/oauth2/exchange', form, signal), identity, context);
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      if (error.details.status !== WRONG_AUDIENCE) throw refused(identity, error);
      refusal = error;
    }
  }
  throw refused(identity, definite(refusal, 'an audience of the registry'));
}

/** Names the identity and the step: to the reader of the log a token exchange is not what the task does. */
function refused({ name }: AcrIdentity, error: RegistryError): RegistryError {
  const { code, details, hint = ROLES, message } = error;
  const isAccess = ACCESS_STATUSES.has(details.status);
  return new RegistryError(code, `The token exchange of ${name} failed. ${message}`, {
    ...{ details, cause: error },
    hint: isAccess ? ROLES : hint,
  });
}

function readAnswer(
  body: Uint8Array,
  identity: AcrIdentity,
  context: CredentialContext,
): RefreshToken {
  const json = parseJson(body, '');
  const token = json.ok && isJsonObject(json.value) ? json.value['refresh_token'] : undefined;
  if (typeof token !== 'string' || token === '') throw noToken(identity, context);
  const endsAtMs = endOfJwt(token) ?? 0;
  const now = context.now();
  // An end that has passed tells of two clocks, not of the token.
  const isPlausible = endsAtMs - SAFETY_MS > now;
  return {
    token: new Secret(token),
    endsAtMs: isPlausible ? endsAtMs : now + ASSUMED_LIFETIME_MS,
  };
}

function noToken({ name }: AcrIdentity, { registryUrl }: CredentialContext): TaskError {
  return new TaskError(
    'CREDENTIALS_INVALID',
    `The token exchange of ${name} failed: ${registryUrl.host} answered without a refresh token.`,
    { hint: ROLES },
  );
}
