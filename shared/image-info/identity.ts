import type { PlatformData } from './model.ts';

/**
 * What identifies a platform among those of its repository, tags aside: `dockerfile-arch-osType-osVersion-majorMinor`.
 * The product version counts with two components and without a prerelease suffix.
 */
export function platformIdentifier(
  platform: PlatformData,
  productVersion: string | undefined,
): string {
  const { dockerfile, architecture, osType, osVersion } = platform;
  return [dockerfile, architecture, osType, osVersion, majorMinor(productVersion)].join('-');
}

/** Key of a platform within one image: a tagged and a tagless platform of one Dockerfile are two. */
export function platformKey(platform: PlatformData, productVersion: string | undefined): string {
  const state = platform.simpleTags.length > 0 ? 'tagged' : 'tagless';
  return `${state} ${platformIdentifier(platform, productVersion)}`;
}

/**
 * Keys of a row within one image: rows that have one in common are one platform.
 *
 * Rows of one `platformKey` may be platforms that differ in variant or build arguments, which image-info does not
 * name: what tells them apart is that they have neither a tag nor the image in common.
 */
export function platformKeys(
  platform: PlatformData,
  productVersion: string | undefined,
): readonly [string, ...string[]] {
  const key = platformKey(platform, productVersion);
  const [tag, ...tags] = platform.simpleTags;
  if (tag === undefined) return [key];
  const hash = hashOf(platform);
  const keyOf = (kind: string, name: string): string => JSON.stringify([key, kind, name]);
  return [
    keyOf('tag', tag),
    ...tags.map((other) => keyOf('tag', other)),
    ...(hash === '' ? [] : [keyOf('hash', hash)]),
  ];
}

/** What of the digest of a row tells images apart, whatever they are called: `sha256:…`; empty when it has none. */
export function hashOf({ digest }: Pick<PlatformData, 'digest'>): string {
  return digest.slice(digest.indexOf('@') + 1);
}

/** A platform in words: `dotnet/runtime: src/noble/Dockerfile (noble, amd64)`. */
export function describePlatform(repo: string, platform: PlatformData): string {
  const { dockerfile, osVersion, architecture } = platform;
  return `${repo}: ${dockerfile} (${osVersion}, ${architecture})`;
}

function majorMinor(productVersion = ''): string {
  const release = productVersion.split('-', 1).join('');
  return /^\d+\.\d+/.exec(release)?.[0] ?? release;
}
