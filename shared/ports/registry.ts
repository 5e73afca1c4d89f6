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
  resolveTag(repository: Repository, tag: string, signal: AbortSignal): Promise<Digest | undefined>;

  /** A small blob (config, envelope), whole; at most 32 MiB. Throws TaskError `CONTENT_NOT_FOUND` when absent. */
  getBlob(repository: Repository, descriptor: Descriptor, signal: AbortSignal): Promise<Uint8Array>;

  /** Descriptors of the manifests whose subject is `subject`; their sizes are hints. */
  listReferrers(
    repository: Repository,
    subject: Digest,
    signal: AbortSignal,
  ): Promise<readonly Descriptor[]>;
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
   * of that subject afterwards, also on registries without a referrers API.
   */
  putManifest(repository: Repository, put: ManifestPut, signal: AbortSignal): Promise<void>;

  /** Puts a small blob unless this run has put it in this repository before. */
  putBlob(repository: Repository, put: BlobPut, signal: AbortSignal): Promise<void>;
}

/** One manifest to copy with its blobs, by digest. Its children must be at the target already. */
export interface CopyRequest {
  readonly manifest: ManifestDocument;
  readonly from: Repository;
  readonly to: Repository;
  /** Whether blobs may be mounted where source and target are one registry. */
  readonly mount: boolean;
}

/** What copying one manifest did with its blobs. */
export interface CopyCounts {
  readonly present: number;
  readonly mounted: number;
  readonly uploaded: number;
  /** Bytes of the blobs that were streamed. */
  readonly uploadedBytes: number;
}

/** Copies content between repositories; bytes never change. */
export interface ContentCopier {
  copyManifest(request: CopyRequest, signal: AbortSignal): Promise<CopyCounts>;
}
