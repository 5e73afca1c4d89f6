import { BlockList, isIP } from 'node:net';
import { DOCKER_HUB } from '../oci/reference.ts';

/** Where Docker Hub serves its API. */
const DOCKER_HUB_HOST = 'registry-1.docker.io';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Loopback, private, link-local, shared, unspecified: nothing that a public server may send us to. */
const INTERNAL = new BlockList();
INTERNAL.addSubnet('0.0.0.0', 8, 'ipv4');
INTERNAL.addSubnet('10.0.0.0', 8, 'ipv4');
INTERNAL.addSubnet('100.64.0.0', 10, 'ipv4');
INTERNAL.addSubnet('127.0.0.0', 8, 'ipv4');
INTERNAL.addSubnet('169.254.0.0', 16, 'ipv4');
INTERNAL.addSubnet('172.16.0.0', 12, 'ipv4');
INTERNAL.addSubnet('192.168.0.0', 16, 'ipv4');
INTERNAL.addAddress('::', 'ipv6');
INTERNAL.addAddress('::1', 'ipv6');
INTERNAL.addSubnet('fc00::', 7, 'ipv6');
INTERNAL.addSubnet('fe80::', 10, 'ipv6');

/**
 * The origin of a registry, e.g. `https://example.azurecr.io`. Plain HTTP is for loopback and for hosts that the
 * user named as insecure; nothing is ever tried over HTTP otherwise.
 */
export function registryOrigin(registry: string, insecureHosts: ReadonlySet<string>): URL {
  const host = registry === DOCKER_HUB ? DOCKER_HUB_HOST : registry;
  const secure = new URL(`https://${host}`);
  return isLoopback(secure) || insecureHosts.has(registry) ? new URL(`http://${host}`) : secure;
}

/** Whether a URL names this machine. */
export function isLoopback(url: URL): boolean {
  const host = bareHost(url);
  return host === 'localhost' || host.endsWith('.localhost') || isIn(LOOPBACK, host);
}

/** Whether a URL names an address inside a network by number, or this machine. */
export function isInternal(url: URL): boolean {
  return isLoopback(url) || isIn(INTERNAL, bareHost(url));
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
  if (isInternal(to) && !isInternal(from)) return 'it is an internal address';
  return undefined;
}

function bareHost(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

function isIn(list: BlockList, host: string): boolean {
  const family = isIP(host);
  return family !== 0 && list.check(host, family === 6 ? 'ipv6' : 'ipv4');
}
