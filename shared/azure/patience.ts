import { withDeadline } from '../core/deadline.ts';
import type { Timing } from '../registry/timing.ts';
import { sdkFailureOf } from './sdk-failure.ts';

/** How long to bear with a service that is throttled. */
export interface Patience {
  readonly timing: Pick<Timing, 'sleep' | 'random'>;
  /** For one operation with all its retries. */
  readonly deadlineMs: number;
}

/** The time for an operation was over; the cause is the last refusal that was seen, if any. */
export class OutOfPatience extends Error {
  override readonly name = 'OutOfPatience';
}

/** Services count requests in windows of seconds, and often refuse without saying for how long. */
const WAITS_MS = [1_000, 2_000, 4_000, 8_000, 16_000];

/**
 * Does work within a deadline, and again after a while when the service is throttled and does not say for how long:
 * where it does say, the SDK has waited already.
 *
 * @throws OutOfPatience when the deadline has passed
 */
export async function withPatience<T>(
  { timing, deadlineMs }: Patience,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  let refusal: unknown;
  const insist = async (bounded: AbortSignal): Promise<T> => {
    for (const wait of WAITS_MS) {
      try {
        return await work(bounded);
      } catch (error) {
        if (!isThrottled(error)) throw error;
        refusal = error;
      }
      await timing.sleep(wait * (0.5 + timing.random()), bounded);
    }
    return work(bounded);
  };
  return withDeadline(deadlineMs, signal, async (bounded) => {
    try {
      return await insist(bounded);
    } catch (error) {
      if (!bounded.aborted || signal.aborted) throw error;
      const text = `the service was busy or silent for ${deadlineMs / 1000} s`;
      throw new OutOfPatience(text, { cause: refusal ?? error });
    }
  });
}

/** By its status, or by what Azure Resource Manager says of an operation that it had accepted. */
function isThrottled(error: unknown): boolean {
  const { status, code, message } = sdkFailureOf(error);
  return status === 429 || /HAP429|TooManyRequests/i.test(`${code} ${message}`);
}
