import { mapLimit } from '../../shared/core/concurrency.ts';
import { groupBy } from '../../shared/core/group-by.ts';
import type { Digest } from '../../shared/oci/digest.ts';
import { repositoryAt } from '../../shared/oci/reference.ts';
import type { Location } from '../../shared/oci/reference.ts';
import type { RegistryReader } from '../../shared/ports/registry.ts';
import { nodeKey } from './source-graph.ts';
import type { ContentNode, NodeKey, Root } from './source-graph.ts';

/** Requests in flight at once; the registry client bounds what is in flight for each host. */
const REQUESTS_AT_ONCE = 24;

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

/** How the target is read. */
export interface TargetReading {
  readonly location: Location;
  readonly registry: RegistryReader;
  readonly signal: AbortSignal;
}

/** What is looked for at the target. */
export interface Wanted {
  /** Whose tags are asked for. */
  readonly tagged: readonly TaggedRoot[];
  /** The manifests that are looked for, by repository and digest. */
  readonly nodes: ReadonlyMap<NodeKey, ContentNode>;
  /** `each`: every manifest is asked for. `roots`: what is there has its children there, as registries see to. */
  readonly ask: 'each' | 'roots';
}

/** Reads what the target holds: one HEAD a tag, one for each digest that nothing else shows to be there. */
export async function readTarget(wanted: Wanted, reading: TargetReading): Promise<TargetState> {
  const tags = await readTags(wanted.tagged, reading);
  const present = await readPresent(wanted, tags, reading);
  await addPresentReferrers(wanted.nodes, present, reading);
  return { tags, present };
}

async function readTags(
  roots: readonly TaggedRoot[],
  { location, registry, signal }: TargetReading,
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

/** What tags show costs nothing; lists are asked for before their children, which then need no question. */
async function readPresent(
  { tagged, nodes, ask }: Wanted,
  tags: ReadonlyMap<string, Digest>,
  { location, registry, signal }: TargetReading,
): Promise<Set<NodeKey>> {
  const present = new Set<NodeKey>();
  const add = (key: NodeKey): void => {
    if (present.has(key)) return;
    present.add(key);
    if (ask === 'each') return;
    const node = nodes.get(key);
    for (const child of node?.children ?? []) add(nodeKey(node?.repo ?? '', child));
  };
  for (const { repo, digest, tags: names } of tagged) {
    if (names.some((tag) => tags.get(`${repo}:${tag}`) === digest)) add(nodeKey(repo, digest));
  }
  const content = [...nodes].filter(([, { subject }]) => subject === undefined);
  const isList = ([, { children }]: (typeof content)[number]): boolean => children.length > 0;
  for (const group of [content.filter(isList), content.filter((one) => !isList(one))]) {
    await mapLimit(
      group.filter(([key]) => !present.has(key)),
      async ([key, { repo, digest }]) => {
        const found = await registry.resolveTag(repositoryAt(location, repo), digest, signal);
        if (found === digest) add(key);
      },
      { limit: REQUESTS_AT_ONCE, signal },
    );
  }
  return present;
}

/** Referrers are looked up only where their subject is present: elsewhere they are all to be copied. */
async function addPresentReferrers(
  nodes: ReadonlyMap<NodeKey, ContentNode>,
  present: Set<NodeKey>,
  { location, registry, signal }: TargetReading,
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
