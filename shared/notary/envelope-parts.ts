import type { SignatureAlgorithm } from './key-spec.ts';
import type { SignedAttributes, SignedHeader } from './signed-header.ts';

/** What is to be signed. */
export interface EnvelopeContent {
  readonly payload: Uint8Array;
  readonly algorithm: SignatureAlgorithm;
  readonly attributes: SignedAttributes;
}

/** What is added once the signature is made; of this only the signature protects itself. */
export interface EnvelopeSeal {
  readonly signature: Uint8Array;
  /** Certificates in DER, leaf first. */
  readonly chain: readonly Uint8Array[];
  /** What made the signature, e.g. `Notation/1.0.0`. */
  readonly signingAgent?: string;
  /** An RFC 3161 token over the signature. */
  readonly timestamp?: Uint8Array;
}

/** An envelope before its signature. */
export interface EnvelopeDraft {
  /** The bytes that the signature must be made over. */
  readonly signingInput: Uint8Array;
  readonly assemble: (seal: EnvelopeSeal) => Uint8Array;
}

/** An envelope taken apart, before anything is verified. */
export interface EnvelopeParts extends SignedHeader, EnvelopeSeal {
  readonly payload: Uint8Array;
  readonly signingInput: Uint8Array;
  /** How long the salt of a PSS signature may be in this format. */
  readonly salt: 'as-hash' | 'any';
}
