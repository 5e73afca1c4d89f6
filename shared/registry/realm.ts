import { TaskError } from '../core/errors.ts';
import { neutralise } from '../core/text.ts';
import type { Challenge } from '../oci/challenge.ts';
import { isLoopback, leadsInside } from './origins.ts';

/** A token server that a challenge names, and what it would be told. */
export interface RealmRequest {
  /** As the challenge names it, absolute or relative. */
  readonly realm: string;
  readonly registryUrl: URL;
  /** Whether a credential would be sent there. */
  readonly hasCredential: boolean;
  /** Hosts besides its own that may get its credentials, as `host` or `host:port`. */
  readonly trustedHosts: ReadonlySet<string>;
}

/**
 * The token server of a registry, when it may be trusted with what we would send.
 *
 * It must use HTTPS unless the registry itself does not, must not be an internal address of somebody else's network,
 * and gets credentials only when it is the registry host itself or known to belong to it. A common parent domain
 * proves nothing: `evil.azurecr.io` and `mine.azurecr.io` have different owners.
 *
 * @throws TaskError `REGISTRY_RESPONSE_INVALID`
 */
export function checkRealm(request: RealmRequest): URL {
  const { realm, registryUrl } = request;
  if (realm === '' || !URL.canParse(realm, registryUrl.href)) {
    throw refused(registryUrl, realm, 'it is not a URL');
  }
  const url = new URL(realm, registryUrl);
  const refusal = refusalOf(url, request);
  if (refusal !== undefined) throw refused(registryUrl, url.origin, refusal);
  return url;
}

function refusalOf(
  url: URL,
  { registryUrl, hasCredential, trustedHosts }: RealmRequest,
): string | undefined {
  // Registries are reached over HTTP and HTTPS only, so this leaves no other scheme.
  if (url.protocol !== 'https:' && url.protocol !== registryUrl.protocol) return 'it is not HTTPS';
  if (url.username !== '' || url.password !== '') return 'it contains user info';
  if (url.host === registryUrl.host) return undefined;
  if (leadsInside(registryUrl, url)) return 'it is an internal address';
  if (!hasCredential || trustedHosts.has(url.host)) return undefined;
  if (isLoopback(url) && isLoopback(registryUrl)) return undefined;
  return 'credentials are only sent to the registry itself and to token servers that are trusted';
}

function refused(registryUrl: URL, realm: string, reason: string): TaskError {
  return new TaskError(
    'REGISTRY_RESPONSE_INVALID',
    `${registryUrl.host} asks to log in at ${JSON.stringify(neutralise(realm))}, which is refused: ${reason}.`,
    {
      hint: 'Check that the registry host is the right one; if it does log in there, name that host in trustedTokenHosts.',
    },
  );
}

/**
 * What a registry whose token server is known will ask for; it saves the request that would be refused.
 *
 * @see https://github.com/Azure/acr/blob/main/docs/AAD-OAuth.md
 */
export function knownChallenge(registryUrl: URL, tokenPath: string): Challenge {
  return {
    scheme: 'bearer',
    parameters: new Map([
      ['realm', new URL(tokenPath, registryUrl).href],
      ['service', registryUrl.host],
    ]),
  };
}
