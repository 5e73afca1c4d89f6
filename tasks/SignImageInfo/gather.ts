import { LongListError } from '../../shared/core/long-list.ts';
import { orThrow } from '../../shared/core/result.ts';
import type { ImageInfo } from '../../shared/image-info/model.ts';
import { parseImageInfo } from '../../shared/image-info/parse.ts';
import { digestsOf, missingDigestsOf, tagDigestsOf } from '../../shared/image-info/select.ts';
import type { Certificate } from '../../shared/notary/certificate.ts';
import { mediaTypeOf } from '../../shared/notary/envelope.ts';
import { NO_EVIDENCE } from '../../shared/notary/evidence.ts';
import type { Evidence } from '../../shared/notary/evidence.ts';
import { verifyAgainstChain } from '../../shared/notary/verify.ts';
import type { Digest } from '../../shared/oci/digest.ts';
import type { HandOverReader } from '../../shared/ports/artifacts.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { EvidenceReader } from '../../shared/ports/evidence.ts';
import type { FileReader } from '../../shared/ports/files.ts';
import type { RegistryReader } from '../../shared/ports/registry.ts';
import type { SignatureReader } from '../../shared/ports/signatures.ts';
import type { Signer } from '../../shared/ports/signer.ts';
import type { TrustConfiguration, TrustReader } from '../../shared/ports/trust.ts';
import { questionsAbout } from './evidence.ts';
import type { Inputs } from './inputs.ts';
import { readSubjects } from './subjects.ts';
import type { SubjectFact } from './subjects.ts';

/** What SignImageInfo reads with. */
export interface Readers {
  readonly handOver: Pick<HandOverReader, 'imageInfo'>;
  readonly files: FileReader;
  readonly registry: RegistryReader;
  readonly signatures: SignatureReader;
  readonly trust: TrustReader;
  readonly evidence: EvidenceReader;
  readonly signer: Pick<Signer, 'chain'>;
  /** Whom timestamps must be by; absent when signatures need none. */
  readonly stampRoots: readonly Certificate[] | undefined;
  readonly clock: Clock;
}

/** All that the plan depends on. */
export interface Facts {
  /** The bytes of image-info, which travel on unchanged. */
  readonly imageInfo: Uint8Array;
  /** The digest behind each of its tags, by `dotnet/runtime:9.0`. */
  readonly tags: Readonly<Record<string, Digest>>;
  readonly subjects: readonly SubjectFact[];
  /** The chain that signatures will bear, in DER, leaf first; absent when only the signatures tell. */
  readonly chain: readonly Uint8Array[] | undefined;
  readonly trust: TrustConfiguration | undefined;
  readonly stampRoots: readonly Certificate[] | undefined;
  /** What is known of the timestamps and signers of signatures that may be ours. */
  readonly evidence: Evidence;
  readonly now: Date;
}

/** Reads image-info, certificates and trust, and looks at every digest and its signatures. */
export async function gatherFacts(
  inputs: Inputs,
  readers: Readers,
  signal: AbortSignal,
): Promise<Facts> {
  const now = readers.clock.now();
  const path = await readers.handOver.imageInfo(inputs.imageInfo, signal);
  const imageInfo = await readers.files.read(path, signal);
  const info = readInfo(imageInfo, path);
  const digests = digestsOf(info);
  const chain = await readers.signer.chain(signal);
  const trust =
    inputs.trust === undefined ? undefined : await readers.trust.read(inputs.trust, signal);
  const { registry } = readers;
  const { location } = inputs.registry;
  const signatures = inputs.existingSignatures === 'add' ? undefined : readers.signatures;
  const subjects = await readSubjects(digests, { location, registry, signatures }, signal);
  const known = { chain, trust, stampRoots: readers.stampRoots, now };
  const evidence = await readEvidence(subjects, known, { inputs, readers, signal });
  return { imageInfo, tags: tagDigestsOf(info), subjects, ...known, evidence };
}

interface Reading {
  readonly inputs: Pick<Inputs, 'existingSignatures' | 'format'>;
  readonly readers: Pick<Readers, 'evidence'>;
  readonly signal: AbortSignal;
}

/** Finds out about signatures in the wanted format that may be ours: what is signed by others is not skipped anyway. */
async function readEvidence(
  subjects: readonly SubjectFact[],
  known: Pick<Facts, 'chain' | 'trust' | 'stampRoots' | 'now'>,
  { inputs, readers, signal }: Reading,
): Promise<Evidence> {
  if (inputs.existingSignatures === 'add') return NO_EVIDENCE;
  const wanted = mediaTypeOf(inputs.format);
  const { chain, now } = known;
  const questions = subjects.flatMap(({ descriptor: subject, signatures, ...place }) =>
    signatures
      .filter(({ mediaType }) => mediaType === wanted)
      .filter(
        ({ envelope, mediaType }) =>
          chain === undefined ||
          verifyAgainstChain({ envelope, mediaType, subject, now }, chain).ok,
      )
      .flatMap(({ envelope, mediaType }) =>
        questionsAbout({ envelope, mediaType, places: [place] }, known),
      ),
  );
  return questions.length === 0 ? NO_EVIDENCE : readers.evidence.gather(questions, signal);
}

function readInfo(bytes: Uint8Array, path: string): ImageInfo {
  const info = orThrow(parseImageInfo(bytes, path), {
    code: 'IMAGE_INFO_INVALID',
    subject: `The image-info ${path}`,
    hint: 'Sign the image-info that CreateManifestLists wrote.',
  });
  const missing = missingDigestsOf(info);
  if (missing.length === 0) return info;
  throw new LongListError({
    code: 'IMAGE_INFO_INVALID',
    summary: `${path} has no digest for`,
    lines: missing,
    hint: 'Sign the image-info that CreateManifestLists wrote.',
  });
}
