import { compareText } from '../core/order.ts';
import { groupBy } from '../core/group-by.ts';
import { platformIdentifier } from './identity.ts';
import type { ImageInfo } from './model.ts';

/** A file that may be a fragment. */
export interface FoundFragment {
  readonly path: string;
  /** The artifact that it comes from, `leg-image-info-2`; absent when patterns found it. */
  readonly artifact?: string;
}

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

/** Files whose artifacts or folders look like attempts of one job: what they describe decides. */
export function contestedFiles(files: readonly FoundFragment[]): readonly string[] {
  const contested = jobsOf(files).filter((attempts) => attempts.length > 1);
  return [...new Set(contested.flat(2))];
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
 * Files of the highest attempt of each job. Artifacts whose names differ only in a final `-<attempt>` are attempts of
 * one job, one without it is the earliest: of `leg`, `leg-9` and `leg-10` the last is kept. Where no artifact is known,
 * folders tell: of `a/leg/out/x.json`, `a/leg-9/out/x.json`, `a/leg-10/out/x.json` the last is kept.
 *
 * Attempts of one job describe the same platforms. One that has none in common with the later ones, such as `jdk-17`
 * beside `jdk-21`, is a job of its own.
 */
export function latestAttempts(
  files: readonly FoundFragment[],
  described: DescribedPlatforms,
): LatestAttempts {
  const platformsOf = (path: string): readonly string[] => [...(described.get(path) ?? [])];
  const replaced = new Set(jobsOf(files).flatMap((attempts) => replacedIn(attempts, described)));
  const paths = [...new Set(files.map(({ path }) => path))].sort(compareText);
  const kept = paths.filter((path) => !replaced.has(path));
  const superseded = paths.filter((path) => replaced.has(path));
  const known = new Set(kept.flatMap(platformsOf));
  const isMissed = (path: string): boolean =>
    platformsOf(path).some((platform) => !known.has(platform));
  return { kept, superseded, missed: superseded.filter(isMissed) };
}

/** Paths of a job of which a later attempt describes the same. */
function replacedIn(
  attempts: readonly (readonly string[])[],
  described: DescribedPlatforms,
): readonly string[] {
  const seen = new Set<string>();
  return attempts.flatMap((paths, index) => {
    const platforms = paths.flatMap((path) => [...(described.get(path) ?? [])]);
    const isOwnJob = platforms.length > 0 && !platforms.some((platform) => seen.has(platform));
    for (const platform of platforms) seen.add(platform);
    return index === 0 || isOwnJob ? [] : paths;
  });
}

/** Paths by job and attempt, the highest attempt first; a file is in as many jobs as its path has folders. */
function jobsOf(files: readonly FoundFragment[]): readonly (readonly (readonly string[])[])[] {
  const unique = new Map(files.map((file) => [file.path, file]));
  const telling = tellingDepths(files);
  const attempts = [...unique.values()].flatMap((file) =>
    attemptsOf(file, telling).map((attempt) => ({ path: file.path, ...attempt })),
  );
  return [...groupBy(attempts, ({ job }) => job).values()].map((job) =>
    [...groupBy(job, ({ number }) => number)]
      .sort(([one], [other]) => other - one)
      .map(([, attempt]) => attempt.map(({ path }) => path)),
  );
}

interface Attempt {
  readonly job: string;
  /** 0 where the name has none. */
  readonly number: number;
}

/**
 * What a file may be an attempt of: each of its folders may be the one that tells, the rest of its path being the same.
 * Folders at a depth where none looks like an attempt tell nothing.
 */
function attemptsOf(
  { path, artifact }: FoundFragment,
  telling: ReadonlySet<number>,
): readonly Attempt[] {
  if (artifact !== undefined) return [attemptOf(artifact, (job) => job)];
  const folders = foldersOf(path);
  return folders.flatMap((folder, depth) =>
    telling.has(depth)
      ? [attemptOf(folder, (job) => `${depth}/${folders.with(depth, job).join('/')}`)]
      : [],
  );
}

/** The depths at which some folder looks like an attempt. */
function tellingDepths(files: readonly FoundFragment[]): ReadonlySet<number> {
  return new Set(
    files.flatMap(({ path }) =>
      foldersOf(path).flatMap((folder, depth) => (ATTEMPT.test(folder) ? [depth] : [])),
    ),
  );
}

function foldersOf(path: string): readonly string[] {
  return path.split(/[/\\]/).slice(0, -1);
}

function attemptOf(name: string, jobOf: (name: string) => string): Attempt {
  const match = ATTEMPT.exec(name);
  const [, job = name, number = '0'] = match ?? [];
  return { job: jobOf(job), number: Number(number) };
}
