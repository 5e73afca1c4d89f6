import { TaskError } from '../../shared/core/errors.ts';
import { counted } from '../../shared/core/text.ts';
import { renderUsage } from '../../shared/core/usage.ts';
import type { Usage } from '../../shared/core/usage.ts';
import { digestOf } from '../../shared/oci/digest.ts';
import { formatReference } from '../../shared/oci/reference.ts';
import type { Outcome } from './execute.ts';
import type { Plan, Step } from './plan.ts';

/** A plan as text: one line for each digest in each repository. */
export function renderPlan(plan: Plan): readonly string[] {
  return plan.steps.flatMap(renderStep);
}

function renderStep(step: Step): readonly string[] {
  const { digest } = step.subject;
  if (step.kind === 'skip') {
    return [`${formatReference(step.place.repository, digest)} is signed already`];
  }
  return step.repositories.map(({ repository }) => `sign ${formatReference(repository, digest)}`);
}

/** What a plan would do, in one line. */
export function planSummary(plan: Plan): string {
  const signs = plan.steps.filter(({ kind }) => kind === 'sign').length;
  const skips = plan.steps.length - signs;
  return `${counted(signs, 'digest')} to sign, ${skips} signed already`;
}

/** How many digests were signed, skipped and failed. */
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

/** What a run did, in one line. */
export function renderDone({ signed, skipped }: Counts, usage: Usage): string {
  return `Signed ${counted(signed, 'digest')}, skipped ${skipped} signed already (${renderUsage(usage)}).`;
}

/** The report as a JSON value: signing chain, and each digest with its signature or why there is none. */
export function reportOf(
  plan: Plan,
  outcomes: readonly Outcome[],
  chain: readonly Uint8Array[],
): object {
  return {
    format: plan.format,
    signingTime: plan.signingTime,
    ...(plan.expiry === undefined ? {} : { expiry: plan.expiry }),
    certificates: chain.map((der) => digestOf(der).slice('sha256:'.length)),
    signatures: outcomes.map(reportOutcome),
  };
}

function reportOutcome(outcome: Outcome): object {
  const { kind, place, subject } = outcome;
  return {
    subject: `${place.publicName}@${subject.digest}`,
    repository: place.repository.name,
    mediaType: subject.mediaType,
    outcome: kind,
    ...(outcome.kind === 'failed'
      ? { code: outcome.error.code, reason: outcome.error.message }
      : { signature: outcome.signature }),
  };
}

/** The failure that lists every digest that is not signed; absent when all are. */
export function failureOf(outcomes: readonly Outcome[]): TaskError | undefined {
  const failures = outcomes.filter((outcome) => outcome.kind === 'failed');
  const [first] = failures;
  if (first === undefined) return undefined;
  const lines = failures.map(
    ({ place, subject, error }) =>
      `  ${formatReference(place.repository, subject.digest)}: ${error.code}: ${error.message}`,
  );
  return new TaskError(
    'SIGNING_FAILED',
    `${counted(failures.length, 'digest')} of ${outcomes.length} could not be signed:\n${lines.join('\n')}`,
    {
      hint: first.error.hint ?? 'Run the task again: what is signed is skipped.',
      cause: first.error,
    },
  );
}
