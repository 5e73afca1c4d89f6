import type { Descriptor } from '../oci/descriptor.ts';
import type { ManifestDocument } from '../oci/manifest-document.ts';
import type { Repository } from '../oci/reference.ts';

/** A Notary Project signature as a registry holds it. */
export interface FoundSignature {
  readonly manifest: ManifestDocument;
  readonly envelope: Uint8Array;
  /** `application/cose` or `application/jose+json`. */
  readonly mediaType: string;
}

/** Reads signatures from a registry, without judging them. */
export interface SignatureReader {
  /** The signatures of a manifest. */
  find(
    repository: Repository,
    subject: Pick<Descriptor, 'digest'>,
    signal: AbortSignal,
  ): Promise<readonly FoundSignature[]>;
  /** The signature that a manifest holds; absent when it is no signature manifest or its envelope is gone. */
  read(
    repository: Repository,
    manifest: ManifestDocument,
    signal: AbortSignal,
  ): Promise<FoundSignature | undefined>;
}
