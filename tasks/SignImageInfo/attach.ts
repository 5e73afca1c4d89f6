import { both } from '../../shared/core/concurrency.ts';
import { TaskError } from '../../shared/core/errors.ts';
import type { Descriptor } from '../../shared/oci/descriptor.ts';
import { digestOf } from '../../shared/oci/digest.ts';
import type { Digest } from '../../shared/oci/digest.ts';
import {
  EMPTY_CONFIG,
  EMPTY_CONFIG_BYTES,
  buildSignatureManifest,
} from '../../shared/oci/signature-manifest.ts';
import type { EvidenceReader } from '../../shared/ports/evidence.ts';
import type { RegistryWriter } from '../../shared/ports/registry.ts';
import type { SignatureReader } from '../../shared/ports/signatures.ts';
import type { SignedEnvelope, Signer } from '../../shared/ports/signer.ts';
import type { Timestamper } from '../../shared/ports/timestamper.ts';
import { informed } from './evidence.ts';
import { flawOfNew } from './judge.ts';
import type { Judgement, SubjectPlace } from './judge.ts';

/** What SignImageInfo writes with, and reads back with. */
export interface Writers {
  readonly signer: Pick<Signer, 'sign'>;
  readonly registry: RegistryWriter;
  readonly signatures: SignatureReader;
  /** Finds out what the verification of a new signature needs. */
  readonly evidence: EvidenceReader;
  /** Absent when signatures need no timestamp. */
  readonly timestamper?: Timestamper;
}

/** What signatures are written and judged with. */
export interface AttachTools {
  readonly writers: Writers;
  readonly judgement: Judgement;
  readonly signal: AbortSignal;
}

/** A manifest in a repository. */
export interface Target {
  readonly place: SubjectPlace;
  readonly subject: Descriptor;
}

/** A signature that the registry took. */
export interface Attached extends Target {
  /** The manifest of the signature. */
  readonly signature: Digest;
  readonly envelope: SignedEnvelope;
}

/**
 * Attaches an envelope to its subject; repeating it puts the same bytes. A signature that would be refused is never
 * pushed.
 */
export async function attachSignature(
  target: Target,
  envelope: SignedEnvelope,
  { writers, judgement, signal }: AttachTools,
): Promise<Attached> {
  const { place, subject } = target;
  const { bytes, mediaType, chain } = envelope;
  const signature = { envelope: bytes, mediaType };
  const known = await informed(
    judgement,
    { ...signature, places: [place] },
    { evidence: writers.evidence, signal },
  );
  const flaw = flawOfNew({ ...signature, subject, place }, known, chain);
  if (flaw !== undefined) throw unsound(flaw);
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
  const manifest = buildSignatureManifest({
    subject,
    envelope: descriptor,
    thumbprints: chain.map((der) => digestOf(der).slice('sha256:'.length)),
    signingTime: envelope.signingTime,
    ...(envelope.annotations === undefined ? {} : { annotations: envelope.annotations }),
  });
  const { repository } = place;
  const config = { descriptor: EMPTY_CONFIG, bytes: EMPTY_CONFIG_BYTES };
  await both(
    writers.registry.putBlob(repository, { descriptor, bytes }, signal),
    writers.registry.putBlob(repository, config, signal),
  );
  await writers.registry.putManifest(repository, { manifest }, signal);
  return { ...target, signature: manifest.descriptor.digest, envelope };
}

/**
 * Reads a signature back as consumers will: the registry must list it, and give the very bytes that were pushed.
 *
 * @throws TaskError `SIGNATURE_MISSING`
 */
export async function readBack(
  { place, subject, signature, envelope }: Attached,
  { writers, signal }: Pick<AttachTools, 'writers' | 'signal'>,
): Promise<void> {
  const wanted = { subject: subject.digest, signature };
  const listed = await writers.signatures.findOne(place.repository, wanted, signal);
  if (listed !== undefined && Buffer.compare(listed.envelope, envelope.bytes) === 0) return;
  throw new TaskError(
    'SIGNATURE_MISSING',
    'The registry does not list the signature that was just pushed.',
    { hint: 'Run the task again: what is signed is skipped.' },
  );
}

/** The failure of a new signature that its own verification refuses. */
export function unsound(flaw: string): TaskError {
  return new TaskError('SIGNATURE_INVALID', `The new signature does not verify: ${flaw}.`, {
    hint: 'Check that the trust policy and trust store are for the signing certificate.',
  });
}
