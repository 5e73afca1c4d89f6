import { groupLinked } from '../core/group-by.ts';
import { sortedUnion } from '../core/order.ts';
import { allOf, parsed, problem } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import { neutralise } from '../core/text.ts';
import { describePlatform, hashOf, platformKeys } from './identity.ts';
import type { ImageData, ManifestData, PlatformData } from './model.ts';
import { overlay } from './overlay.ts';
import type { Sourced } from './overlay.ts';
import { sortPlatforms } from './sort.ts';

/** An image joined from fragments, and the files it came from. */
export interface MergedImage {
  readonly files: readonly string[];
  readonly image: ImageData;
}

/** The parts of one image, at least one and in the order of their files, as one. */
export function mergeImage(
  parts: readonly Sourced<ImageData>[],
  repo: string,
): Parsed<MergedImage> {
  const whole = overlay(parts.map(({ value }) => value));
  const rows = parts.flatMap(({ file, value: { platforms, productVersion } }) =>
    platforms.map((value) => ({ file, value, keys: platformKeys(value, productVersion) })),
  );
  const groups = groupLinked(rows, ({ keys }) => keys);
  const platforms = allOf(groups.map((group) => mergePlatform(group, repo)));
  if (!platforms.ok) return platforms;
  const manifest = mergeManifests(parts.flatMap(({ value }) => value.manifest ?? []));
  const image: ImageData = {
    ...whole,
    ...manifest,
    platforms: sortPlatforms(platforms.value, whole.productVersion),
  };
  return parsed({ files: sortedUnion(parts.map(({ file }) => file)), image });
}

function mergeManifests(manifests: readonly ManifestData[]): Pick<ImageData, 'manifest'> {
  if (manifests.length === 0) return {};
  const manifest = {
    ...overlay(manifests),
    sharedTags: sortedUnion(...manifests.map(({ sharedTags }) => sharedTags)),
    syndicatedDigests: sortedUnion(...manifests.map(({ syndicatedDigests }) => syndicatedDigests)),
  };
  return { manifest };
}

function mergePlatform(rows: readonly Sourced<PlatformData>[], repo: string): Parsed<PlatformData> {
  const built = rows.filter(({ value }) => value.digest !== '');
  const changed = built.filter(({ value }) => !value.isUnchanged);
  const candidates = changed.length > 0 ? changed : built;
  const winner = candidates[0];
  const hash = winner === undefined ? '' : hashOf(winner.value);
  const rival = candidates.find(({ value }) => hashOf(value) !== hash);
  if (winner !== undefined && rival !== undefined) return conflict(winner, rival, repo);
  // What describes a replaced image must not describe the one that replaces it.
  const describing = rows.filter(({ value }) => value.digest === '' || hashOf(value) === hash);
  const ordered = [
    ...describing.filter(({ value }) => value.isUnchanged),
    ...describing.filter(({ value }) => !value.isUnchanged),
  ];
  return parsed({
    ...overlay(ordered.map(({ value }) => value)),
    simpleTags: sortedUnion(...rows.map(({ value }) => value.simpleTags)),
    isUnchanged: rows.every(({ value }) => value.isUnchanged),
  });
}

function conflict(
  one: Sourced<PlatformData>,
  other: Sourced<PlatformData>,
  repo: string,
): Parsed<never> {
  const [first, second] = [one, other].map((row) =>
    neutralise(`${hashOf(row.value)} in ${row.file}`),
  );
  return problem(
    neutralise(describePlatform(repo, one.value)),
    `has two digests: ${first ?? ''} and ${second ?? ''}`,
  );
}
