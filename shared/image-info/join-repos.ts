import { definite } from '../core/errors.ts';
import { groupBy } from '../core/group-by.ts';
import type { RepoData } from './model.ts';

/**
 * Repositories, those of one name as one: the images of all of them in their order, of other members the last.
 * What is there once stays the object it is.
 */
export function joinRepos(repos: readonly RepoData[]): readonly RepoData[] {
  return [...groupBy(repos, ({ repo }) => repo).values()].map((entries) => {
    const first = definite(entries[0], 'the first entry of a repository');
    if (entries.length === 1) return first;
    const members = entries.reduce((joined, entry) => ({ ...joined, ...entry }), first);
    return { ...members, images: entries.flatMap(({ images }) => images) };
  });
}
