import { mapLimit } from '../../shared/core/concurrency.ts';
import { groupBy } from '../../shared/core/group-by.ts';
import type { Digest } from '../../shared/oci/digest.ts';
import { repositoryAt } from '../../shared/oci/reference.ts';
import type { Location } from '../../shared/oci/reference.ts';
import type { RegistryReader } from '../../shared/ports/registry.ts';
import { nodeKey } from './source-graph.ts';
import type { ContentNode, NodeKey, Root } from './source-graph.ts';

/** Requests in flight at once; the registry client bounds what is in flight for each host. */
const REQUESTS_AT_ONCE = 16;

/** A digest of the release with the tags it is published under. */
export interface TaggedRoot extends Root {
  readonly tags: readonly string[];
}

/** What the target holds of the release already. */
export interface TargetState {
  /** Digests that tags point to now, by `repo:tag`; absent for tags that do not exist. */
  readonly tags: ReadonlyMap<string, Digest>;
  /** Manifests that are there with all that they need. */
  readonly present: ReadonlySet<NodeKey>;
}

interface Reading {
  readonly location: Location;
  readonly registry: RegistryReader;
  readonly signal: AbortSignal;
}

/** Reads what the target holds of the release: one HEAD a tag, one for each digest that no tag shows to be there. */
export async function readTarget(
  roots: readonly TaggedRoot[],
  nodes: ReadonlyMap<NodeKey, ContentNode>,
  reading: Reading,
): Promise<TargetState> {
  const tags = await readTags(roots, reading);
  const present = await readPresent(roots, { nodes, tags }, reading);
  await addPresentReferrers(nodes, present, reading);
  return { tags, present };
}

async function readTags(
  roots: readonly TaggedRoot[],
  { location, registry, signal }: Reading,
): Promise<ReadonlyMap<string, Digest>> {
  const wanted = roots.flatMap(({ repo, tags }) => tags.map((tag) => ({ repo, tag })));
  const found = new Map<string, Digest>();
  await mapLimit(
    wanted,
    async ({ repo, tag }) => {
      const digest = await registry.resolveTag(repositoryAt(location, repo), tag, signal);
      if (digest !== undefined) found.set(`${repo}:${tag}`, digest);
    },
    { limit: REQUESTS_AT_ONCE, signal },
  );
  return found;
}

interface Known {
  readonly nodes: ReadonlyMap<NodeKey, ContentNode>;
  readonly tags: ReadonlyMap<string, Digest>;
}

/** A registry keeps what a manifest refers to, so a manifest that is there has its children there. */
async function readPresent(
  roots: readonly TaggedRoot[],
  { nodes, tags }: Known,
  { location, registry, signal }: Reading,
): Promise<Set<NodeKey>> {
  const present = new Set<NodeKey>();
  const add = (repo: string, digest: Digest): void => {
    const key = nodeKey(repo, digest);
    if (present.has(key)) return;
    present.add(key);
    for (const child of nodes.get(key)?.children ?? []) add(repo, child);
  };
  await mapLimit(
    roots,
    async ({ repo, digest, tags: names }) => {
      const isTagged = names.some((tag) => tags.get(`${repo}:${tag}`) === digest);
      const repository = repositoryAt(location, repo);
      if (isTagged || (await registry.resolveTag(repository, digest, signal)) === digest) {
        add(repo, digest);
      }
    },
    { limit: REQUESTS_AT_ONCE, signal },
  );
  return present;
}

/** Referrers are looked up only where their subject is present: elsewhere they are all to be copied. */
async function addPresentReferrers(
  nodes: ReadonlyMap<NodeKey, ContentNode>,
  present: Set<NodeKey>,
  { location, registry, signal }: Reading,
): Promise<void> {
  const referrers = [...nodes.values()].filter(({ subject }) => subject !== undefined);
  let bySubject = groupBy(referrers, ({ repo, subject }) => `${repo}@${subject ?? ''}`);
  while (bySubject.size > 0) {
    const known = [...bySubject].filter(([subject]) => present.has(subject));
    if (known.length === 0) return;
    const lists = await mapLimit(
      known,
      async ([, [first]]) => {
        if (first?.subject === undefined) return [];
        const repository = repositoryAt(location, first.repo);
        const found = await registry.listReferrers(repository, first.subject, signal);
        return found.map(({ digest }) => nodeKey(first.repo, digest));
      },
      { limit: REQUESTS_AT_ONCE, signal },
    );
    for (const key of lists.flat()) if (nodes.has(key)) present.add(key);
    const done = new Set(known.map(([subject]) => subject));
    bySubject = new Map([...bySubject].filter(([subject]) => !done.has(subject)));
  }
}
