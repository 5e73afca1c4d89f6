import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { ManifestDocument } from '../oci/manifest-document.ts';
import type { Repository } from '../oci/reference.ts';

/** A Notary Project signature as a registry holds it. */
export interface FoundSignature {
  readonly manifest: ManifestDocument;
  readonly envelope: Uint8Array;
  /** `application/cose` or `application/jose+json`. */
  readonly mediaType: string;
}

/** The manifest of a signature, as one of those that are listed for its subject. */
export interface ListedSignature {
  readonly subject: Digest;
  readonly signature: Digest;
}

/** Reads signatures from a registry, without judging them. What is no well-formed signature is passed over. */
export interface SignatureReader {
  /** The signatures of a manifest, the first hundred of them. */
  find(
    repository: Repository,
    subject: Pick<Descriptor, 'digest'>,
    signal: AbortSignal,
  ): Promise<readonly FoundSignature[]>;
  /** Those of what is listed for a manifest that are looked at: the first hundred; warns when there are more. */
  lookedAt<T>(repository: Repository, subject: Digest, listed: readonly T[]): readonly T[];
  /** One signature of a manifest; absent when it is not listed or not there. */
  findOne(
    repository: Repository,
    wanted: ListedSignature,
    signal: AbortSignal,
  ): Promise<FoundSignature | undefined>;
  /**
   * The signature that a manifest holds; absent when it is no signature manifest, or its envelope is gone, too large or
   * not what the manifest says.
   */
  read(
    repository: Repository,
    manifest: ManifestDocument,
    signal: AbortSignal,
  ): Promise<FoundSignature | undefined>;
}
