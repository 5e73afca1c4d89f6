import { BugError, TaskError, invariant } from '../core/errors.ts';
import { mapAsReady } from '../core/concurrency.ts';
import { orThrow } from '../core/result.ts';
import { checkSigningChain } from '../notary/certificate-chain.ts';
import type { CertificateChain } from '../notary/certificate-chain.ts';
import { draftEnvelope, mediaTypeOf } from '../notary/envelope.ts';
import type { SignatureAlgorithm } from '../notary/key-spec.ts';
import { buildPayload, checkUserMetadata } from '../notary/payload.ts';
import { formatFailures, verifyAgainstChain } from '../notary/verify.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { SignedEnvelope, SigningJob, SigningOptions, SigningResult } from '../ports/signer.ts';

/** How jobs are worked on. */
export interface Batch {
  /** How many signatures may be made at the same time. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
}

/** Signs every job; a job that fails does not stop the others, but for a bug and when the run is cancelled. */
export async function* signEach(
  jobs: readonly SigningJob[],
  { concurrency, signal }: Batch,
  sign: (job: SigningJob) => Promise<SignedEnvelope>,
): AsyncGenerator<SigningResult> {
  const attempt = async (job: SigningJob): Promise<SigningResult> => {
    try {
      return { kind: 'signed', job, envelope: await sign(job) };
    } catch (error) {
      if (error instanceof BugError || signal.aborted) throw error;
      return { kind: 'failed', job, error: failureOf(job, error) };
    }
  };
  yield* mapAsReady(jobs, attempt, { limit: concurrency, signal });
}

/** What a job is called in messages: the digest of a manifest, or what kind of content it is. */
function nameOf(job: SigningJob): string {
  return job.kind === 'manifest' ? job.subject.digest : `the ${job.blob.mediaType} file`;
}

function failureOf(job: SigningJob, error: unknown): TaskError {
  if (error instanceof TaskError) return error;
  return new TaskError('SIGNING_FAILED', `Could not sign ${nameOf(job)}.`, { cause: error });
}

/**
 * Options as envelopes take them, who know whole seconds only.
 *
 * @throws TaskError `INPUT_INVALID` when user metadata is reserved or no text
 */
export function settleOptions(options: SigningOptions): SigningOptions {
  const signingTime = new Date(Math.floor(options.signingTime.getTime() / 1000) * 1000);
  const { expiry, userMetadata } = options;
  invariant(expiry === undefined || expiry > signingTime, 'a signature ends after it is made');
  orThrow(checkUserMetadata(userMetadata, 'userMetadata'), {
    code: 'INPUT_INVALID',
    subject: 'The user metadata',
  });
  return { ...options, signingTime };
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

/** A chain in DER, leaf first. */
export function dersOf({ certificates }: CertificateChain): readonly Uint8Array[] {
  return certificates.map(({ raw }) => raw);
}

/** The bytes to sign for a subject; throws TaskError `INPUT_INVALID` when user metadata and annotations clash. */
export function payloadFor(
  subject: Descriptor,
  { userMetadata, format }: Pick<SigningOptions, 'userMetadata' | 'format'>,
): Uint8Array {
  return orThrow(buildPayload(subject, userMetadata, format), {
    code: 'INPUT_INVALID',
    subject: `The payload for ${subject.digest}`,
  });
}

/** What an envelope is made of, but for the signature. */
export interface EnvelopeRequest {
  readonly subject: Descriptor;
  readonly algorithm: SignatureAlgorithm;
  /** What signs, for the record in the envelope, e.g. `container-image-release/1.0.0`. */
  readonly signingAgent: string;
  /** Settled. */
  readonly options: SigningOptions;
}

/** A signature, ECDSA as `r` and `s` side by side, with the chain of the certificate that made it. */
export interface RawSignature {
  readonly signature: Uint8Array;
  readonly chain: CertificateChain;
}

/**
 * Makes an envelope around a signature that something else makes, stamped where that is wanted; it is verified before it
 * is handed on.
 *
 * @throws TaskError `SIGNING_FAILED` when the signature is not good
 */
export async function makeEnvelope(
  { subject, algorithm, signingAgent, options }: EnvelopeRequest,
  sign: (data: Uint8Array) => Promise<RawSignature>,
  signal: AbortSignal,
): Promise<SignedEnvelope> {
  const { format, signingTime, expiry, timestamper } = options;
  const payload = payloadFor(subject, options);
  const scheme = 'notary.x509';
  const attributes = { scheme, signingTime, ...(expiry === undefined ? {} : { expiry }) } as const;
  const draft = draftEnvelope(format, {
    payload,
    algorithm,
    attributes: { ...attributes, extended: [] },
  });
  const made = await sign(draft.signingInput);
  const chain = dersOf(made.chain);
  const stamp = await timestamper?.stamp(made, signal);
  const bytes = draft.assemble({
    ...{ signature: made.signature, chain, signingAgent },
    ...(stamp === undefined ? {} : { timestamp: stamp.token }),
  });
  const envelope = { subject, bytes, mediaType: mediaTypeOf(format), chain, signingTime };
  requireGood(envelope);
  const stampedAt = stamp?.time;
  return stampedAt === undefined ? envelope : { ...envelope, stampedAt };
}

/**
 * Verifies a new envelope against the chain it bears, as of its signing time.
 *
 * @throws TaskError `SIGNING_FAILED`
 */
export function requireGood({
  subject,
  bytes,
  mediaType,
  chain,
  signingTime,
}: SignedEnvelope): void {
  const signature = { envelope: bytes, mediaType, subject, now: signingTime };
  const result = verifyAgainstChain(signature, chain);
  if (result.ok) return;
  const reason = formatFailures(result);
  throw new TaskError(
    'SIGNING_FAILED',
    `The signature made for ${subject.digest} is not good: ${reason}`,
    { hint: 'Check that the certificate belongs to the key that signs.' },
  );
}
