import { groupBy } from '../core/group-by.ts';
import { compareText, sortedUnion } from '../core/order.ts';
import type { ManifestTag } from './model.ts';

/** Tags that something also has in another repository, e.g. `{ repo: 'old/app', tags: ['1.0'] }`. */
export interface SyndicatedTags {
  /** Public name of that repository, without registry and prefix. */
  readonly repo: string;
  /** At least one, sorted. */
  readonly tags: readonly string[];
}

/**
 * Where tags are syndicated to and under which names, by repository, sorted.
 *
 * `sharedTags` of an image give the lists to make there; `tags` of a platform say that it is in them.
 */
export function syndicatedTags(tags: readonly ManifestTag[]): readonly SyndicatedTags[] {
  const syndications = tags.flatMap(({ syndication }) => syndication ?? []);
  const byRepo = groupBy(syndications, ({ repo }) => repo);
  return [...byRepo]
    .map(([repo, parts]) => ({
      repo,
      tags: sortedUnion(parts.flatMap(({ destinationTags }) => destinationTags)),
    }))
    .sort((a, b) => compareText(a.repo, b.repo));
}
