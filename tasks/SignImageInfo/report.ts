import type { TaskError } from '../../shared/core/errors.ts';
import { LongListError } from '../../shared/core/long-list.ts';
import { counted } from '../../shared/core/text.ts';
import { renderUsage } from '../../shared/core/usage.ts';
import type { Usage } from '../../shared/core/usage.ts';
import { parseEnvelope } from '../../shared/notary/envelope.ts';
import { tokenKey } from '../../shared/notary/evidence.ts';
import type { Evidence } from '../../shared/notary/evidence.ts';
import { digestOf } from '../../shared/oci/digest.ts';
import { formatReference } from '../../shared/oci/reference.ts';
import type { Attached } from './attach.ts';
import type { Execution, Outcome } from './execute.ts';
import type { Facts } from './gather.ts';
import type { Plan, Step } from './plan.ts';
import { signaturesByManifest } from './subjects.ts';
import type { SubjectFact } from './subjects.ts';

/** A plan as text: one line for each digest in each repository, and one for the hand-over file. */
export function renderPlan({ steps, file }: Plan): readonly string[] {
  return [...steps.flatMap(renderStep), `sign ${file.name} as ${file.signatureName}`];
}

function renderStep(step: Step): readonly string[] {
  const { digest } = step.subject;
  if (step.kind === 'skip') {
    return [`${formatReference(step.place.repository, digest)} is signed already`];
  }
  return step.repositories.map(({ repository }) => `sign ${formatReference(repository, digest)}`);
}

/** What a plan would do, in one line; a digest counts in each of its repositories, as it does when all is done. */
export function planSummary({ steps }: Plan): string {
  const signs = steps.flatMap((step) => (step.kind === 'sign' ? step.repositories : []));
  const skips = steps.filter(({ kind }) => kind === 'skip');
  return `${counted(signs.length, 'digest')} to sign, ${skips.length} signed already`;
}

/** How many digests were signed, skipped and failed, each counted in each of its repositories. */
export interface Counts {
  readonly signed: number;
  readonly skipped: number;
  readonly failed: number;
}

/** The outcomes, counted. */
export function countOutcomes(outcomes: readonly Outcome[]): Counts {
  const count = (kind: Outcome['kind']): number =>
    outcomes.filter((outcome) => outcome.kind === kind).length;
  return { signed: count('signed'), skipped: count('skipped'), failed: count('failed') };
}

/** Clocks that are set by the network are off by less. */
const CLOCK_TOLERANCE_MS = 60_000;

/** A warning when signatures claim a time well after the one they were stamped at; absent when none does. */
export function clockWarning({ outcomes, file }: Execution): string | undefined {
  const envelopes = [...outcomes, file].flatMap((it) => (it.kind === 'signed' ? it.envelope : []));
  const aheadMs = envelopes.reduce(
    (most, { signingTime, stampedAt = signingTime }) =>
      Math.max(most, signingTime.getTime() - stampedAt.getTime()),
    0,
  );
  return aheadMs <= CLOCK_TOLERANCE_MS
    ? undefined
    : `Signatures claim a time ${Math.round(aheadMs / 1000)} s after the one they were stamped at: set the clock of this agent.`;
}

/** What a run did, in one line. */
export function renderDone({ signed, skipped }: Counts, usage: Usage): string {
  return `Signed ${counted(signed, 'digest')}, skipped ${skipped} signed already (${renderUsage(usage)}).`;
}

/**
 * The report as a JSON value: the hand-over file, and each digest with its signature or why there is none. Of signatures
 * that were there before, the facts tell what they bear.
 */
export function reportOf(
  plan: Plan,
  { outcomes, file }: Execution,
  facts: Pick<Facts, 'subjects' | 'evidence'>,
): object {
  const { name, digest, tags, signatureName } = plan.file;
  const found = signaturesByManifest(facts.subjects);
  return {
    format: plan.format,
    signingTime: plan.signingTime,
    ...(plan.expiry === undefined ? {} : { expiry: plan.expiry }),
    imageInfo: {
      file: name,
      ...{ digest, tags },
      ...(file.kind === 'signed'
        ? { signature: signatureName, ...describeEnvelope(file.envelope) }
        : reasonOf(file.error)),
    },
    signatures: outcomes.map((outcome) => ({
      ...reportOutcome(outcome),
      ...(outcome.kind === 'skipped'
        ? describeFound(found.get(outcome.signature), facts.evidence)
        : {}),
    })),
  };
}

function reportOutcome(outcome: Outcome): object {
  const { kind, place, subject } = outcome;
  return {
    subject: `${place.publicName}@${subject.digest}`,
    repository: place.repository.name,
    mediaType: subject.mediaType,
    outcome: kind,
    ...(outcome.kind === 'failed' ? reasonOf(outcome.error) : { signature: outcome.signature }),
    ...(outcome.kind === 'signed' ? describeEnvelope(outcome.envelope) : {}),
  };
}

type FoundSignature = SubjectFact['signatures'][number];

function describeFound(found: FoundSignature | undefined, { timestamps }: Evidence): object {
  const opened = found === undefined ? undefined : parseEnvelope(found.envelope, found.mediaType);
  if (opened?.ok !== true) return {};
  const { chain, timestamp } = opened.value;
  const token = timestamp === undefined ? undefined : timestamps.get(tokenKey(timestamp));
  return describeEnvelope({
    chain,
    ...(token?.ok === true ? { stampedAt: token.value.time } : {}),
  });
}

function reasonOf({ code, message }: TaskError): object {
  return { code, reason: message };
}

/** Thumbprints are SHA-256 in lower-case hex, leaf first, as in the annotation of the signature manifest. */
function describeEnvelope({
  chain,
  stampedAt,
}: Pick<Attached['envelope'], 'chain' | 'stampedAt'>): object {
  return {
    certificates: chain.map((der) => digestOf(der).slice('sha256:'.length)),
    ...(stampedAt === undefined ? {} : { timestamp: stampedAt.toISOString() }),
  };
}

/**
 * The signature of the hand-over file, which is good for something only when everything else is signed as well.
 *
 * @throws TaskError `SIGNING_FAILED` that lists everything that is not signed
 */
export function requireSigned(plan: Plan, { outcomes, file }: Execution): Attached['envelope'] {
  const digests = outcomes.filter((outcome) => outcome.kind === 'failed');
  const failures = [
    ...digests.map(({ place, subject, error }) => ({
      name: formatReference(place.repository, subject.digest),
      error,
    })),
    ...(file.kind === 'failed' ? [{ name: plan.file.name, error: file.error }] : []),
  ];
  const [first] = failures;
  if (first === undefined && file.kind === 'signed') return file.envelope;
  const what = [
    ...(digests.length === 0 ? [] : [`${counted(digests.length, 'digest')} of ${outcomes.length}`]),
    ...(file.kind === 'failed' ? [plan.file.name] : []),
  ].join(' and ');
  throw new LongListError({
    code: 'SIGNING_FAILED',
    summary: `${what} could not be signed`,
    lines: failures.map(({ name, error }) => `${name}: ${error.code}: ${error.message}`),
    hint: first?.error.hint ?? 'Run the task again: what is signed is skipped.',
    cause: first?.error,
  });
}
