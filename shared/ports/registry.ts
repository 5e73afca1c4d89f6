import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { ManifestDocument } from '../oci/manifest-document.ts';
import type { Repository } from '../oci/reference.ts';

/** Reads a registry. Everything returned has been hashed; `undefined` means that the registry said 404. */
export interface RegistryReader {
  /** The manifest behind a digest or a tag. Throws TaskError `DIGEST_MISMATCH` when the bytes are not those named. */
  getManifest(
    repository: Repository,
    reference: Digest | string,
    signal: AbortSignal,
  ): Promise<ManifestDocument | undefined>;

  /** The digest behind a tag or a digest, by HEAD where the registry tells it: whether and what is there. */
  resolveTag(
    repository: Repository,
    reference: Digest | string,
    signal: AbortSignal,
  ): Promise<Digest | undefined>;

  /** A small blob (config, envelope), whole; at most 32 MiB. Throws TaskError `CONTENT_NOT_FOUND` when absent. */
  getBlob(repository: Repository, descriptor: Descriptor, signal: AbortSignal): Promise<Uint8Array>;

  /** Descriptors of the manifests whose subject is `subject`; their sizes are hints. */
  listReferrers(
    repository: Repository,
    subject: Digest,
    signal: AbortSignal,
  ): Promise<readonly Descriptor[]>;

  /**
   * Whether the registry keeps the lists of referrers of a repository itself, as one that was read has shown. Where it
   * does not, a list may name what was deleted since.
   */
  listsReferrersItself(repository: Repository): boolean;
}

/** A manifest to put: by its digest, or under a tag when one is given. */
export interface ManifestPut {
  readonly manifest: ManifestDocument;
  readonly tag?: string;
}

/** A small blob to put. */
export interface BlobPut {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** Writes a registry. Every call may be repeated: the same bytes give the same content. */
export interface RegistryWriter {
  /**
   * Puts a manifest; all it points to must be there. A manifest with a subject is listed among the referrers
   * of that subject afterwards, also on registries without a referrers API. Afterwards a tag is known to point to the
   * manifest: by the answer, else by a HEAD.
   */
  putManifest(repository: Repository, put: ManifestPut, signal: AbortSignal): Promise<void>;

  /** Puts a small blob unless this run has put it in this repository before. */
  putBlob(repository: Repository, put: BlobPut, signal: AbortSignal): Promise<void>;
}

/** Keeps referrers visible where registries keep no lists of them themselves. */
export interface ReferrerKeeper {
  /**
   * Makes sure that all referrers that were put are listed and stay so, also when other processes wrote the same
   * lists. It costs requests only where the registry keeps no lists itself.
   */
  settle(signal: AbortSignal): Promise<void>;
}

/**
 * What becomes of layers that are where their `urls` point to. `leave`: they stay there. `include`: the source gives
 * them, else one of these addresses, which is asked without credentials and over HTTPS only.
 */
export type ForeignLayerChoice = 'leave' | 'include';

/** One manifest to copy with its blobs, by digest. Its children must be at the target already. */
export interface CopyRequest {
  readonly manifest: ManifestDocument;
  readonly from: Repository;
  readonly to: Repository;
  /** Whether blobs may be mounted where source and target are one registry. */
  readonly mount: boolean;
  /** `leave` when absent. */
  readonly foreignLayers?: ForeignLayerChoice;
  /** Told how many bytes of its blobs are on their way, as they go; negative for those that have to go again. */
  readonly onBytes?: (count: number) => void;
}

/** What copying one manifest did with its blobs. */
export interface CopyCounts {
  readonly present: number;
  readonly mounted: number;
  readonly uploaded: number;
  /** Bytes of the blobs that were streamed. */
  readonly uploadedBytes: number;
}

/** How a blob came to be where it shall be. */
export type Placement = 'present' | 'mounted' | 'uploaded';

/** Copies content between repositories; bytes never change. */
export interface ContentCopier {
  copyManifest(request: CopyRequest, signal: AbortSignal): Promise<CopyCounts>;

  /** Sets a tag of a manifest that was copied, as `putManifest`; what the registry has lost of it is copied again. */
  tagCopied(request: CopyRequest, tag: string, signal: AbortSignal): Promise<void>;
}

/** A document to copy with everything that it consists of, and the tags that it shall have. */
export interface GraphRoot {
  readonly manifest: ManifestDocument;
  readonly tags: readonly string[];
}

/** What a graph copy does, as it happens. */
export type CopyEvent =
  | {
      readonly kind: 'blob';
      readonly descriptor: Descriptor;
      readonly placement: Placement | 'foreign';
    }
  | { readonly kind: 'manifest'; readonly descriptor: Descriptor }
  | { readonly kind: 'tag'; readonly tag: string; readonly digest: Digest };

/** Graphs to copy from one repository to another. */
export interface GraphCopyRequest {
  readonly roots: readonly GraphRoot[];
  readonly from: Repository;
  readonly to: Repository;
  /** Whether blobs may be mounted where source and target are one registry. */
  readonly mount: boolean;
  /** What the caller knows of the roots at the target; the target is asked about each when absent. */
  readonly rootsAtTarget?: 'absent' | 'present';
  /** `direct`: those of the roots and their children. `all`: those of referrers as well. */
  readonly referrers: 'none' | 'direct' | 'all';
  /**
   * Whether tags that cosign made for manifests of the graph (`sha256-….sig`, `.att`, `.sbom`) come along, for one
   * list of the tags of the source; `leave` when absent.
   */
  readonly digestTags?: 'copy' | 'leave';
  /** What becomes of an index whose child is nowhere: it is refused unless `keep` is given. */
  readonly missingChildren?: 'refuse' | 'keep';
  /** `leave` when absent. */
  readonly foreignLayers?: ForeignLayerChoice;
  readonly onEvent?: (event: CopyEvent) => void;
}

/** What a graph copy did. */
export interface GraphCounts extends CopyCounts {
  /** Manifests that were put, each once, by digest or under its tags. */
  readonly manifests: number;
}

/** Copies graphs of content: indexes, images, artifacts, and what refers to them. */
export interface GraphCopier {
  /**
   * Children go before parents, referrers before tags, and tags last. What is at the target with its digest is not
   * looked into again, but for its referrers.
   *
   * @throws TaskError; then no tag has moved
   */
  copyGraph(request: GraphCopyRequest, signal: AbortSignal): Promise<GraphCounts>;
}

/** Lists tags. */
export interface TagLister {
  /** All tags in the order of the registry; `undefined` when there is no such repository. */
  listTags(repository: Repository, signal: AbortSignal): Promise<readonly string[] | undefined>;
}

/** Deletes content. */
export interface ContentRemover {
  /** Deletes a manifest by its digest, or only a tag; what is not there is no failure. */
  deleteManifest(
    repository: Repository,
    reference: Digest | string,
    signal: AbortSignal,
  ): Promise<void>;
}
