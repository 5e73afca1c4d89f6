import { mapLimit } from '../../shared/core/concurrency.ts';
import { withDeadline } from '../../shared/core/deadline.ts';
import { TaskError } from '../../shared/core/errors.ts';
import { LongListError } from '../../shared/core/long-list.ts';
import { counted } from '../../shared/core/text.ts';
import type { Digest } from '../../shared/oci/digest.ts';
import { formatReference, repositoryAt } from '../../shared/oci/reference.ts';
import type { Location } from '../../shared/oci/reference.ts';
import type { Timer } from '../../shared/ports/clock.ts';
import type { Log } from '../../shared/ports/host.ts';
import type { RegistryReader } from '../../shared/ports/registry.ts';
import type { TagStep } from './steps.ts';

/** Tags asked for at once; the registry client bounds what is in flight for each host. */
const TAGS_AT_ONCE = 24;

/** Between two rounds: as long as a replica takes at first, then so that nobody minds. */
const PAUSES_MS: readonly number[] = [1_000, 2_000, 5_000, 10_000, 20_000, 30_000];

/** The last look gets this long, also when the time is over. */
const LAST_LOOK_MS = 2_000;

/** Where tags must be seen, and for how long that may take. */
export interface WaitFor {
  readonly location: Location;
  readonly timeoutMs: number;
}

/** What waiting needs. */
export interface WaitTools {
  readonly registry: Pick<RegistryReader, 'resolveTag'>;
  readonly timer: Timer;
  readonly log: Pick<Log, 'info'>;
}

/** A tag that is not there yet. */
interface Missing {
  readonly step: TagStep;
  readonly found: Digest | undefined;
  /** Why nobody knows what is there: the registry did not answer. */
  readonly failure?: string;
}

/**
 * Waits until every tag answers with its digest at a place that takes its content from the target.
 *
 * @throws TaskError `WAIT_TIMEOUT` that lists what is missing
 */
export async function waitForTags(
  steps: readonly TagStep[],
  { wait, tools }: { readonly wait: WaitFor; readonly tools: WaitTools },
  signal: AbortSignal,
): Promise<void> {
  const { timer, log } = tools;
  const deadline = timer.now().getTime() + wait.timeoutMs;
  let missing: readonly Missing[] = steps.map((step) => ({
    ...{ step, found: undefined },
    failure: 'There was no answer in time.',
  }));
  for (let round = 0; ; round += 1) {
    const roundMs = Math.max(deadline - timer.now().getTime(), LAST_LOOK_MS);
    missing = await stillMissing(missing, { ...wait, timeoutMs: roundMs }, { tools, signal });
    if (missing.length === 0) return;
    const leftMs = deadline - timer.now().getTime();
    if (leftMs <= 0) throw timeout(missing, wait);
    const what = `${counted(missing.length, 'tag')} of ${steps.length} at ${wait.location.registry}`;
    const [failure] = missing.flatMap((one) => one.failure ?? []);
    log.info(`Waiting for ${what}${failure === undefined ? '.' : `: ${failure}`}`);
    const pauseMs = PAUSES_MS[Math.min(round, PAUSES_MS.length - 1)] ?? 0;
    await timer.sleep(Math.min(pauseMs, leftMs), signal);
  }
}

/** One look at each tag; the tries of the client count as well, and end with the time of the round. */
async function stillMissing(
  before: readonly Missing[],
  { location, timeoutMs }: WaitFor,
  { tools, signal }: { readonly tools: WaitTools; readonly signal: AbortSignal },
): Promise<readonly Missing[]> {
  const look = async (last: Missing, bounded: AbortSignal): Promise<Missing> => {
    const { step } = last;
    const repository = repositoryAt(location, step.repo);
    try {
      return { step, found: await tools.registry.resolveTag(repository, step.tag, bounded) };
    } catch (error) {
      signal.throwIfAborted();
      // Refusals pass as well: some registries refuse to talk of a repository that is not there yet.
      if (error instanceof TaskError) {
        return { step, found: undefined, failure: error.message };
      }
      if (bounded.aborted) return last;
      throw error;
    }
  };
  const now = await withDeadline(timeoutMs, signal, async (bounded) =>
    mapLimit(before, async (last) => look(last, bounded), { limit: TAGS_AT_ONCE, signal }),
  );
  return now.filter(({ step, found }) => found !== step.digest);
}

function timeout(missing: readonly Missing[], { location, timeoutMs }: WaitFor): LongListError {
  return new LongListError({
    code: 'WAIT_TIMEOUT',
    summary: `${counted(missing.length, 'tag')} did not appear at ${location.registry} within ${counted(timeoutMs / 60_000, 'minute')}`,
    lines: missing.map(({ step, found, failure }) => {
      const name = formatReference(repositoryAt(location, step.repo), step.tag);
      const state = failure === undefined ? `is ${found ?? 'absent'}` : `is not known (${failure})`;
      return `${name} ${state}, to be ${step.digest}`;
    }),
    hint: missing.every(({ failure }) => failure !== undefined)
      ? 'Everything is published at the target. Check waitForRegistry, that this registry can be reached, and the docker login of the job if it asks for one; run again to wait again.'
      : 'Everything is published at the target. Look at what takes it over from there; run again to wait again.',
  });
}
