import { SingleFlight, mapLimit } from '../core/concurrency.ts';
import { TaskError } from '../core/errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { subjectOfTag } from '../oci/digest-tags.ts';
import type { Digest } from '../oci/digest.ts';
import type { ManifestDocument } from '../oci/manifest-document.ts';
import { isBlobType, isImageManifestType, isIndexType } from '../oci/media-types.ts';
import { formatReference } from '../oci/reference.ts';
import type {
  CopyEvent,
  CopyRequest,
  GraphCopyRequest,
  GraphCounts,
  GraphRoot,
  RegistryReader,
  TagLister,
} from '../ports/registry.ts';
import { copyBlobs, countBlobs, linksOf, putCopied } from './copy.ts';
import type { CopyParts, PlacedBlob } from './copy.ts';
import { GraphLimits } from '../oci/graph-limits.ts';

/** What copying a graph needs besides: reading manifests, tags and referrers. */
export interface GraphCopyParts extends CopyParts {
  readonly reader: Pick<RegistryReader, 'getManifest' | 'resolveTag' | 'listReferrers'> & TagLister;
}

/** A root, and what is known of it at the target. */
interface RootState extends GraphRoot {
  readonly isThere: boolean;
}

/** A manifest of the graph, and whether its referrers at the target are worth a look. */
interface Subject {
  readonly digest: Digest;
  readonly wasThere: boolean;
}

/** An entry of an index, and how deep it is. */
interface Entry {
  readonly descriptor: Descriptor;
  readonly parent: Digest;
  readonly depth: number;
}

/** Copies graphs from one repository to another. @see GraphCopier */
export async function copyGraph(
  parts: GraphCopyParts,
  request: GraphCopyRequest,
  signal: AbortSignal,
): Promise<GraphCounts> {
  return new GraphCopy(parts, request, signal).run();
}

/** One copy: what was visited, what was put. */
class GraphCopy {
  readonly #parts: GraphCopyParts;
  readonly #request: GraphCopyRequest;
  readonly #signal: AbortSignal;
  readonly #limits = new GraphLimits();
  readonly #documents = new SingleFlight<ManifestDocument | undefined>();
  readonly #copied = new SingleFlight<void>();
  readonly #blobs: PlacedBlob[] = [];
  /** By digest: every manifest of the graph, referrers included. */
  readonly #subjects = new Map<Digest, Subject>();
  #manifests = 0;

  constructor(parts: GraphCopyParts, request: GraphCopyRequest, signal: AbortSignal) {
    this.#parts = parts;
    this.#request = request;
    this.#signal = signal;
  }

  async run(): Promise<GraphCounts> {
    const roots = await this.#each(this.#request.roots, async (root) => this.#lookAt(root));
    const contents = await this.#each(roots, async (root) => this.#prepare(root));
    if (this.#request.referrers !== 'none') await this.#copyReferrers();
    if (this.#request.digestTags === 'copy') await this.#copyDigestTags();
    await this.#each(roots, async (root, index) => this.#finish(root, contents[index] ?? []));
    return { ...countBlobs(this.#blobs), manifests: this.#manifests };
  }

  async #lookAt(root: GraphRoot): Promise<RootState> {
    const { rootsAtTarget, to } = this.#request;
    const { digest } = root.manifest.descriptor;
    if (rootsAtTarget !== undefined) return { ...root, isThere: rootsAtTarget === 'present' };
    const found = await this.#parts.reader.resolveTag(to, digest, this.#signal);
    return { ...root, isThere: found === digest };
  }

  /** Copies everything below a root; what is at the target is only looked through for subjects of referrers. */
  async #prepare({ manifest, isThere }: RootState): Promise<readonly PlacedBlob[]> {
    this.#note(manifest.descriptor.digest, isThere);
    if (!isThere) return this.#copyContent(manifest, 0);
    if (this.#wantsSubjects()) await this.#noteChildren(manifest, 0);
    return [];
  }

  #wantsSubjects(): boolean {
    const { referrers, digestTags } = this.#request;
    return referrers !== 'none' || digestTags === 'copy';
  }

  /** Puts a root: by its digest, or under its tags, the first of which brings the content. */
  async #finish(
    { manifest, tags, isThere }: RootState,
    blobs: readonly PlacedBlob[],
  ): Promise<void> {
    const [first, ...others] = tags;
    if (first === undefined) {
      if (!isThere) await this.#put(manifest, blobs);
      return;
    }
    await this.#put(manifest, blobs, first);
    await this.#each(others, async (tag) => this.#put(manifest, blobs, tag));
  }

  /** Copies children and blobs of a manifest, not the manifest itself. */
  async #copyContent(manifest: ManifestDocument, depth: number): Promise<readonly PlacedBlob[]> {
    const { digest } = manifest.descriptor;
    const { config, layers, manifests } = linksOf(manifest);
    this.#limits.count(digest, layers.length + (config === undefined ? 0 : 1));
    await this.#each(manifests, async (descriptor) =>
      this.#copyEntry({ descriptor, parent: digest, depth: depth + 1 }),
    );
    const blobs = await copyBlobs(this.#parts, this.#copyOf(manifest), this.#signal);
    for (const blob of blobs) this.#noteBlob(blob);
    return blobs;
  }

  /** Copies an entry of an index, once. Most are manifests; build caches list blobs, which some registries choke on. */
  async #copyEntry(entry: Entry): Promise<void> {
    const { descriptor, depth } = entry;
    this.#limits.enter(descriptor.digest, depth);
    await this.#copied.run(descriptor.digest, async () => {
      const mayBeManifest = !isBlobType(descriptor.mediaType);
      const manifest = mayBeManifest ? await this.#get(descriptor.digest) : undefined;
      if (manifest !== undefined) await this.#copyWhole(manifest, depth);
      else if (isManifestType(descriptor)) await this.#missing(entry);
      else await this.#copyListedBlob(entry);
    });
  }

  async #copyWhole(manifest: ManifestDocument, depth: number): Promise<void> {
    this.#note(manifest.descriptor.digest, false);
    const blobs = await this.#copyContent(manifest, depth);
    await this.#put(manifest, blobs);
  }

  async #copyListedBlob(entry: Entry): Promise<void> {
    const { descriptor } = entry;
    const { from, to, mount } = this.#request;
    const isHere = await this.#parts.source.isReadable(from, descriptor.digest, this.#signal);
    if (!isHere) return this.#missing(entry);
    this.#limits.count(descriptor.digest, 1);
    const copy = { descriptor, from, to, mount };
    const placement = await this.#parts.placer.copy(copy, this.#signal);
    this.#noteBlob({ descriptor, placement });
  }

  /** A child that the source does not have may be at the target; else the index has a hole. */
  async #missing({ descriptor, parent }: Entry): Promise<void> {
    const { from, to, missingChildren = 'refuse' } = this.#request;
    if (missingChildren === 'keep') return;
    const { digest } = descriptor;
    if ((await this.#parts.reader.resolveTag(to, digest, this.#signal)) !== undefined) return;
    throw new TaskError(
      'CONTENT_NOT_FOUND',
      `Cannot copy ${formatReference(from, parent)}: its child ${digest} is not in the repository.`,
      { hint: 'Push the missing platform, or create the index again without it.' },
    );
  }

  /** Notes what an index at the target consists of; only indexes below it have to be read for that. */
  async #noteChildren(manifest: ManifestDocument, depth: number): Promise<void> {
    await this.#each(linksOf(manifest).manifests, async ({ digest, mediaType }) => {
      this.#limits.enter(digest, depth + 1);
      if (this.#subjects.has(digest)) return;
      this.#note(digest, true);
      const child = isIndexType(mediaType) ? await this.#get(digest) : undefined;
      if (child !== undefined) await this.#noteChildren(child, depth + 1);
    });
  }

  /** Copies the referrers of all that was noted, then theirs if they are wanted, and so on. */
  async #copyReferrers(): Promise<void> {
    const done = new Set<Digest>();
    for (let depth = 1; ; depth += 1) {
      const subjects = [...this.#subjects.values()].filter(({ digest }) => !done.has(digest));
      if (subjects.length === 0) return;
      for (const { digest } of subjects) done.add(digest);
      await this.#each(subjects, async (subject) => this.#copyReferrersOf(subject, depth));
      if (this.#request.referrers === 'direct') return;
    }
  }

  async #copyReferrersOf(subject: Subject, depth: number): Promise<void> {
    const { from, to } = this.#request;
    const { reader } = this.#parts;
    const found = await reader.listReferrers(from, subject.digest, this.#signal);
    if (found.length === 0) return;
    const there = subject.wasThere
      ? await reader.listReferrers(to, subject.digest, this.#signal)
      : [];
    const known = new Set(there.map(({ digest }) => digest));
    await this.#each(found, async ({ digest }) => {
      this.#limits.enter(digest, depth);
      if (this.#subjects.has(digest)) return;
      if (known.has(digest)) this.#note(digest, true);
      else await this.#copyReferrer(digest, subject);
    });
  }

  /** Copies a referrer; lists name some that are gone, or that refer to something else. */
  async #copyReferrer(digest: Digest, subject: Subject): Promise<void> {
    const manifest = await this.#get(digest);
    if (manifest === undefined || linksOf(manifest).subject?.digest !== subject.digest) return;
    await this.#copied.run(digest, async () => this.#copyWhole(manifest, 0));
  }

  /** Copies what tags of the source are about manifests of the graph, then what tags are about that. */
  async #copyDigestTags(): Promise<void> {
    const tags = (await this.#parts.reader.listTags(this.#request.from, this.#signal)) ?? [];
    const left = new Map(tags.map((tag) => [tag, subjectOfTag(tag)]));
    for (;;) {
      const isNext = ([, digest]: readonly [string, Digest | undefined]): boolean =>
        digest !== undefined && this.#subjects.has(digest);
      const next = [...left].filter(isNext).map(([tag]) => tag);
      if (next.length === 0) return;
      for (const tag of next) left.delete(tag);
      await this.#each(next, async (tag) => this.#copyTagged(tag));
    }
  }

  async #copyTagged(tag: string): Promise<void> {
    const { from, to } = this.#request;
    const manifest = await this.#parts.reader.getManifest(from, tag, this.#signal);
    if (manifest === undefined) return;
    const { digest } = manifest.descriptor;
    const isThere = (await this.#parts.reader.resolveTag(to, tag, this.#signal)) === digest;
    this.#note(digest, isThere);
    if (!isThere) await this.#put(manifest, await this.#copyContent(manifest, 0), tag);
  }

  async #put(
    manifest: ManifestDocument,
    blobs: readonly PlacedBlob[],
    tag?: string,
  ): Promise<void> {
    const request = this.#copyOf(manifest);
    const copied = { request, blobs, ...(tag === undefined ? {} : { tag }) };
    await putCopied(this.#parts, copied, this.#signal);
    this.#manifests += 1;
    const { descriptor } = manifest;
    this.#tell(
      tag === undefined
        ? { kind: 'manifest', descriptor }
        : { kind: 'tag', tag, digest: descriptor.digest },
    );
  }

  async #get(digest: Digest): Promise<ManifestDocument | undefined> {
    return this.#documents.run(digest, async () => {
      const { from } = this.#request;
      const manifest = await this.#parts.reader.getManifest(from, digest, this.#signal);
      if (manifest !== undefined) this.#limits.addBytes(digest, manifest.bytes.byteLength);
      return manifest;
    });
  }

  #copyOf(manifest: ManifestDocument): CopyRequest {
    const { from, to, mount, foreignLayers = 'leave' } = this.#request;
    return { manifest, from, to, mount, foreignLayers };
  }

  #note(digest: Digest, wasThere: boolean): void {
    if (!this.#subjects.has(digest)) this.#subjects.set(digest, { digest, wasThere });
  }

  #noteBlob(blob: PlacedBlob): void {
    this.#blobs.push(blob);
    this.#tell({ kind: 'blob', ...blob });
  }

  #tell(event: CopyEvent): void {
    this.#request.onEvent?.(event);
  }

  async #each<T, R>(items: readonly T[], fn: (item: T, index: number) => Promise<R>): Promise<R[]> {
    return mapLimit(items, fn, { limit: this.#parts.maxInFlight, signal: this.#signal });
  }
}

function isManifestType({ mediaType }: Descriptor): boolean {
  return isIndexType(mediaType) || isImageManifestType(mediaType);
}
