import { setImmediate } from 'node:timers/promises';
import { TaskError, definite, invariant } from '../../shared/core/errors.ts';
import type { Descriptor } from '../../shared/oci/descriptor.ts';
import { digestOf } from '../../shared/oci/digest.ts';
import type { Digest } from '../../shared/oci/digest.ts';
import type { ManifestDocument } from '../../shared/oci/manifest-document.ts';
import { formatReference, formatRepository } from '../../shared/oci/reference.ts';
import type { Repository } from '../../shared/oci/reference.ts';
import { verifyBytes } from '../../shared/oci/verify-stream.ts';
import type {
  BlobPut,
  ContentCopier,
  ContentRemover,
  CopyCounts,
  CopyRequest,
  GraphCopier,
  GraphCopyRequest,
  GraphCounts,
  ManifestPut,
  ReferrerKeeper,
  RegistryReader,
  RegistryWriter,
} from '../../shared/ports/registry.ts';
import { linksOf } from '../../shared/registry/copy.ts';

/** Something that a task did to the registry, in the order in which it happened. */
export interface RegistryWrite {
  readonly kind: 'blob' | 'manifest' | 'tag' | 'delete';
  /** `host/name@sha256:…`, for a tag `host/name:tag`. */
  readonly name: string;
  /** What the tag points to then, or the content itself. */
  readonly digest: Digest;
}

interface Contents {
  readonly manifests: Map<Digest, ManifestDocument>;
  readonly blobs: Map<Digest, Uint8Array>;
  readonly tags: Map<string, Digest>;
}

/**
 * All registries of a test in memory, behind the ports of the tasks. As a strict registry it refuses a manifest
 * whose children or blobs are not in its repository.
 */
export class MemoryRegistry
  implements
    RegistryReader,
    RegistryWriter,
    ReferrerKeeper,
    ContentCopier,
    GraphCopier,
    ContentRemover
{
  readonly #repositories = new Map<string, Contents>();
  /** What tasks wrote; content that the test added is not in it. */
  readonly writes: RegistryWrite[] = [];
  /** Names of what was read, e.g. `manifest host/name@sha256:…`. */
  readonly reads: string[] = [];
  /** How many writes there were whenever lists of referrers were settled. */
  readonly settledAfter: number[] = [];
  /** Runs before each write; what it throws, the write throws. */
  beforeWrite: (write: RegistryWrite) => void = () => undefined;
  /** Runs before each read, with its name. */
  beforeRead: (name: string) => void = () => undefined;
  /** What is listed as referrers of a digest beside those that are. */
  readonly falseReferrers = new Map<Digest, readonly Descriptor[]>();
  /** Whether referrers are left out, as by a registry that lags behind. */
  hidesReferrers = false;
  /** Whether lists of referrers go with what they name; `falseReferrers` are in any. */
  listsReferrersItself = (): boolean => true;

  /** Adds a blob as if it had been there before. */
  addBlob(repository: Repository, bytes: Uint8Array): Digest {
    const digest = digestOf(bytes);
    this.#contents(repository).blobs.set(digest, bytes);
    return digest;
  }

  /** Adds a manifest, under tags too, as if it had been there before; nothing is checked. */
  addManifest(
    repository: Repository,
    manifest: ManifestDocument,
    tags: readonly string[] = [],
  ): void {
    const { digest } = manifest.descriptor;
    const contents = this.#contents(repository);
    contents.manifests.set(digest, manifest);
    for (const tag of tags) contents.tags.set(tag, digest);
  }

  /** Takes a blob or manifest away. */
  remove(repository: Repository, digest: Digest): void {
    const contents = this.#contents(repository);
    contents.manifests.delete(digest);
    contents.blobs.delete(digest);
  }

  /** The tags with their digests, by `host/name:tag`; of one registry when it is named. */
  tags(registry?: string): Readonly<Record<string, Digest>> {
    const all = [...this.#repositories].flatMap(([name, { tags }]) =>
      [...tags].map(([tag, digest]) => [`${name}:${tag}`, digest] as const),
    );
    return Object.fromEntries(
      all.filter(([name]) => registry === undefined || name.startsWith(`${registry}/`)).sort(),
    );
  }

  /** Everything that is held, as names in order. */
  snapshot(): readonly string[] {
    const held = [...this.#repositories].flatMap(([name, { manifests, blobs, tags }]) => [
      ...[...manifests.keys()].map((digest) => `${name} manifest ${digest}`),
      ...[...blobs.keys()].map((digest) => `${name} blob ${digest}`),
      ...[...tags].map(([tag, digest]) => `${name} ${tag} -> ${digest}`),
    ]);
    return held.sort();
  }

  async getManifest(
    repository: Repository,
    reference: string,
    signal: AbortSignal,
  ): Promise<ManifestDocument | undefined> {
    await this.#read(`manifest ${formatReference(repository, reference)}`, signal);
    return this.#find(repository, reference);
  }

  async resolveTag(
    repository: Repository,
    tag: string,
    signal: AbortSignal,
  ): Promise<Digest | undefined> {
    await this.#read(`resolve ${formatReference(repository, tag)}`, signal);
    return this.#find(repository, tag)?.descriptor.digest;
  }

  async getBlob(
    repository: Repository,
    { digest, size }: Descriptor,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    const name = formatReference(repository, digest);
    await this.#read(`blob ${name}`, signal);
    const bytes = this.#contents(repository).blobs.get(digest);
    if (bytes === undefined) throw new TaskError('CONTENT_NOT_FOUND', `${name} is not there.`);
    verifyBytes(bytes, { digest, size, name });
    return bytes;
  }

  async listReferrers(
    repository: Repository,
    subject: Digest,
    signal: AbortSignal,
  ): Promise<readonly Descriptor[]> {
    await this.#read(`referrers ${formatReference(repository, subject)}`, signal);
    if (this.hidesReferrers) return [];
    const listed = [...this.#contents(repository).manifests.values()].flatMap((manifest) => {
      const { subject: of, artifactType } = linksOf(manifest);
      if (of?.digest !== subject) return [];
      return [{ ...manifest.descriptor, ...(artifactType === undefined ? {} : { artifactType }) }];
    });
    return [...listed, ...(this.falseReferrers.get(subject) ?? [])];
  }

  async putManifest(
    repository: Repository,
    { manifest, tag }: ManifestPut,
    signal: AbortSignal,
  ): Promise<void> {
    const { digest } = manifest.descriptor;
    invariant(digestOf(manifest.bytes) === digest, 'the bytes put are the bytes hashed');
    const kind = tag === undefined ? 'manifest' : 'tag';
    const name = formatReference(repository, tag ?? digest);
    await this.#write({ kind, name, digest }, signal);
    const { config, layers, manifests } = linksOf(manifest);
    const contents = this.#contents(repository);
    const lacks = [
      ...manifests.filter((child) => !contents.manifests.has(child.digest)),
      ...layers.filter((blob) => !contents.blobs.has(blob.digest)),
      ...(config === undefined || contents.blobs.has(config.digest) ? [] : [config]),
    ];
    if (lacks.length > 0) {
      const names = lacks.map((one) => one.digest).join(', ');
      throw new TaskError('REGISTRY_REJECTED', `${name} points to ${names}, not there yet.`);
    }
    contents.manifests.set(digest, manifest);
    if (tag !== undefined) contents.tags.set(tag, digest);
  }

  async putBlob(
    repository: Repository,
    { descriptor, bytes }: BlobPut,
    signal: AbortSignal,
  ): Promise<void> {
    const { digest } = descriptor;
    invariant(digestOf(bytes) === digest, 'the bytes put are the bytes hashed');
    await this.#write({ kind: 'blob', name: formatReference(repository, digest), digest }, signal);
    this.#contents(repository).blobs.set(digest, bytes);
  }

  async copyManifest(
    { manifest, from, to, mount }: CopyRequest,
    signal: AbortSignal,
  ): Promise<CopyCounts> {
    const { config, layers } = linksOf(manifest);
    const counts = { present: 0, mounted: 0, uploaded: 0, uploadedBytes: 0 };
    for (const { digest } of config === undefined ? layers : [config, ...layers]) {
      if (this.#contents(to).blobs.has(digest)) {
        counts.present += 1;
        continue;
      }
      const bytes = definite(this.#contents(from).blobs.get(digest), 'a blob at the source');
      await this.#write({ kind: 'blob', name: formatReference(to, digest), digest }, signal);
      this.#contents(to).blobs.set(digest, bytes);
      const isMounted = mount && from.registry === to.registry;
      counts[isMounted ? 'mounted' : 'uploaded'] += 1;
      counts.uploadedBytes += isMounted ? 0 : bytes.byteLength;
    }
    await this.putManifest(to, { manifest }, signal);
    return counts;
  }

  /** Content that is lost afterwards is not copied again: that is between the client and a real registry. */
  async tagCopied({ manifest, to }: CopyRequest, tag: string, signal: AbortSignal): Promise<void> {
    await this.putManifest(to, { manifest, tag }, signal);
  }

  /** Every write so far is in lists of referrers; how many writes there were is noted. */
  async settle(signal: AbortSignal): Promise<void> {
    await setImmediate();
    signal.throwIfAborted();
    this.settledAfter.push(this.writes.length);
  }

  async deleteManifest(
    repository: Repository,
    reference: string,
    signal: AbortSignal,
  ): Promise<void> {
    const found = this.#find(repository, reference);
    if (found === undefined) return;
    const { digest } = found.descriptor;
    const name = formatReference(repository, reference);
    await this.#write({ kind: 'delete', name, digest }, signal);
    const { tags, manifests } = this.#contents(repository);
    if (!tags.delete(reference)) manifests.delete(digest);
  }

  /** Counts manifests only. */
  async copyGraph(request: GraphCopyRequest, signal: AbortSignal): Promise<GraphCounts> {
    const { roots, from, to, mount, referrers } = request;
    let manifests = 0;
    const copy = async (manifest: ManifestDocument): Promise<void> => {
      const { digest } = manifest.descriptor;
      const children = linksOf(manifest).manifests.map((child) => child.digest);
      for (const child of children) await copy(definite(this.#find(from, child), 'a child'));
      await this.copyManifest({ manifest, from, to, mount }, signal);
      manifests += 1;
      const listed = referrers === 'none' ? [] : await this.listReferrers(from, digest, signal);
      for (const one of listed) await copy(definite(this.#find(from, one.digest), 'a referrer'));
    };
    for (const { manifest, tags } of roots) {
      await copy(manifest);
      for (const tag of tags) await this.putManifest(to, { manifest, tag }, signal);
    }
    return { present: 0, mounted: 0, uploaded: 0, uploadedBytes: 0, manifests };
  }

  #find(repository: Repository, reference: string): ManifestDocument | undefined {
    const { manifests, tags } = this.#contents(repository);
    return [...manifests.values()].find(
      ({ descriptor }) => descriptor.digest === (tags.get(reference) ?? reference),
    );
  }

  #contents(repository: Repository): Contents {
    const name = formatRepository(repository);
    const known = this.#repositories.get(name);
    if (known !== undefined) return known;
    const contents: Contents = { manifests: new Map(), blobs: new Map(), tags: new Map() };
    this.#repositories.set(name, contents);
    return contents;
  }

  async #read(name: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.beforeRead(name);
    this.reads.push(name);
    await setImmediate();
    signal.throwIfAborted();
  }

  async #write(write: RegistryWrite, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await setImmediate();
    signal.throwIfAborted();
    this.beforeWrite(write);
    this.writes.push(write);
  }
}
