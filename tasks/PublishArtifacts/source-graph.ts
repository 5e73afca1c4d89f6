import { mapLimit } from '../../shared/core/concurrency.ts';
import { LongListError } from '../../shared/core/long-list.ts';
import { orThrow } from '../../shared/core/result.ts';
import { counted } from '../../shared/core/text.ts';
import { isAttestation } from '../../shared/oci/attestation.ts';
import type { Descriptor } from '../../shared/oci/descriptor.ts';
import type { Digest } from '../../shared/oci/digest.ts';
import { GraphLimits } from '../../shared/oci/graph-limits.ts';
import { readManifest } from '../../shared/oci/manifest-document.ts';
import type { ManifestDocument, ManifestLinks } from '../../shared/oci/manifest-document.ts';
import { formatReference, repositoryAt } from '../../shared/oci/reference.ts';
import type { Location, Repository } from '../../shared/oci/reference.ts';
import type { RegistryReader } from '../../shared/ports/registry.ts';

/** Manifests read at once; the registry client bounds what is in flight for each host. */
const MANIFESTS_AT_ONCE = 24;

/**
 * A digest that image-info names, or that is reached from such a one at the source. Only reading the source gives
 * one, so that a plan made of them can create nothing else.
 */
export type ReleasedContent = Digest & { readonly __released: unique symbol };

/** A manifest of the release: of an image or list, or of something that refers to one. */
export interface ContentNode {
  /** Public name of the repository. */
  readonly repo: string;
  /** That of the document. */
  readonly digest: ReleasedContent;
  readonly document: ManifestDocument;
  readonly children: readonly Digest[];
  /** Those of the children with which BuildKit attests to others of them. */
  readonly attestations: readonly Digest[];
  readonly blobBytes: number;
  /** What this refers to, when it was found as a referrer. */
  readonly subject: Digest | undefined;
}

/** Names a manifest in a repository: `dotnet/runtime@sha256:…`. */
export type NodeKey = string;

/** The name of a manifest in a repository. */
export function nodeKey(repo: string, digest: Digest): NodeKey {
  return `${repo}@${digest}`;
}

/** What is there before a manifest: its children, and what it refers to. */
export function neededBy({ repo, children, subject }: ContentNode): readonly NodeKey[] {
  const digests = subject === undefined ? children : [...children, subject];
  return digests.map((digest) => nodeKey(repo, digest));
}

/** A manifest to start from. */
export interface Root {
  readonly repo: string;
  readonly digest: Digest;
}

interface Visit extends Root {
  readonly subject: Digest | undefined;
}

/** Whether referrers of an artifact type travel along. */
export type Travels = (artifactType: string | undefined) => boolean;

/** Where the source is, and which referrers travel. */
export interface SourceOptions {
  readonly location: Location;
  /** Absent where no referrer travels: none is looked for then. */
  readonly travels: Travels | undefined;
}

/**
 * Every manifest that the roots reach at the source: children of lists, and referrers of all of them.
 *
 * @throws TaskError `CONTENT_NOT_FOUND` that lists every manifest of the release that is missing; `CONTENT_TOO_LARGE`
 * when there are more manifests, more levels, or more bytes of them than a release has
 */
export async function readSource(
  roots: readonly Root[],
  { location, travels }: SourceOptions,
  { registry, signal }: { readonly registry: RegistryReader; readonly signal: AbortSignal },
): Promise<ReadonlyMap<NodeKey, ContentNode>> {
  const nodes = new Map<NodeKey, ContentNode>();
  const seen = new Set<string>();
  const limits = new GraphLimits();
  const take = (visits: readonly Visit[]): readonly Visit[] => {
    const taken = visits.filter((visit) => isNew(visit, { nodes, seen }));
    for (const { digest } of taken) limits.count(digest, 1);
    return taken;
  };
  let level = take(roots.map((root) => ({ ...root, subject: undefined })));
  for (let depth = 0; level.length > 0; depth += 1) {
    for (const { digest } of level) limits.refuseDepth(digest, depth);
    const read = async (visit: Visit): Promise<Reading> => {
      const repository = repositoryAt(location, visit.repo);
      return readNode({ visit, repository, travels, limits }, registry, signal);
    };
    const readings = await mapLimit(level, read, { limit: MANIFESTS_AT_ONCE, signal });
    refuseMissing(readings);
    for (const { visit, node } of readings) {
      const key = nodeKey(visit.repo, visit.digest);
      if (node !== undefined && !nodes.has(key)) nodes.set(key, node);
    }
    // Children first: what is both a child and a referrer is content of the release.
    level = take([
      ...readings.flatMap((it) => it.children),
      ...readings.flatMap((it) => it.referrers),
    ]);
  }
  return nodes;
}

interface Progress {
  readonly nodes: ReadonlyMap<NodeKey, ContentNode>;
  readonly seen: Set<string>;
}

/**
 * Whether a manifest is still to be read, and marks it as seen. One that was listed for something it does not refer
 * to may be listed for its subject too, so what it was listed for counts.
 */
function isNew({ repo, digest, subject }: Visit, { nodes, seen }: Progress): boolean {
  const key = nodeKey(repo, digest);
  const visit = `${key} ${subject ?? ''}`;
  if (nodes.has(key) || seen.has(visit)) return false;
  seen.add(visit);
  return true;
}

/** What one visit found; the node is absent when it is not what was looked for. */
interface Reading {
  readonly visit: Visit;
  readonly place: string;
  readonly missing: boolean;
  readonly node: ContentNode | undefined;
  readonly children: readonly Visit[];
  readonly referrers: readonly Visit[];
}

interface NodeRequest {
  readonly visit: Visit;
  readonly repository: Repository;
  readonly travels: SourceOptions['travels'];
  readonly limits: GraphLimits;
}

async function readNode(
  { visit, repository, travels, limits }: NodeRequest,
  registry: RegistryReader,
  signal: AbortSignal,
): Promise<Reading> {
  const { repo, digest, subject } = visit;
  const place = formatReference(repository, digest);
  const nothing = { visit, place, node: undefined, children: [], referrers: [] };
  const list = async (): Promise<readonly Descriptor[]> =>
    travels === undefined ? [] : registry.listReferrers(repository, digest, signal);
  // Of the release both are wanted for certain; a referrer may be one that does not travel.
  const [read, early] = await Promise.allSettled([
    registry.getManifest(repository, digest, signal),
    subject === undefined ? list() : undefined,
  ]);
  const document = valueOf(read);
  // A list of referrers may name what was deleted since; content of the release must be there.
  if (document === undefined) return { ...nothing, missing: subject === undefined };
  limits.addBytes(digest, document.bytes.byteLength);
  const links = orThrow(readManifest(document), {
    code: 'REGISTRY_RESPONSE_INVALID',
    subject: `The manifest ${place}`,
    hint: 'Push this image again with a current tool.',
  });
  if (subject !== undefined && !isReferrer(links, subject, travels)) {
    return { ...nothing, missing: false };
  }
  const listed = valueOf(early) ?? (await list());
  const children = links.manifests.map((child) => child.digest);
  return {
    visit,
    place,
    missing: false,
    node: {
      ...{ repo, document, children, subject, blobBytes: blobBytesOf(links) },
      attestations: links.manifests.filter(isAttestation).map((child) => child.digest),
      digest: digest as ReleasedContent,
    },
    children: children.map((child) => ({ repo, digest: child, subject: undefined })),
    referrers: listed
      .filter(({ artifactType }) => artifactType === undefined || travels?.(artifactType) === true)
      .map((referrer) => ({ repo, digest: referrer.digest, subject: digest })),
  };
}

function valueOf<T>(settled: PromiseSettledResult<T>): T {
  if (settled.status === 'rejected') throw settled.reason;
  return settled.value;
}

/**
 * Whether a manifest that was listed as a referrer is one that travels. Some registries list a manifest's own children,
 * and old lists do not tell types: only the manifest itself does.
 */
function isReferrer(
  { subject, artifactType }: ManifestLinks,
  wanted: Digest,
  travels: SourceOptions['travels'],
): boolean {
  return subject?.digest === wanted && travels?.(artifactType) === true;
}

function blobBytesOf({ config, layers }: ManifestLinks): number {
  const blobs: readonly Descriptor[] = config === undefined ? layers : [config, ...layers];
  return blobs.reduce((sum, { size }) => sum + size, 0);
}

function refuseMissing(readings: readonly Reading[]): void {
  const missing = readings.filter((reading) => reading.missing).map(({ place }) => place);
  if (missing.length === 0) return;
  throw new LongListError({
    code: 'CONTENT_NOT_FOUND',
    summary: `${counted(missing.length, 'manifest')} of the release ${missing.length === 1 ? 'is' : 'are'} not at the source`,
    lines: missing,
    hint: 'Check sourceRegistry and sourceRepositoryPrefix, and that nothing has cleaned up the build registry.',
  });
}
