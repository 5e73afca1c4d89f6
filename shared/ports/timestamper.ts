import type { CertificateChain } from '../notary/certificate-chain.ts';

/** A signature that is to be stamped, and the chain that made it. */
export interface SignatureToStamp {
  readonly signature: Uint8Array;
  readonly chain: CertificateChain;
}

/** The word of an authority about when a signature was there. */
export interface TimestampProof {
  /** The token, as it goes into an envelope. */
  readonly token: Uint8Array;
  readonly time: Date;
}

/** Has signatures countersigned by time stamping authorities. */
export interface Timestamper {
  /**
   * A timestamp that holds under the trusted roots.
   *
   * @throws TaskError `TIMESTAMP_FAILED` when no authority gave one that does
   */
  stamp(request: SignatureToStamp, signal: AbortSignal): Promise<TimestampProof>;
}
