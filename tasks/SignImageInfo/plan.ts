import { groupBy } from '../../shared/core/group-by.ts';
import { SIGNATURE_SUFFIXES } from '../../shared/notary/blob-signature.ts';
import type { Parsed } from '../../shared/core/result.ts';
import { mediaTypeOf, parseEnvelope } from '../../shared/notary/envelope.ts';
import type { Envelope } from '../../shared/notary/envelope.ts';
import type { Descriptor } from '../../shared/oci/descriptor.ts';
import { digestOf } from '../../shared/oci/digest.ts';
import type { Digest } from '../../shared/oci/digest.ts';
import type { EnvelopeFormat } from '../../shared/notary/payload.ts';
import type { Facts } from './gather.ts';
import { FILE_NAME } from './file-names.ts';
import type { Inputs } from './inputs.ts';
import { flawOf } from './judge.ts';
import type { SubjectPlace } from './judge.ts';
import type { SubjectFact } from './subjects.ts';

/** A digest to sign once; the signature goes to every repository that has it. */
export interface SignStep {
  readonly kind: 'sign';
  readonly subject: Descriptor;
  readonly repositories: readonly SubjectPlace[];
}

/** A digest that has the signature already. */
export interface SkipStep {
  readonly kind: 'skip';
  readonly subject: Descriptor;
  readonly place: SubjectPlace;
  /** The manifest of the signature that verifies. */
  readonly signature: Digest;
}

/** What is done about one digest, e.g. sign it for two repositories, or skip it. */
export type Step = SignStep | SkipStep;

/** The hand-over file, which is signed in every run: image signatures do not bind tags, this one does. */
export interface FileStep {
  /** Name in the output folder. */
  readonly name: string;
  readonly digest: Digest;
  /** The digest behind each tag, which the signature binds. */
  readonly tags: Readonly<Record<string, Digest>>;
  /** Name of the detached signature beside it. */
  readonly signatureName: string;
}

/** What a run will do. */
export interface Plan {
  readonly steps: readonly Step[];
  readonly file: FileStep;
  readonly format: EnvelopeFormat;
  /** ISO-8601 in UTC, whole seconds; the same for all signatures of the run. */
  readonly signingTime: string;
  readonly expiry?: string;
  readonly userMetadata: Readonly<Record<string, string>>;
}

type PlanOptions = Pick<Inputs, 'format' | 'existingSignatures' | 'expiryMs' | 'userMetadata'>;

/** Decides what to sign: everything, but what a signature by the same certificate already signs, if so wanted. */
export function planSigning(facts: Facts, options: PlanOptions): Plan {
  const signingTime = wholeSeconds(facts.now.getTime());
  const judged = facts.subjects.map((subject) => ({
    subject,
    signature:
      options.existingSignatures === 'skip' ? ownSignature(subject, facts, options) : undefined,
  }));
  const unsigned = judged.filter(({ signature }) => signature === undefined);
  const byDigest = groupBy(
    unsigned.map(({ subject }) => subject),
    ({ descriptor }) => descriptor.digest,
  );
  const signs = [...byDigest.values()].flatMap(([first, ...others]): readonly SignStep[] =>
    first === undefined
      ? []
      : [
          {
            kind: 'sign',
            subject: first.descriptor,
            repositories: [first, ...others].map(placeOf),
          },
        ],
  );
  const skips = judged.flatMap(({ subject, signature }): readonly SkipStep[] =>
    signature === undefined
      ? []
      : [{ kind: 'skip', subject: subject.descriptor, place: placeOf(subject), signature }],
  );
  return {
    steps: [...signs, ...skips],
    file: {
      name: FILE_NAME,
      digest: digestOf(facts.imageInfo),
      tags: facts.tags,
      signatureName: `${FILE_NAME}${SIGNATURE_SUFFIXES[options.format]}`,
    },
    format: options.format,
    signingTime: signingTime.toISOString(),
    ...(options.expiryMs === undefined
      ? {}
      : { expiry: wholeSeconds(signingTime.getTime() + options.expiryMs).toISOString() }),
    userMetadata: Object.fromEntries(options.userMetadata),
  };
}

function placeOf({ repository, publicName }: SubjectFact): SubjectPlace {
  return { repository, publicName };
}

/** Envelopes hold times in whole seconds. */
function wholeSeconds(timeMs: number): Date {
  return new Date(Math.floor(timeMs / 1000) * 1000);
}

/** A signature of ours in the wanted format that binds what is wanted. */
function ownSignature(
  subject: SubjectFact,
  facts: Facts,
  options: PlanOptions,
): Digest | undefined {
  const wanted = mediaTypeOf(options.format);
  const place = placeOf(subject);
  return subject.signatures.find(
    ({ envelope, mediaType }) =>
      mediaType === wanted &&
      bindsWanted(parseEnvelope(envelope, mediaType), options, facts.now) &&
      flawOf({ envelope, mediaType, subject: subject.descriptor, place }, facts, facts.chain) ===
        undefined,
  )?.manifest.descriptor.digest;
}

/** Whether an envelope says of itself what this run would have it say: the user metadata, and when it ends. */
function bindsWanted(
  envelope: Parsed<Envelope>,
  { expiryMs, userMetadata }: Pick<PlanOptions, 'expiryMs' | 'userMetadata'>,
  now: Date,
): boolean {
  if (!envelope.ok) return false;
  const { attributes, subject } = envelope.value;
  return (
    endsAsWanted(attributes.expiry, expiryMs, now) &&
    [...userMetadata].every(([name, value]) => subject.annotations?.[name] === value)
  );
}

/** A signature is renewed when less than this of the wanted time is left. */
const ENOUGH_LEFT = 0.9;

function endsAsWanted(expiry: Date | undefined, expiryMs: number | undefined, now: Date): boolean {
  if (expiry === undefined || expiryMs === undefined) return expiry === expiryMs;
  return expiry.getTime() >= wholeSeconds(now.getTime()).getTime() + expiryMs * ENOUGH_LEFT;
}
