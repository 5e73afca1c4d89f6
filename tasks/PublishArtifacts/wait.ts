import { mapLimit } from '../../shared/core/concurrency.ts';
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

/** What may pass while a registry takes content in. */
const PASSING: ReadonlySet<string> = new Set(['REGISTRY_UNAVAILABLE', 'REGISTRY_THROTTLED']);

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

interface Missing {
  readonly step: TagStep;
  readonly found: Digest | undefined;
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
  let missing: readonly Missing[] = steps.map((step) => ({ step, found: undefined }));
  for (let round = 0; ; round += 1) {
    missing = await stillMissing(missing, wait.location, { tools, signal });
    if (missing.length === 0) return;
    const leftMs = deadline - timer.now().getTime();
    if (leftMs <= 0) throw timeout(missing, wait);
    log.info(
      `Waiting for ${counted(missing.length, 'tag')} of ${steps.length} at ${wait.location.registry}.`,
    );
    const pauseMs = PAUSES_MS[Math.min(round, PAUSES_MS.length - 1)] ?? 0;
    await timer.sleep(Math.min(pauseMs, leftMs), signal);
  }
}

async function stillMissing(
  before: readonly Missing[],
  location: Location,
  { tools, signal }: { readonly tools: WaitTools; readonly signal: AbortSignal },
): Promise<readonly Missing[]> {
  const now = await mapLimit(
    before,
    async ({ step }): Promise<Missing> => {
      const repository = repositoryAt(location, step.repo);
      try {
        return { step, found: await tools.registry.resolveTag(repository, step.tag, signal) };
      } catch (error) {
        if (!(error instanceof TaskError) || !PASSING.has(error.code)) throw error;
        return { step, found: undefined };
      }
    },
    { limit: TAGS_AT_ONCE, signal },
  );
  return now.filter(({ step, found }) => found !== step.digest);
}

function timeout(missing: readonly Missing[], { location, timeoutMs }: WaitFor): LongListError {
  return new LongListError({
    code: 'WAIT_TIMEOUT',
    summary: `${counted(missing.length, 'tag')} did not appear at ${location.registry} within ${counted(timeoutMs / 60_000, 'minute')}`,
    lines: missing.map(({ step, found }) => {
      const name = formatReference(repositoryAt(location, step.repo), step.tag);
      return `${name} is ${found ?? 'absent'}, to be ${step.digest}`;
    }),
    hint: 'Everything is published at the target. Look at what takes it over from there; run again to wait again.',
  });
}
