import { sortedUnion } from '../core/order.ts';
import type { ImageData, ManifestData, PlatformData } from './model.ts';
import { sortPlatforms } from './sort.ts';

const IMAGE_MEMBERS: ReadonlySet<string> = new Set(['productVersion', 'manifest', 'platforms']);

/** What replaces a published image: of that, only members that we do not know are left. */
export function imageInPlaceOf(
  published: ImageData | undefined,
  released: ImageData,
  platforms: readonly PlatformData[],
): ImageData {
  const { manifest } = released;
  const unknown = Object.entries(published ?? {}).filter(([name]) => !IMAGE_MEMBERS.has(name));
  return {
    ...Object.fromEntries(unknown),
    ...released,
    ...(manifest === undefined ? {} : { manifest: sortedTags(manifest) }),
    platforms: sortPlatforms(platforms, released.productVersion),
  };
}

/**
 * What replaces a published row, with the public commit if one is given. An unchanged row says less than the
 * published one of its digest, which then stays but for its tags.
 */
export function rowInPlaceOf(
  published: PlatformData | undefined,
  row: PlatformData,
  commitOverride: string | undefined,
): PlatformData {
  const members = { simpleTags: sortedUnion(row.simpleTags), isUnchanged: false };
  const isSame = published?.digest === row.digest;
  if (row.isUnchanged && isSame) return { ...published, ...members };
  if (commitOverride === undefined || (isSame && published.commitUrl === row.commitUrl)) {
    return { ...row, ...members };
  }
  return { ...row, ...members, commitUrl: withCommit(row.commitUrl, commitOverride) };
}

function sortedTags(manifest: ManifestData): ManifestData {
  return {
    ...manifest,
    sharedTags: sortedUnion(manifest.sharedTags),
    syndicatedDigests: sortedUnion(manifest.syndicatedDigests),
  };
}

/** The URL with every commit in it replaced: 40 hex digits and no more, for a longer run is the hash of something. */
function withCommit(url: string, commit: string): string {
  return url.replace(/(?<![0-9a-f])[0-9a-f]{40}(?![0-9a-f])/g, commit);
}
