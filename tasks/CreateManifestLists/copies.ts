import { groupBy } from '../../shared/core/group-by.ts';
import { sortedUnion } from '../../shared/core/order.ts';
import type { Digest } from '../../shared/oci/digest.ts';
import { formatRepository, repositoryAt } from '../../shared/oci/reference.ts';
import type { Location, Repository } from '../../shared/oci/reference.ts';
import type { ListFact, MemberFact } from './gather.ts';

/** Manifests to copy from one repository to another, by digest. */
export interface CopyStep {
  readonly from: Repository;
  readonly to: Repository;
  readonly images: readonly CopiedImage[];
  /** Whether what refers to the images travels along. */
  readonly withReferrers: boolean;
}

/** A manifest, and the tags it gets. */
export interface CopiedImage {
  readonly digest: Digest;
  readonly tags: readonly string[];
}

interface Copy extends CopiedImage {
  readonly from: Repository;
  readonly to: Repository;
  readonly withReferrers: boolean;
}

/**
 * What has to be copied so that every list finds its children in its own repository: first into the repositories of
 * the images, from where they are published or from another repository of the build; then into the repositories that
 * lists are syndicated to.
 */
export function planCopies(lists: readonly ListFact[], location: Location): readonly CopyStep[] {
  const own = lists.flatMap(({ repo, entries }) => {
    const to = repositoryAt(location, repo);
    return entries.flatMap((entry) => copiesOf(entry, entry.image.repository, to));
  });
  const syndicated = lists.flatMap(({ repo, entries, syndicated: places }) =>
    places.flatMap((place) => {
      const to = repositoryAt(location, place.repo);
      return entries
        .filter(({ row }) => place.members.includes(row))
        .flatMap((entry) =>
          copiesOf({ ...entry, isImported: false }, repositoryAt(location, repo), to),
        );
    }),
  );
  return [...steps(own), ...steps(syndicated)];
}

/** An image and what attests to it; an imported one has its tags and referrers as if it had been built. */
function copiesOf(
  { image, row, isImported }: MemberFact,
  from: Repository,
  to: Repository,
): readonly Copy[] {
  if (formatRepository(from) === formatRepository(to)) return [];
  const tags = isImported ? row.simpleTags : [];
  const attestations = image.attestations.map(({ digest }) => ({ digest, tags: [] }));
  return [{ digest: image.descriptor.digest, tags }, ...attestations].map((one) => ({
    ...{ ...one, from, to },
    withReferrers: isImported,
  }));
}

/** One step for all that goes the same way, each digest once. */
function steps(copies: readonly Copy[]): readonly CopyStep[] {
  const byWay = groupBy(copies, ({ from, to, withReferrers }) =>
    JSON.stringify([from, to, withReferrers]),
  );
  return [...byWay.values()].flatMap((same) =>
    same.slice(0, 1).map(({ from, to, withReferrers }) => ({
      ...{ from, to, withReferrers },
      images: [...groupBy(same, ({ digest }) => digest)].map(([digest, named]) => ({
        digest,
        tags: sortedUnion(...named.map(({ tags }) => tags)),
      })),
    })),
  );
}
