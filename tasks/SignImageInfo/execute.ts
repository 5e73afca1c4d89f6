import { forEachLimit, mapLimit } from '../../shared/core/concurrency.ts';
import { TaskError, definite, invariant } from '../../shared/core/errors.ts';
import { MediaType } from '../../shared/oci/media-types.ts';
import { digestOf } from '../../shared/oci/digest.ts';
import type { Digest } from '../../shared/oci/digest.ts';
import { formatRepository } from '../../shared/oci/reference.ts';
import type {
  SignedEnvelope,
  SigningJob,
  SigningOptions,
  SigningResult,
} from '../../shared/ports/signer.ts';
import { attachSignature, readBack, unsound } from './attach.ts';
import type { AttachTools, Attached, Target, Writers } from './attach.ts';
import { Confirmation } from './confirm.ts';
import { informed } from './evidence.ts';
import { flawOfFile } from './judge.ts';
import type { Plan, SignStep, SkipStep } from './plan.ts';

/** Signed digests that are pushed at once: enough that no request waits for the answer to another one's. */
const PUSHES_AT_ONCE = 96;

/** What became of a digest in a repository. */
export type Outcome =
  | (Attached & { readonly kind: 'signed' })
  | (Target & { readonly kind: 'skipped'; readonly signature: Digest })
  | (Target & { readonly kind: 'failed'; readonly error: TaskError });

/** What became of the hand-over file. */
export type FileOutcome =
  | { readonly kind: 'signed'; readonly envelope: SignedEnvelope }
  | { readonly kind: 'failed'; readonly error: TaskError };

/** What a run came to. */
export interface Execution {
  /** In the order of the steps. */
  readonly outcomes: readonly Outcome[];
  readonly file: FileOutcome;
}

/** What a plan is carried out with. */
export interface Tools extends AttachTools {
  /** The bytes of the hand-over file. */
  readonly imageInfo: Uint8Array;
  /** Told after each digest in each repository, the skipped ones left out. */
  readonly onOutcome?: (outcome: Outcome) => void;
}

interface PushTools extends Tools {
  readonly confirmation: Confirmation;
}

/**
 * Carries out a plan: one batch for the signer, the hand-over file in it. A digest that fails does not stop the others.
 */
export async function executePlan(plan: Plan, tools: Tools): Promise<Execution> {
  const { writers, imageInfo, signal } = tools;
  invariant(digestOf(imageInfo) === plan.file.digest, 'the hand-over file is the one planned');
  const fileJob: SigningJob = {
    kind: 'blob',
    blob: { bytes: imageInfo, mediaType: MediaType.json },
  };
  const steps = new Map(
    leadersFirst(plan.steps.filter((step) => step.kind === 'sign')).map(
      (step): [SigningJob, SignStep] => [{ kind: 'manifest', subject: step.subject }, step],
    ),
  );
  const push = { ...tools, confirmation: new Confirmation(tools) };
  const done = new Map<Digest, readonly Outcome[]>();
  let file: FileOutcome | undefined;
  await forEachLimit(
    writers.signer.sign([...steps.keys(), fileJob], optionsOf(plan, writers), signal),
    async (result) => {
      if (result.job === fileJob) {
        file = await judgeFile(result, plan, tools);
        return;
      }
      const step = definite(steps.get(result.job), 'the step of a result');
      done.set(step.subject.digest, await finishStep(step, result, push));
    },
    { limit: PUSHES_AT_ONCE, signal },
  );
  const outcomes = plan.steps.flatMap((step) =>
    step.kind === 'skip'
      ? [skipped(step)]
      : definite(done.get(step.subject.digest), 'the outcome of a step'),
  );
  return {
    outcomes: await recheck(outcomes, push),
    file: definite(file, 'the outcome of the hand-over file'),
  };
}

/** The first step of each repository goes ahead: its signature is read back while the others are pushed. */
function leadersFirst(steps: readonly SignStep[]): readonly SignStep[] {
  const begun = new Set<string>();
  const leads = ({ repositories }: SignStep): boolean => {
    const names = repositories.map(({ repository }) => formatRepository(repository));
    const isFirst = names.some((name) => !begun.has(name));
    for (const name of names) begun.add(name);
    return isFirst;
  };
  const leaders = new Set(steps.filter(leads));
  return [...leaders, ...steps.filter((step) => !leaders.has(step))];
}

function optionsOf(
  { format, signingTime, expiry, userMetadata }: Plan,
  { timestamper }: Writers,
): SigningOptions {
  return {
    format,
    signingTime: new Date(signingTime),
    ...(expiry === undefined ? {} : { expiry: new Date(expiry) }),
    ...(timestamper === undefined ? {} : { timestamper }),
    userMetadata,
  };
}

function skipped({ place, subject, signature }: SkipStep): Outcome {
  return { kind: 'skipped', place, subject, signature };
}

async function judgeFile(
  result: SigningResult,
  plan: Plan,
  { imageInfo, judgement, writers, signal }: Tools,
): Promise<FileOutcome> {
  if (result.kind === 'failed') return { kind: 'failed', error: result.error };
  const { envelope } = result;
  const places = plan.steps.flatMap((step) =>
    step.kind === 'skip' ? [step.place] : step.repositories,
  );
  const known = await informed(
    judgement,
    { envelope: envelope.bytes, mediaType: envelope.mediaType, places },
    { evidence: writers.evidence, signal },
  );
  const flaw = flawOfFile(
    {
      blob: { bytes: imageInfo, mediaType: MediaType.json },
      envelope: envelope.bytes,
      format: plan.format,
      places,
    },
    known,
    envelope.chain,
  );
  return flaw === undefined
    ? { kind: 'signed', envelope }
    : { kind: 'failed', error: unsound(flaw) };
}

/** Pushes what was signed to every repository that has the digest; one that refuses it does not stop the next. */
async function finishStep(
  { subject, repositories }: SignStep,
  result: SigningResult,
  tools: PushTools,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const place of repositories) {
    const target = { place, subject };
    const outcome =
      result.kind === 'signed'
        ? await settled(target, async () => {
            const attached = await attachSignature(target, result.envelope, tools);
            await tools.confirmation.checkFirst(attached);
            return { kind: 'signed', ...attached };
          })
        : ({ kind: 'failed', ...target, error: result.error } as const);
    outcomes.push(outcome);
    tools.onOutcome?.(outcome);
  }
  return outcomes;
}

/** The outcome of some work on a digest; a failure that the user can act on is one. */
async function settled({ place, subject }: Target, work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    return { kind: 'failed', place, subject, error };
  }
}

/** Reads back all signatures of the repositories that did not show their first one. */
async function recheck(
  outcomes: readonly Outcome[],
  { confirmation, ...tools }: PushTools,
): Promise<readonly Outcome[]> {
  return mapLimit(
    outcomes,
    async (outcome) => {
      if (outcome.kind !== 'signed' || !confirmation.doubts(outcome)) return outcome;
      return settled(outcome, async () => {
        await readBack(outcome, tools);
        return outcome;
      });
    },
    { limit: PUSHES_AT_ONCE, signal: tools.signal },
  );
}
