import type { CertificateChain } from '../notary/certificate-chain.ts';
import type { SigningJob, SigningOptions, SigningResult } from '../ports/signer.ts';
import {
  dersOf,
  makeEnvelope,
  requireSigningChain,
  settleOptions,
  signEach,
} from './envelope-maker.ts';
import type { RawSignature } from './envelope-maker.ts';
import { subjectOf } from './job-subject.ts';

/** Something that holds a private key and signs bytes; envelopes are made around it. */
export interface RawSigner {
  readonly chain: CertificateChain;
  /** What signs, for the record in the envelope, e.g. `container-image-release/1.0.0`. */
  readonly signingAgent: string;
  /** How many signatures may be made at the same time. */
  readonly concurrency: number;
  /** A signature with the algorithm of the chain's leaf; ECDSA as `r` and `s` side by side. */
  sign(data: Uint8Array, signal: AbortSignal): Promise<Uint8Array>;
}

/**
 * Signs every job with a raw signer. Each envelope is verified before it is handed on.
 *
 * @throws TaskError `CERTIFICATE_INVALID` or `INPUT_INVALID` before the first signature, when none could be good
 */
export async function* signWith(
  signer: RawSigner,
  jobs: readonly SigningJob[],
  { options, signal }: { readonly options: SigningOptions; readonly signal: AbortSignal },
): AsyncGenerator<SigningResult> {
  const { chain, signingAgent, concurrency } = signer;
  const { algorithm } = chain;
  const settled = settleOptions(options);
  requireSigningChain(dersOf(chain), settled.signingTime);
  yield* signEach(jobs, { concurrency, signal }, async (job) => {
    const subject = subjectOf(job, algorithm.hash);
    const request = { subject, algorithm, signingAgent, options: settled };
    const sign = async (data: Uint8Array): Promise<RawSignature> => ({
      signature: await signer.sign(data, signal),
      chain,
    });
    return makeEnvelope(request, sign, signal);
  });
}
