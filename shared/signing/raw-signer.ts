import { BugError, TaskError, invariant } from '../core/errors.ts';
import { mapLimit } from '../core/concurrency.ts';
import { orThrow } from '../core/result.ts';
import { checkSigningChain } from '../notary/certificate-chain.ts';
import type { CertificateChain } from '../notary/certificate-chain.ts';
import { draftEnvelope, mediaTypeOf } from '../notary/envelope.ts';
import { buildPayload, checkUserMetadata } from '../notary/payload.ts';
import { formatFailures, verifyAgainstChain } from '../notary/verify.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { SignedEnvelope, SigningJob, SigningOptions, SigningResult } from '../ports/signer.ts';
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

/** Jobs that are signed before the first of them is handed on. */
const BATCH = 32;

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
  const settled = settleOptions(signer, options);
  for (let start = 0; start < jobs.length; start += BATCH) {
    const batch = jobs.slice(start, start + BATCH);
    yield* await mapLimit(
      batch,
      async (job) => signJob(signer, job, { options: settled, signal }),
      {
        limit: signer.concurrency,
        signal,
      },
    );
  }
}

/**
 * The certificate chain, which must be fit to sign at a time.
 *
 * @throws TaskError `CERTIFICATE_INVALID`
 */
export function requireSigningChain(ders: readonly Uint8Array[], at: Date): CertificateChain {
  return orThrow(checkSigningChain(ders, at), {
    code: 'CERTIFICATE_INVALID',
    subject: 'The certificate chain',
    hint: 'Use a valid code signing certificate with its issuers, up to the self-signed root.',
  });
}

/** The chain of a signer in DER, leaf first. */
export function chainOf({ chain }: RawSigner): readonly Uint8Array[] {
  return chain.certificates.map(({ raw }) => raw);
}

/** Envelopes know whole seconds only. */
function settleOptions(signer: RawSigner, options: SigningOptions): SigningOptions {
  const signingTime = new Date(Math.floor(options.signingTime.getTime() / 1000) * 1000);
  const { expiry, userMetadata } = options;
  invariant(expiry === undefined || expiry > signingTime, 'a signature ends after it is made');
  orThrow(checkUserMetadata(userMetadata, 'userMetadata'), {
    code: 'INPUT_INVALID',
    subject: 'The user metadata',
  });
  requireSigningChain(chainOf(signer), signingTime);
  return { ...options, signingTime };
}

interface JobContext {
  readonly options: SigningOptions;
  readonly signal: AbortSignal;
}

async function signJob(
  signer: RawSigner,
  job: SigningJob,
  context: JobContext,
): Promise<SigningResult> {
  const subject = subjectOf(job, signer.chain.algorithm.hash);
  try {
    return { kind: 'signed', job, envelope: await makeEnvelope(signer, subject, context) };
  } catch (error) {
    if (error instanceof BugError || context.signal.aborted) throw error;
    if (error instanceof TaskError) return { kind: 'failed', job, error };
    const message = `${subject.digest} could not be signed.`;
    const failure = new TaskError('SIGNING_FAILED', message, { cause: error });
    return { kind: 'failed', job, error: failure };
  }
}

async function makeEnvelope(
  signer: RawSigner,
  subject: Descriptor,
  { options, signal }: JobContext,
): Promise<SignedEnvelope> {
  const { format, signingTime, expiry, userMetadata, timestamper } = options;
  const { chain, signingAgent } = signer;
  const payload = orThrow(buildPayload(subject, userMetadata, format), {
    code: 'INPUT_INVALID',
    subject: `The payload for ${subject.digest}`,
  });
  const scheme = 'notary.x509';
  const attributes = { scheme, signingTime, ...(expiry === undefined ? {} : { expiry }) } as const;
  const draft = draftEnvelope(format, {
    payload,
    algorithm: chain.algorithm,
    attributes: { ...attributes, extended: [] },
  });
  const ders = chainOf(signer);
  const signature = await signer.sign(draft.signingInput, signal);
  const stamp = await timestamper?.stamp({ signature, chain }, signal);
  const bytes = draft.assemble({
    ...{ signature, chain: ders, signingAgent },
    ...(stamp === undefined ? {} : { timestamp: stamp.token }),
  });
  const mediaType = mediaTypeOf(format);
  const result = verifyAgainstChain(
    { envelope: bytes, mediaType, subject, now: signingTime },
    ders,
  );
  if (!result.ok) {
    const reason = formatFailures(result);
    throw new TaskError(
      'SIGNING_FAILED',
      `The signature made for ${subject.digest} is not good: ${reason}`,
      {
        hint: 'Check that the certificate belongs to the key that signs.',
      },
    );
  }
  const stampedAt = stamp?.time;
  return {
    ...{ subject, bytes, mediaType, chain: ders, signingTime },
    ...(stampedAt === undefined ? {} : { stampedAt }),
  };
}
