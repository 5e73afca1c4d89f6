import { kindOfHost, mayReach } from './addresses.ts';
import { profileOf } from './profiles.ts';
import type { RegistryProfile } from './profiles.ts';

/** Hosts whose scheme the user chose, as `host` or `host:port`. */
export interface SchemeChoices {
  /** Talked to in plain HTTP. */
  readonly insecureHosts: ReadonlySet<string>;
  /** Talked to over TLS although they are on this machine. */
  readonly tlsHosts: ReadonlySet<string>;
}

/**
 * The origin of a registry, e.g. `https://example.azurecr.io`. Plain HTTP is for loopback and for hosts that the
 * user named as insecure; nothing is ever tried over HTTP otherwise.
 */
export function registryOrigin(
  registry: string,
  { insecureHosts, tlsHosts }: SchemeChoices,
  { apiHost = registry }: Pick<RegistryProfile, 'apiHost'> = profileOf(registry),
): URL {
  const secure = new URL(`https://${apiHost}`);
  if (tlsHosts.has(registry)) return secure;
  return isLoopback(secure) || insecureHosts.has(registry) ? new URL(`http://${apiHost}`) : secure;
}

/** Whether a URL names this machine. */
export function isLoopback(url: URL): boolean {
  return kindOfHost(url) === 'loopback';
}

/**
 * Why a server at `from` may not send us to `to`, absent when it may: only HTTP, no downgrade, no user info, and no
 * way from the outside into a network.
 *
 * @see https://cwe.mitre.org/data/definitions/918.html
 */
export function refusedHop(from: URL, to: URL): string | undefined {
  if (to.protocol !== 'https:' && to.protocol !== 'http:') return 'it is not an HTTP address';
  if (from.protocol === 'https:' && to.protocol === 'http:') return 'it would leave HTTPS';
  if (to.username !== '' || to.password !== '') return 'it contains user info';
  if (leadsInside(from, to)) return 'it is an internal address';
  return undefined;
}

/** Whether a URL names, by number, an address that a server at `from` may not send us to. */
export function leadsInside(from: URL, to: URL): boolean {
  // Nearly always: an upload is sent to the registry that opened it.
  if (to.hostname === from.hostname) return false;
  const kind = kindOfHost(to);
  return kind !== undefined && !mayReach(kindOfHost(from) ?? 'public', kind);
}
