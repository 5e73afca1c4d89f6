import { TaskError } from '../../core/errors.ts';
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
  readonly tenantId: string;
  /** Audiences in the order in which they are tried; those of the registry's cloud when absent. */
  readonly audiences?: readonly string[];
  /** A Microsoft Entra access token for an audience, e.g. `https://management.azure.com`. */
  readonly entraToken: (audience: string, signal: AbortSignal) => Promise<Secret>;
}

interface RefreshToken {
  readonly token: Secret;
  readonly endsAtMs: number;
}

/**
 * By the end of the login server: Resource Manager, which registries accept unless told otherwise, then the audience
 * that all accept.
 */
const AUDIENCES: ReadonlyMap<string, readonly string[]> = new Map([
  ['.azurecr.us', ['https://management.usgovcloudapi.net', 'https://containerregistry.azure.us']],
  ['.azurecr.cn', ['https://management.chinacloudapi.cn', 'https://containerregistry.azure.cn']],
]);

const PUBLIC_AUDIENCES = ['https://management.azure.com', 'https://containerregistry.azure.net'];

/** A refresh token is not used in its last minutes: an access token must still be made from it. */
const SAFETY_MS = 5 * 60_000;

/** Refresh tokens that do not say when they end are made anew after this time; they are documented to live 3 h. */
const ASSUMED_LIFETIME_MS = 30 * 60_000;

/** What the registry answers to a token of an audience that it does not accept. */
const WRONG_AUDIENCE = 401;

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
  for (const audience of identity.audiences ?? audiencesOf(identity.registry)) {
    const entraToken = await identity.entraToken(audience, signal);
    context.maskSecret(entraToken.reveal());
    const form = new URLSearchParams({
      grant_type: 'access_token',
      service: context.registryUrl.host,
      tenant: identity.tenantId,
      access_token: entraToken.reveal(),
    });
    try {
      return readAnswer(await context.post('/oauth2/exchange', form, signal), context);
    } catch (error) {
      if (!(error instanceof RegistryError) || error.details.status !== WRONG_AUDIENCE) throw error;
      refusal = error;
    }
  }
  throw refusal ?? noToken(context);
}

function audiencesOf(registry: string): readonly string[] {
  const cloud = [...AUDIENCES].find(([domain]) => registry.endsWith(domain));
  return cloud?.[1] ?? PUBLIC_AUDIENCES;
}

function readAnswer(body: Uint8Array, context: CredentialContext): RefreshToken {
  const json = parseJson(body, '');
  const token = json.ok && isJsonObject(json.value) ? json.value['refresh_token'] : undefined;
  if (typeof token !== 'string' || token === '') throw noToken(context);
  const endsAtMs = endOfJwt(token) ?? 0;
  const now = context.now();
  // An end that has passed tells of two clocks, not of the token.
  const isPlausible = endsAtMs - SAFETY_MS > now;
  return {
    token: new Secret(token),
    endsAtMs: isPlausible ? endsAtMs : now + ASSUMED_LIFETIME_MS,
  };
}

function noToken({ registryUrl }: CredentialContext): TaskError {
  return new TaskError(
    'CREDENTIALS_INVALID',
    `The registry ${registryUrl.host} gave no refresh token for the identity of the service connection.`,
    { hint: 'Give the identity the AcrPull or AcrPush role on the registry.' },
  );
}
