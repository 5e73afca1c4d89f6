import type { TaskError } from '../core/errors.ts';
import type { Blob } from '../notary/blob-signature.ts';
import type { EnvelopeFormat } from '../notary/payload.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Timestamper } from './timestamper.ts';

/** One thing to sign: a manifest, or content whose digest is made with the hash of the signing key. */
export type SigningJob =
  | { readonly kind: 'manifest'; readonly subject: Descriptor }
  | { readonly kind: 'blob'; readonly blob: Blob };

/** What all signatures of one batch share. */
export interface SigningOptions {
  readonly format: EnvelopeFormat;
  /** Whole seconds. */
  readonly signingTime: Date;
  /** When the signatures end; absent: never. */
  readonly expiry?: Date;
  /** Has each signature stamped; absent: signatures bear no timestamp. */
  readonly timestamper?: Timestamper;
  /** Annotations bound into the signed payload. */
  readonly userMetadata: Readonly<Record<string, string>>;
}

/** A Notary Project envelope over one subject. */
export interface SignedEnvelope {
  /** What the envelope binds, without user metadata. */
  readonly subject: Descriptor;
  readonly bytes: Uint8Array;
  /** `application/cose` or `application/jose+json`. */
  readonly mediaType: string;
  /** Certificates in DER, leaf first, root last. */
  readonly chain: readonly Uint8Array[];
  readonly signingTime: Date;
  /** When an authority says that the signature was there; absent without a timestamp. */
  readonly stampedAt?: Date;
  /** What the signer wants in the manifest of the signature. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What became of one job, which is the very object that was given; failures of single jobs do not stop the others. */
export type SigningResult =
  | { readonly kind: 'signed'; readonly job: SigningJob; readonly envelope: SignedEnvelope }
  | { readonly kind: 'failed'; readonly job: SigningJob; readonly error: TaskError };

/** Signs batches. */
export interface Signer {
  /**
   * The certificate chain that signatures will bear, in DER, leaf first; absent when only the signatures tell.
   * Throws TaskError when it is not fit to sign.
   */
  chain(signal: AbortSignal): Promise<readonly Uint8Array[] | undefined>;
  /**
   * Signs every job; results come as they are ready, in any order. Each envelope has been verified against the chain it
   * bears.
   */
  sign(
    jobs: readonly SigningJob[],
    options: SigningOptions,
    signal: AbortSignal,
  ): AsyncIterable<SigningResult>;
}
