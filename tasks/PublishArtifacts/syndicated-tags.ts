import { mapLimit } from '../../shared/core/concurrency.ts';
import type { ReleasedDigest } from '../../shared/image-info/select.ts';
import { repositoryAt } from '../../shared/oci/reference.ts';
import type { Location } from '../../shared/oci/reference.ts';
import type { RegistryReader } from '../../shared/ports/registry.ts';

/** Tags asked for at once; the registry client bounds what is in flight for each host. */
const TAGS_AT_ONCE = 24;

/** How the source is asked. */
export interface SourceReading {
  readonly location: Location;
  readonly registry: Pick<RegistryReader, 'resolveTag'>;
  readonly signal: AbortSignal;
}

/**
 * Gives lists the tags they have in repositories that they are syndicated to.
 *
 * image-info names the list there and the shared tags of its image, and not which of them are syndicated; the source
 * has those that CreateManifestLists put. Neither a tag that image-info does not name nor a digest that it does not
 * name can come of this: all that the source decides is whether one of these tags is set.
 */
export async function withSyndicatedTags(
  digests: readonly ReleasedDigest[],
  { location, registry, signal }: SourceReading,
): Promise<readonly ReleasedDigest[]> {
  const own = new Set(digests.flatMap(({ repo, tags }) => tags.map((tag) => `${repo}:${tag}`)));
  const found = new Set<string>();
  const questions = digests.flatMap(({ repo, digest, possibleTags }) =>
    possibleTags
      .filter((tag) => !own.has(`${repo}:${tag}`))
      .map((tag) => ({ repo, digest, tag, key: `${repo}:${tag} ${digest}` })),
  );
  await mapLimit(
    questions,
    async ({ repo, digest, tag, key }) => {
      const now = await registry.resolveTag(repositoryAt(location, repo), tag, signal);
      if (now === digest) found.add(key);
    },
    { limit: TAGS_AT_ONCE, signal },
  );
  return digests.map((row) => {
    const more = row.possibleTags.filter((tag) => found.has(`${row.repo}:${tag} ${row.digest}`));
    return more.length === 0 ? row : { ...row, tags: [...row.tags, ...more].sort() };
  });
}
