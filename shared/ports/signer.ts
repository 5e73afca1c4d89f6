import type { TaskError } from '../core/errors.ts';
import type { EnvelopeFormat } from '../notary/payload.ts';
import type { Descriptor } from '../oci/descriptor.ts';

/** One thing to sign: a manifest, or a file by its descriptor. */
export interface SigningJob {
  readonly subject: Descriptor;
}

/** What all signatures of one batch share. */
export interface SigningOptions {
  readonly format: EnvelopeFormat;
  /** Whole seconds. */
  readonly signingTime: Date;
  /** When the signatures end; absent: never. */
  readonly expiry?: Date;
  /** Annotations bound into the signed payload. */
  readonly userMetadata: Readonly<Record<string, string>>;
}

/** A Notary Project envelope over one subject. */
export interface SignedEnvelope {
  readonly subject: Descriptor;
  readonly bytes: Uint8Array;
  /** `application/cose` or `application/jose+json`. */
  readonly mediaType: string;
  /** Certificates in DER, leaf first, root last. */
  readonly chain: readonly Uint8Array[];
  readonly signingTime: Date;
}

/** What became of one job; failures of single jobs do not stop the others. */
export type SigningResult =
  | { readonly kind: 'signed'; readonly envelope: SignedEnvelope }
  | { readonly kind: 'failed'; readonly subject: Descriptor; readonly error: TaskError };

/** Signs batches. */
export interface Signer {
  /** The certificate chain that signatures will bear, in DER, leaf first. Throws TaskError when it is not fit to sign. */
  chain(signal: AbortSignal): Promise<readonly Uint8Array[]>;
  /** Signs every job; results come as they are ready, in any order. */
  sign(
    jobs: readonly SigningJob[],
    options: SigningOptions,
    signal: AbortSignal,
  ): AsyncIterable<SigningResult>;
}
