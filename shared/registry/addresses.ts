import { BlockList, isIP } from 'node:net';

/**
 * What kind of network an address belongs to. `link-local` holds what clouds serve to their own machines: their
 * metadata and keys; no registry is there.
 */
export type NetworkKind = 'public' | 'private' | 'link-local' | 'loopback';

type Subnet = readonly [network: string, prefix: number, family: 'ipv4' | 'ipv6'];

/** Everything that is not listed is public. */
const SUBNETS: Readonly<Record<Exclude<NetworkKind, 'public'>, readonly Subnet[]>> = {
  loopback: [
    ['127.0.0.0', 8, 'ipv4'],
    ['0.0.0.0', 8, 'ipv4'],
    ['::1', 128, 'ipv6'],
    ['::', 128, 'ipv6'],
  ],
  'link-local': [
    ['169.254.0.0', 16, 'ipv4'],
    ['fe80::', 10, 'ipv6'],
    // The metadata and platform services of AWS, Alibaba and Azure that have another address.
    ['fd00:ec2::254', 128, 'ipv6'],
    ['100.100.100.200', 32, 'ipv4'],
    ['168.63.129.16', 32, 'ipv4'],
  ],
  private: [
    ['10.0.0.0', 8, 'ipv4'],
    ['100.64.0.0', 10, 'ipv4'],
    ['172.16.0.0', 12, 'ipv4'],
    ['192.168.0.0', 16, 'ipv4'],
    ['fc00::', 7, 'ipv6'],
  ],
};

/** The narrower kinds stand first, as their addresses lie within wider ones. */
const LISTS = Object.entries(SUBNETS).map(([kind, subnets]) => {
  const list = new BlockList();
  for (const [network, prefix, family] of subnets) list.addSubnet(network, prefix, family);
  return { kind: kind as NetworkKind, list };
});

/** Where a server of each kind of network may send us: to its own kind and outwards, never further in. */
const REACHABLE: Readonly<Record<NetworkKind, ReadonlySet<NetworkKind>>> = {
  public: new Set(['public']),
  private: new Set(['public', 'private']),
  'link-local': new Set(['public', 'private', 'link-local']),
  loopback: new Set(['public', 'private', 'loopback']),
};

/** The family of an IP address, e.g. `ipv6` for `::1`; absent when the text is no address. */
export function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  const family = isIP(address);
  if (family === 0) return undefined;
  return family === 6 ? 'ipv6' : 'ipv4';
}

/** The name or address of a URL, without the brackets of IPv6 and without a final dot. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}

/** The kind of an IP address, e.g. `private` for `10.0.0.1`; absent when the text is no address. */
export function kindOfAddress(address: string): NetworkKind | undefined {
  const family = familyOf(address);
  if (family === undefined) return undefined;
  return LISTS.find(({ list }) => list.check(address, family))?.kind ?? 'public';
}

/** The kind of network that a URL names by number or as this machine; absent for other names. */
export function kindOfHost(url: URL): NetworkKind | undefined {
  const host = hostOf(url);
  if (host === 'localhost' || host.endsWith('.localhost')) return 'loopback';
  return kindOfAddress(host);
}

/** Whether a server in one kind of network may send us to an address of another. */
export function mayReach(from: NetworkKind, to: NetworkKind): boolean {
  return REACHABLE[from].has(to);
}
