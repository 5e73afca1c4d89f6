import { forEachLimit } from '../../shared/core/concurrency.ts';
import { TaskError, definite } from '../../shared/core/errors.ts';
import type { Descriptor } from '../../shared/oci/descriptor.ts';
import { digestOf } from '../../shared/oci/digest.ts';
import type { Digest } from '../../shared/oci/digest.ts';
import {
  EMPTY_CONFIG,
  EMPTY_CONFIG_BYTES,
  buildSignatureManifest,
} from '../../shared/oci/signature-manifest.ts';
import type { ManifestDocument } from '../../shared/oci/manifest-document.ts';
import type { RegistryWriter } from '../../shared/ports/registry.ts';
import type { SignatureReader } from '../../shared/ports/signatures.ts';
import type { SignedEnvelope, Signer, SigningOptions } from '../../shared/ports/signer.ts';
import { flawOf } from './judge.ts';
import type { Judgement, SignatureToJudge, SubjectPlace } from './judge.ts';
import type { Plan, SignStep, SkipStep } from './plan.ts';

/** Signed digests that are pushed at once; the registry client bounds what is in flight for each host. */
const PUSHES_AT_ONCE = 16;

/** What SignImageInfo writes with, and reads back with. */
export interface Writers {
  readonly signer: Signer;
  readonly registry: RegistryWriter;
  readonly signatures: SignatureReader;
}

/** What became of a digest in a repository. */
export type Outcome = {
  readonly place: SubjectPlace;
  readonly subject: Descriptor;
} & (
  | { readonly kind: 'signed' | 'skipped'; readonly signature: Digest }
  | { readonly kind: 'failed'; readonly error: TaskError }
);

interface Tools {
  readonly writers: Writers;
  readonly judgement: Judgement;
  readonly signal: AbortSignal;
}

/** Carries out a plan. A digest that fails does not stop the others; outcomes are in the order of the steps. */
export async function executePlan(plan: Plan, tools: Tools): Promise<readonly Outcome[]> {
  const { writers, signal } = tools;
  const steps = plan.steps.filter((step) => step.kind === 'sign');
  const byDigest = new Map(steps.map((step) => [step.subject.digest, step]));
  const done = new Map<Digest, readonly Outcome[]>();
  const results = writers.signer.sign(
    steps.map(({ subject }) => ({ subject })),
    optionsOf(plan),
    signal,
  );
  await forEachLimit(
    results,
    async (result) => {
      const subject = result.kind === 'signed' ? result.envelope.subject : result.subject;
      const step = definite(byDigest.get(subject.digest), 'the step of a result');
      const outcomes =
        result.kind === 'signed'
          ? await pushAll(step, result.envelope, tools)
          : step.repositories.map((place) => failed(place, subject, result.error));
      done.set(subject.digest, outcomes);
    },
    { limit: PUSHES_AT_ONCE, signal },
  );
  return plan.steps.flatMap((step) =>
    step.kind === 'skip'
      ? [skipped(step)]
      : definite(done.get(step.subject.digest), 'the outcome of a step'),
  );
}

function optionsOf({ format, signingTime, expiry, userMetadata }: Plan): SigningOptions {
  return {
    format,
    signingTime: new Date(signingTime),
    ...(expiry === undefined ? {} : { expiry: new Date(expiry) }),
    userMetadata,
  };
}

function skipped({ place, subject, signature }: SkipStep): Outcome {
  return { kind: 'skipped', place, subject, signature };
}

function failed(place: SubjectPlace, subject: Descriptor, error: TaskError): Outcome {
  return { kind: 'failed', place, subject, error };
}

async function pushAll(
  { subject, repositories }: SignStep,
  envelope: SignedEnvelope,
  tools: Tools,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const place of repositories) {
    try {
      const signature = await push({ place, subject }, envelope, tools);
      outcomes.push({ kind: 'signed', place, subject, signature });
    } catch (error) {
      if (!(error instanceof TaskError)) throw error;
      outcomes.push(failed(place, subject, error));
    }
  }
  return outcomes;
}

interface Target {
  readonly place: SubjectPlace;
  readonly subject: Descriptor;
}

/**
 * Attaches an envelope to its subject and reads it back; repeating it puts the same bytes. A signature that would be
 * refused is never pushed.
 */
async function push(
  { place, subject }: Target,
  envelope: SignedEnvelope,
  { writers, judgement, signal }: Tools,
): Promise<Digest> {
  const { registry } = writers;
  const { bytes, mediaType } = envelope;
  requireSound({ envelope: bytes, mediaType, subject, place }, judgement);
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
  const manifest = buildSignatureManifest({
    subject,
    envelope: descriptor,
    thumbprints: envelope.chain.map((der) => digestOf(der).slice('sha256:'.length)),
    signingTime: envelope.signingTime,
  });
  const { repository } = place;
  await registry.putBlob(repository, { descriptor, bytes }, signal);
  await registry.putBlob(
    repository,
    { descriptor: EMPTY_CONFIG, bytes: EMPTY_CONFIG_BYTES },
    signal,
  );
  await registry.putManifest(repository, { manifest }, signal);
  await readBack({ place, subject }, manifest, { writers, judgement, signal });
  return manifest.descriptor.digest;
}

/** What consumers will see is the proof: the registry must list the signature, and it must verify. */
async function readBack(
  { place, subject }: Target,
  { descriptor }: ManifestDocument,
  { writers, judgement, signal }: Tools,
): Promise<void> {
  const found = await writers.signatures.find(place.repository, subject, signal);
  const signature = found.find(({ manifest }) => manifest.descriptor.digest === descriptor.digest);
  if (signature === undefined) {
    throw new TaskError(
      'SIGNATURE_MISSING',
      'The registry does not list the signature that was just pushed.',
      { hint: 'Run the task again: what is signed is skipped.' },
    );
  }
  const { envelope, mediaType } = signature;
  requireSound({ envelope, mediaType, subject, place }, judgement);
}

function requireSound(signature: SignatureToJudge, judgement: Judgement): void {
  const flaw = flawOf(signature, judgement);
  if (flaw === undefined) return;
  throw new TaskError('SIGNATURE_INVALID', `The new signature does not verify: ${flaw}.`, {
    hint: 'Check that the trust policy and trust store are for the signing certificate.',
  });
}
