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

/** A platform in words: `dotnet/runtime: src/noble/Dockerfile (noble, amd64)`. */
export function describePlatform(repo: string, platform: PlatformData): string {
  const { dockerfile, osVersion, architecture } = platform;
  return `${repo}: ${dockerfile} (${osVersion}, ${architecture})`;
}

function majorMinor(productVersion = ''): string {
  const release = productVersion.split('-', 1).join('');
  return /^\d+\.\d+/.exec(release)?.[0] ?? release;
}
