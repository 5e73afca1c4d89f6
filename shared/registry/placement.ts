import { SingleFlight } from '../core/concurrency.ts';
import { untilAborted } from '../core/until-aborted.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { formatRepository } from '../oci/reference.ts';
import type { Repository } from '../oci/reference.ts';
import type { BlobPut, Placement } from '../ports/registry.ts';
import { isSmall } from './blobs.ts';
import type { BlobReader } from './blobs.ts';
import type { ProfileFinder } from './profiles.ts';
import type { Scheduler } from './scheduler.ts';
import { metered, sourceOf } from './upload-source.ts';
import type { OpenSource, UploadSource } from './upload-source.ts';
import type { BlobUploader, MountResult } from './uploads.ts';

/** A blob to bring from one repository to another. */
export interface BlobCopy {
  readonly descriptor: Descriptor;
  readonly from: Repository;
  readonly to: Repository;
  /** Whether the registry may be asked to take it from another of its repositories. */
  readonly mount: boolean;
  /** Where its content comes from when the source does not have it. */
  readonly open?: OpenSource;
  /** Told how many of its bytes are on their way, as they go. */
  readonly onBytes?: (count: number) => void;
}

interface Placed {
  readonly placement: Placement;
  /** The call that did it; others only waited. */
  readonly by: symbol;
}

/** Brings blobs into repositories, each blob once per repository and run, by the cheapest way. */
export class BlobPlacer {
  readonly #reader: BlobReader;
  readonly #uploader: BlobUploader;
  /** Bounds the blobs in transit: each holds two connections. */
  readonly #streams: Scheduler;
  readonly #profileOf: ProfileFinder;
  readonly #placed = new SingleFlight<Placed>();
  /** By registry and digest: the call that brings a blob which the registry may not have in any repository. */
  readonly #coming = new Map<string, Promise<void>>();
  /** By registry and digest: a repository that has the blob. */
  readonly #seen = new Map<string, string>();
  readonly #registriesWithoutMount = new Set<string>();
  /** Repositories in which the last blob that was asked for was there already. */
  readonly #foundLast = new Set<string>();

  constructor(parts: {
    readonly reader: BlobReader;
    readonly uploader: BlobUploader;
    readonly streams: Scheduler;
    readonly profileOf: ProfileFinder;
  }) {
    this.#reader = parts.reader;
    this.#uploader = parts.uploader;
    this.#streams = parts.streams;
    this.#profileOf = parts.profileOf;
  }

  /** Puts bytes that are new to the registry: nothing is asked first. */
  async put(repository: Repository, blob: BlobPut, signal: AbortSignal): Promise<void> {
    await this.#once(repository, blob.descriptor, async () => {
      await this.#uploader.put(repository, blob, signal);
      return 'uploaded';
    });
  }

  /** Brings a blob from one repository to another; `present` for all but the first call of a run. */
  async copy(request: BlobCopy, signal: AbortSignal): Promise<Placement> {
    return this.#once(request.to, request.descriptor, async () => this.#place(request, signal));
  }

  /** Forgets that a blob is in a repository: the next copy finds out. */
  forget(repository: Repository, descriptor: Descriptor): void {
    this.#placed.forget(placeKey(repository, descriptor));
    if (this.#seen.get(seenKey(repository, descriptor)) === repository.name) {
      this.#seen.delete(seenKey(repository, descriptor));
    }
  }

  async #once(
    repository: Repository,
    descriptor: Descriptor,
    place: () => Promise<Placement>,
  ): Promise<Placement> {
    const me = Symbol('the call that places the blob');
    const result = await this.#placed.run(placeKey(repository, descriptor), async () => {
      const placement = await place();
      this.#seen.set(seenKey(repository, descriptor), repository.name);
      return { placement, by: me };
    });
    return result.by === me ? result.placement : 'present';
  }

  async #place(request: BlobCopy, signal: AbortSignal): Promise<Placement> {
    const { descriptor, to } = request;
    if (sourceName(request) === formatRepository(to)) return 'present';
    if (this.#isLikelyIn(to) && (await this.#reader.exists(to, descriptor.digest, signal))) {
      return 'present';
    }
    const placement = await this.#bringInTurn(request, signal);
    if (placement === 'present') this.#foundLast.add(formatRepository(to));
    else this.#foundLast.delete(formatRepository(to));
    return placement;
  }

  /** Where writes are scarce, what follows a blob that was there is asked for by a read. */
  #isLikelyIn(repository: Repository): boolean {
    const { writesAreScarce } = this.#profileOf(repository.registry);
    return writesAreScarce && this.#foundLast.has(formatRepository(repository));
  }

  /** Of the repositories that need a blob at once one gets it, the others can take it from there then. */
  async #bringInTurn(request: BlobCopy, signal: AbortSignal): Promise<Placement> {
    const { descriptor, to } = request;
    const key = seenKey(to, descriptor);
    while (this.#canTakeFromOther(request)) {
      const coming = this.#coming.get(key);
      if (coming === undefined) break;
      await untilAborted(coming, signal);
    }
    const bringing = this.#bring(request, signal);
    if (this.#coming.has(key)) return bringing;
    const ended = bringing.then(
      () => {
        this.#seen.set(key, to.name);
        this.#coming.delete(key);
      },
      () => {
        this.#coming.delete(key);
      },
    );
    this.#coming.set(key, ended);
    const placement = await bringing;
    await ended;
    return placement;
  }

  /** Whether a blob that comes from elsewhere could be mounted, were it in another repository of its registry. */
  #canTakeFromOther({ descriptor, from, to, mount, open }: BlobCopy): boolean {
    if (!mount || (from.registry === to.registry && open === undefined)) return false;
    if (this.#seen.has(seenKey(to, descriptor))) return false;
    const { mountsAcross } = this.#profileOf(to.registry);
    return mountsAcross && !this.#registriesWithoutMount.has(to.registry);
  }

  async #bring(request: BlobCopy, signal: AbortSignal): Promise<Placement> {
    const { descriptor, from, to } = request;
    const source = this.#mountSource(request);
    const mount = await this.#mount(request, source, signal);
    if (mount.kind === 'there') return source === to.name ? 'present' : 'mounted';
    const isUnknown = mount.kind === 'refused';
    if (isUnknown && (await this.#reader.exists(to, descriptor.digest, signal))) return 'present';
    const session = isUnknown ? {} : { session: mount.session };
    await this.#streams.run(
      to.registry,
      async () => {
        const given = request.open ?? (async () => this.#open(from, descriptor, signal));
        const open = request.onBytes === undefined ? given : metered(given, request.onBytes);
        await this.#uploader.upload({ repository: to, descriptor, open, ...session }, signal);
      },
      signal,
    );
    return 'uploaded';
  }

  /** The source when it is of the same registry, else a repository that got the blob before, else the target itself. */
  #mountSource({ descriptor, from, to, open }: BlobCopy): string {
    if (from.registry === to.registry && open === undefined) return from.name;
    return this.#seen.get(seenKey(to, descriptor)) ?? to.name;
  }

  async #mount(request: BlobCopy, source: string, signal: AbortSignal): Promise<MountResult> {
    const { descriptor, to, mount } = request;
    if (!mount || !this.#mayMount(to, source)) return { kind: 'refused' };
    const result = await this.#uploader.mount({ repository: to, descriptor }, source, signal);
    if (result.kind === 'refused') this.#registriesWithoutMount.add(to.registry);
    return result;
  }

  #mayMount({ registry, name }: Repository, source: string): boolean {
    if (this.#registriesWithoutMount.has(registry)) return false;
    const { mountsAcross, mountsFromItself } = this.#profileOf(registry);
    return source === name ? mountsFromItself : mountsAcross;
  }

  async #open(
    from: Repository,
    descriptor: Descriptor,
    signal: AbortSignal,
  ): Promise<UploadSource> {
    if (isSmall(descriptor)) {
      return sourceOf(await this.#reader.get(from, descriptor, signal));
    }
    const { chunks, release } = await this.#reader.open(from, descriptor, signal);
    return { body: { size: descriptor.size, chunks }, release };
  }
}

/** The repository that has the blob, if one has it. */
function sourceName({ from, open }: BlobCopy): string | undefined {
  return open === undefined ? formatRepository(from) : undefined;
}

function placeKey(repository: Repository, { digest }: Descriptor): string {
  return `${formatRepository(repository)}@${digest}`;
}

function seenKey({ registry }: Repository, { digest }: Descriptor): string {
  return `${registry} ${digest}`;
}
