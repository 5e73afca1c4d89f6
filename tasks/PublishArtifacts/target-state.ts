import { mapLimit } from '../../shared/core/concurrency.ts';
import { groupBy } from '../../shared/core/group-by.ts';
import type { ReleasedDigest } from '../../shared/image-info/select.ts';
import type { Digest } from '../../shared/oci/digest.ts';
import { repositoryAt } from '../../shared/oci/reference.ts';
import type { Location } from '../../shared/oci/reference.ts';
import type { RegistryReader } from '../../shared/ports/registry.ts';
import type { Inputs } from './inputs.ts';
import { nodeKey } from './source-graph.ts';
import type { ContentNode, NodeKey, Root } from './source-graph.ts';

/** Requests in flight at once; the registry client bounds what is in flight for each host. */
const REQUESTS_AT_ONCE = 24;

/** Manifests of a repository without tags of the release that are asked for, before it counts as new. */
const SAMPLE = 4;

/** A digest of the release with the tags it is published under. */
export interface TaggedRoot extends Root {
  readonly tags: readonly string[];
}

/** Digests that tags point to now, by `repo:tag`; absent for tags that do not exist. */
export type TargetTags = ReadonlyMap<string, Digest>;

/** What the target holds of the release already. */
export interface TargetState {
  readonly tags: TargetTags;
  /** Manifests that are there with all that they need. */
  readonly present: ReadonlySet<NodeKey>;
}

/** How the target is read. */
export interface TargetReading {
  readonly location: Location;
  readonly registry: RegistryReader;
  readonly signal: AbortSignal;
}

/** Whether manifests are there of which some were asked for before it was known what else there is. */
export type Samples = ReadonlyMap<NodeKey, boolean>;

/** What is looked for at the target. */
export interface Wanted {
  /** Whose tags were asked for. */
  readonly tagged: readonly TaggedRoot[];
  /** What they point to. */
  readonly tags: TargetTags;
  /** What was found out already. */
  readonly samples: Samples;
  /** The manifests that are looked for, by repository and digest. */
  readonly nodes: ReadonlyMap<NodeKey, ContentNode>;
  /** Where other jobs set the tags, or copied the content, every manifest is asked for. */
  readonly phase: Inputs['phase'];
}

/** Where tags point at the target: one HEAD a tag. */
export async function readTags(
  roots: readonly TaggedRoot[],
  { location, registry, signal }: TargetReading,
): Promise<TargetTags> {
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

/**
 * Asks for some platform images of each repository that has none of the release's tags: those that `readPresent` begins
 * with. image-info names them, so that this does not have to wait for the source.
 */
export async function readSamples(
  digests: readonly ReleasedDigest[],
  tags: TargetTags,
  { location, registry, signal }: TargetReading,
): Promise<Samples> {
  const tagged = repositoriesOf(tags);
  const images = digests.filter(({ kind, repo }) => kind === 'platform' && !tagged.has(repo));
  const found = await mapLimit(
    firstOfEach(images, ({ repo }) => repo),
    async ({ repo, digest }) => {
      const there = await registry.resolveTag(repositoryAt(location, repo), digest, signal);
      return [nodeKey(repo, digest), there === digest] as const;
    },
    { limit: REQUESTS_AT_ONCE, signal },
  );
  return new Map(found);
}

/** Some of the items of each repository, in their order. */
function firstOfEach<T>(items: readonly T[], repoOf: (item: T) => string): readonly T[] {
  return [...groupBy(items, repoOf).values()].flatMap((own) => own.slice(0, SAMPLE));
}

/** The repositories that have one of the tags. */
function repositoriesOf(tags: TargetTags): ReadonlySet<string> {
  return new Set([...tags.keys()].map((key) => key.slice(0, key.lastIndexOf(':'))));
}

/**
 * The manifests that the target has, with their referrers that it has: one HEAD for each digest that nothing else shows
 * to be there. What tags show costs nothing; lists are asked for before their children, which then need no question
 * unless a tag is to be set above them: a registry may have lost what a list names.
 */
export async function readPresent(
  wanted: Wanted,
  reading: TargetReading,
): Promise<ReadonlySet<NodeKey>> {
  const { tagged, tags, nodes } = wanted;
  const presence = new Presence(wanted, reading);
  for (const { repo, digest, tags: names } of tagged) {
    if (names.some((tag) => tags.get(`${repo}:${tag}`) === digest)) {
      presence.add(nodeKey(repo, digest));
    }
  }
  const content = [...nodes].filter(([, { subject }]) => subject === undefined);
  await presence.ask(samples(content, wanted));
  const isNew = presence.newRepositories();
  const asked = content.filter(([, { repo }]) => !isNew.has(repo));
  await presence.ask(asked.filter(isList));
  await presence.ask(asked);
  await addPresentReferrers(nodes, presence, reading);
  return presence.found;
}

type Entry = readonly [NodeKey, ContentNode];

function isList([, { children }]: Entry): boolean {
  return children.length > 0;
}

/**
 * From each repository without a tag of the release some of the manifests that are copied first. When they are not
 * there, nothing was copied; should some of the others be there all the same, copying them again changes nothing.
 */
function samples(content: readonly Entry[], { tags, phase }: Wanted): readonly Entry[] {
  if (phase === 'tags') return [];
  const tagged = repositoriesOf(tags);
  const copiedFirst = content.filter((entry) => !isList(entry) && !tagged.has(entry[1].repo));
  return firstOfEach(copiedFirst, ([, { repo }]) => repo);
}

/** The referrers among manifests, by what they refer to. */
function referrersBySubject(nodes: Wanted['nodes']): ReadonlyMap<NodeKey, readonly ContentNode[]> {
  const referrers = [...nodes.values()].filter(({ subject }) => subject !== undefined);
  return groupBy(referrers, ({ repo, subject }) => `${repo}@${subject ?? ''}`);
}

/**
 * The manifests that must be seen themselves before tags are set: those below a tag that does not point to them yet,
 * and what refers to them.
 */
function belowNewTags({ tagged, tags, nodes, phase }: Wanted): ReadonlySet<NodeKey> {
  if (phase !== 'all') return new Set(nodes.keys());
  const bySubject = referrersBySubject(nodes);
  const below = new Set<NodeKey>();
  const add = (repo: string, digest: Digest): void => {
    const key = nodeKey(repo, digest);
    if (below.has(key)) return;
    below.add(key);
    for (const child of nodes.get(key)?.children ?? []) add(repo, child);
    for (const referrer of bySubject.get(key) ?? []) add(repo, referrer.digest);
  };
  for (const { repo, digest, tags: names } of tagged) {
    if (names.some((tag) => tags.get(`${repo}:${tag}`) !== digest)) add(repo, digest);
  }
  return below;
}

/** What is known to be at the target, and what was asked for. */
class Presence {
  readonly found = new Set<NodeKey>();
  readonly #missing = new Map<NodeKey, ContentNode>();
  readonly #wanted: Wanted;
  readonly #mustBeSeen: ReadonlySet<NodeKey>;
  readonly #reading: TargetReading;

  constructor(wanted: Wanted, reading: TargetReading) {
    this.#wanted = wanted;
    this.#mustBeSeen = belowNewTags(wanted);
    this.#reading = reading;
  }

  /** Adds a manifest that was seen; it brings those of its children that need not be seen. */
  add(key: NodeKey): void {
    if (this.found.has(key)) return;
    this.found.add(key);
    const node = this.#wanted.nodes.get(key);
    for (const digest of node?.children ?? []) {
      const child = nodeKey(node?.repo ?? '', digest);
      if (!this.#mustBeSeen.has(child) && !this.#missing.has(child)) this.add(child);
    }
  }

  /** Asks for those of which nothing is known yet. */
  async ask(entries: readonly Entry[]): Promise<void> {
    await mapLimit(
      entries.filter(([key]) => !this.found.has(key) && !this.#missing.has(key)),
      async ([key, node]) => {
        if (await this.#isThere(key, node)) this.add(key);
        else this.#missing.set(key, node);
      },
      { limit: REQUESTS_AT_ONCE, signal: this.#reading.signal },
    );
  }

  async #isThere(key: NodeKey, { repo, digest }: ContentNode): Promise<boolean> {
    const { location, registry, signal } = this.#reading;
    const isKnown = this.#wanted.samples.get(key);
    if (isKnown !== undefined) return isKnown;
    return (await registry.resolveTag(repositoryAt(location, repo), digest, signal)) === digest;
  }

  /** Takes referrers as listed; where the list may outlive what it names, it asks for those that must be seen. */
  async addListed(
    entries: readonly Entry[],
    { isSure }: { readonly isSure: boolean },
  ): Promise<void> {
    const isDoubtful = ([key]: Entry): boolean => !isSure && this.#mustBeSeen.has(key);
    for (const entry of entries) if (!isDoubtful(entry)) this.found.add(entry[0]);
    await this.ask(entries.filter(isDoubtful));
  }

  /** Repositories of which something was asked for, and nothing was there. */
  newRepositories(): ReadonlySet<string> {
    const repos = new Set([...this.#missing.values()].map(({ repo }) => repo));
    for (const key of this.found) repos.delete(this.#wanted.nodes.get(key)?.repo ?? '');
    return repos;
  }
}

/** Referrers are looked up only where their subject is present: elsewhere they are all to be copied. */
async function addPresentReferrers(
  nodes: Wanted['nodes'],
  presence: Presence,
  { location, registry, signal }: TargetReading,
): Promise<void> {
  let bySubject = referrersBySubject(nodes);
  while (bySubject.size > 0) {
    const known = [...bySubject].filter(([subject]) => presence.found.has(subject));
    if (known.length === 0) return;
    await mapLimit(
      known,
      async ([, [first]]) => {
        if (first?.subject === undefined) return;
        const repository = repositoryAt(location, first.repo);
        const listed = await registry.listReferrers(repository, first.subject, signal);
        const entries = listed.flatMap(({ digest }): readonly Entry[] => {
          const key = nodeKey(first.repo, digest);
          const node = nodes.get(key);
          return node === undefined ? [] : [[key, node]];
        });
        await presence.addListed(entries, { isSure: registry.listsReferrersItself(repository) });
      },
      { limit: REQUESTS_AT_ONCE, signal },
    );
    const done = new Set(known.map(([subject]) => subject));
    bySubject = new Map([...bySubject].filter(([subject]) => !done.has(subject)));
  }
}
