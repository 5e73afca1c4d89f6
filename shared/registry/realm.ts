import { TaskError } from '../core/errors.ts';
import { neutralise } from '../core/text.ts';
import { isInternal, isLoopback } from './origins.ts';

/** Registries whose token server is known to be elsewhere. */
const TOKEN_HOSTS: ReadonlyMap<string, string> = new Map([
  ['registry-1.docker.io', 'auth.docker.io'],
  ['registry.gitlab.com', 'gitlab.com'],
]);

export interface RealmRequest {
  /** As the challenge names it, absolute or relative. */
  readonly realm: string;
  readonly registryUrl: URL;
  /** Whether a credential would be sent there. */
  readonly hasCredential: boolean;
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
export function checkRealm({ realm, registryUrl, hasCredential }: RealmRequest): URL {
  if (realm === '' || !URL.canParse(realm, registryUrl.href)) {
    throw refused(registryUrl, realm, 'it is not a URL');
  }
  const url = new URL(realm, registryUrl);
  const refusal = refusalOf(url, registryUrl, hasCredential);
  if (refusal !== undefined) throw refused(registryUrl, url.origin, refusal);
  return url;
}

function refusalOf(url: URL, registryUrl: URL, hasCredential: boolean): string | undefined {
  if (url.protocol !== 'https:' && url.protocol !== registryUrl.protocol) return 'it is not HTTPS';
  if (url.username !== '' || url.password !== '') return 'it contains user info';
  if (url.host === registryUrl.host) return undefined;
  if (isInternal(url) && !isInternal(registryUrl)) return 'it is an internal address';
  if (!hasCredential || TOKEN_HOSTS.get(registryUrl.host) === url.host) return undefined;
  if (isLoopback(url) && isLoopback(registryUrl)) return undefined;
  return 'credentials are only sent to the registry itself';
}

function refused(registryUrl: URL, realm: string, reason: string): TaskError {
  return new TaskError(
    'REGISTRY_RESPONSE_INVALID',
    `${registryUrl.host} asks to log in at ${JSON.stringify(neutralise(realm))}, which is refused: ${reason}.`,
    { hint: 'Check that the registry host is the right one.' },
  );
}
