import type { Certificate } from '../notary/certificate.ts';
import type { Evidence } from '../notary/evidence.ts';
import type { Trust } from '../notary/verify.ts';

/** A signature that is to be verified, and under what. */
export interface SignatureInQuestion {
  readonly envelope: Uint8Array;
  /** `application/cose` or `application/jose+json`. */
  readonly mediaType: string;
  /** The statement and stores that it must satisfy; absent when there are none. */
  readonly trust?: Trust;
  /** Whom a timestamp must be by that is wanted in any case; absent when none is. */
  readonly stampRoots?: readonly Certificate[];
}

/** Collects what verifications need from elsewhere. */
export interface EvidenceReader {
  /**
   * Reads timestamps and asks responders and lists, as far as the signatures need it; the same thing is asked once a run.
   * What cannot be found out is part of the evidence, not a failure.
   */
  gather(signatures: readonly SignatureInQuestion[], signal: AbortSignal): Promise<Evidence>;
}
