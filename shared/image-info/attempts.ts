import { compareText } from '../core/order.ts';
import { groupBy } from '../core/group-by.ts';
import { platformIdentifier } from './identity.ts';
import type { ImageInfo } from './model.ts';

/** Files to use, and files that a later attempt of the same job replaced; all sorted. */
export interface LatestAttempts {
  readonly kept: readonly string[];
  readonly superseded: readonly string[];
  /** Those of the replaced files that describe a platform which no file to use describes. */
  readonly missed: readonly string[];
}

/** What files describe, by path: one text for each platform. A file that is not here describes nothing. */
export type DescribedPlatforms = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * The attempt at the end of a name. Attempts have at most three digits here, so that `windows-2019` and
 * `windows-2022` are two jobs.
 */
const ATTEMPT = /^(.+)-([1-9]\d{0,2})$/;

/** Files whose folders look like attempts of one job: what they describe decides. */
export function contestedFiles(paths: readonly string[]): readonly string[] {
  return jobsOf(paths)
    .filter((attempts) => attempts.length > 1)
    .flat(2);
}

/** What an image-info describes. */
export function describedPlatforms({ repos }: ImageInfo): ReadonlySet<string> {
  return new Set(
    repos.flatMap(({ repo, images }) =>
      images.flatMap(({ productVersion, platforms }) =>
        platforms.map((platform) => `${repo} ${platformIdentifier(platform, productVersion)}`),
      ),
    ),
  );
}

/**
 * Files of the highest attempt of each job. Folders that differ only in a final `-<attempt>` are attempts of one
 * job, a folder without it is the earliest: of `a/leg/x.json`, `a/leg-9/x.json`, `a/leg-10/x.json` the last is kept.
 *
 * Attempts of one job describe the same platforms. A folder that has none in common with the later ones, such as
 * `jdk-17` beside `jdk-21`, is a job of its own.
 */
export function latestAttempts(
  paths: readonly string[],
  described: DescribedPlatforms,
): LatestAttempts {
  const kept: string[] = [];
  const superseded: string[] = [];
  for (const attempts of jobsOf(paths)) {
    const seen = new Set<string>();
    for (const [index, files] of attempts.entries()) {
      const platforms = files.flatMap((file) => [...(described.get(file) ?? [])]);
      const isOwnJob = platforms.length > 0 && !platforms.some((platform) => seen.has(platform));
      (index === 0 || isOwnJob ? kept : superseded).push(...files);
      for (const platform of platforms) seen.add(platform);
    }
  }
  const known = new Set(kept.flatMap((file) => [...(described.get(file) ?? [])]));
  const isMissed = (file: string): boolean =>
    [...(described.get(file) ?? [])].some((platform) => !known.has(platform));
  return {
    kept: kept.sort(compareText),
    superseded: superseded.sort(compareText),
    missed: superseded.filter(isMissed),
  };
}

/** Files by job and attempt, the highest attempt first. */
function jobsOf(paths: readonly string[]): readonly (readonly (readonly string[])[])[] {
  const files = [...new Set(paths)].sort(compareText).map((path) => ({ path, ...attemptOf(path) }));
  return [...groupBy(files, ({ job }) => job).values()].map((job) =>
    [...groupBy(job, ({ attempt }) => attempt)]
      .sort(([one], [other]) => other - one)
      .map(([, attempt]) => attempt.map(({ path }) => path)),
  );
}

function attemptOf(path: string): { readonly job: string; readonly attempt: number } {
  const folder = path.slice(0, Math.max(path.search(/[/\\][^/\\]*$/), 0));
  const match = ATTEMPT.exec(folder);
  return match === null
    ? { job: folder, attempt: 0 }
    : { job: match[1] ?? folder, attempt: Number(match[2]) };
}
