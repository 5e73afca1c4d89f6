import { compareText } from '../core/order.ts';
import { groupBy } from '../core/group-by.ts';

/** Files to use, and files that a later attempt of the same job replaced; both sorted. */
export interface LatestAttempts {
  readonly kept: readonly string[];
  readonly superseded: readonly string[];
}

/**
 * The attempt at the end of a name. Attempts have at most three digits here, so that `windows-2019` and
 * `windows-2022` are two jobs.
 */
const ATTEMPT = /^(.+)-([1-9]\d{0,2})$/;

/**
 * Files of the highest attempt of each job. Folders that differ only in a final `-<attempt>` are attempts of one
 * job, a folder without it is the earliest: of `a/leg/x.json`, `a/leg-9/x.json`, `a/leg-10/x.json` the last is kept.
 */
export function latestAttempts(paths: readonly string[]): LatestAttempts {
  const files = [...new Set(paths)].sort(compareText).map((path) => ({ path, ...attemptOf(path) }));
  const kept = [...groupBy(files, ({ job }) => job).values()].flatMap((attempts) => {
    const latest = Math.max(...attempts.map(({ attempt }) => attempt));
    return attempts.filter(({ attempt }) => attempt === latest).map(({ path }) => path);
  });
  const keptPaths = new Set(kept);
  return {
    kept: kept.sort(compareText),
    superseded: files.map(({ path }) => path).filter((path) => !keptPaths.has(path)),
  };
}

function attemptOf(path: string): { readonly job: string; readonly attempt: number } {
  const folder = path.slice(0, Math.max(path.search(/[/\\][^/\\]*$/), 0));
  const match = ATTEMPT.exec(folder);
  return match === null
    ? { job: folder, attempt: 0 }
    : { job: match[1] ?? folder, attempt: Number(match[2]) };
}
