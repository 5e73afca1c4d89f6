import type { Log } from '../ports/host.ts';
import { RegistryError } from './errors.ts';
import { decideRetry, failureKind } from './retry.ts';
import type { Failure, RetryDecision, RetryHistory } from './retry.ts';
import type { Timing } from './timing.ts';

/** One try. What it waited for its turn, in milliseconds, it tells `excuse`: that is not counted as trouble. */
export type Attempt<T> = (excuse: (ms: number) => void) => Promise<T>;

/** What the caller says about its failures. */
export interface RetryPolicy {
  /** How often a failure deserves another attempt, e.g. `requestRetries`. */
  readonly retriesOf: (failure: Failure) => number;
  /** Called before each wait. */
  readonly onWait?: (failure: Failure, ms: number) => void;
}

/** What retrying needs. */
export interface RetrierParts {
  readonly timing: Timing;
  readonly log: Pick<Log, 'debug' | 'info'>;
}

/** A wait that everybody is told of: whoever watches the step must not take it for dead. */
const LONG_WAIT_MS = 10_000;

/** Carries out what `decideRetry` decides. */
export class Retrier {
  readonly #timing: Timing;
  readonly #log: RetrierParts['log'];
  /** Of many requests that wait together, one tells it. */
  #quietUntilMs = 0;

  constructor({ timing, log }: RetrierParts) {
    this.#timing = timing;
    this.#log = log;
  }

  /**
   * Runs an attempt until it succeeds, fails for good or has cost too much; the last failure is thrown, also when a
   * deadline of the caller ends the trouble.
   */
  async run<T>(attempt: Attempt<T>, policy: RetryPolicy, signal: AbortSignal): Promise<T> {
    let firstFailureMs: number | undefined;
    let excusedMs = 0;
    let lastBackoffMs = 0;
    let waitMs = 0;
    const failed: Failure[] = [];
    let lastFailure: unknown;
    const excuse = (ms: number): void => {
      if (firstFailureMs !== undefined) excusedMs += ms;
    };
    for (;;) {
      try {
        signal.throwIfAborted();
        return await attempt(excuse);
      } catch (error) {
        if (signal.aborted) throw endOf(signal, lastFailure);
        if (!(error instanceof RegistryError)) throw error;
        lastFailure = error;
        failed.push(error.details);
        firstFailureMs ??= this.#timing.now();
        const elapsedMs = this.#timing.now() - firstFailureMs - excusedMs;
        const history = { ...countOf(failed, error.details), elapsedMs, lastBackoffMs };
        const decision = this.#decide(error, policy, history);
        if (decision.kind === 'give-up') throw error;
        waitMs = decision.waitMs;
        lastBackoffMs = decision.backoffMs;
      }
      try {
        await this.#timing.sleep(waitMs, signal);
      } catch (error) {
        throw endOf(signal, lastFailure) ?? error;
      }
    }
  }

  #decide(error: RegistryError, policy: RetryPolicy, history: RetryHistory): RetryDecision {
    const { retriesOf, onWait } = policy;
    const { retryAfterMs } = error.details;
    const retries = retriesOf(error.details);
    const decision = decideRetry(
      { retries, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
      history,
      this.#timing.random(),
    );
    if (decision.kind === 'give-up') return decision;
    this.#tell(error, decision.waitMs);
    onWait?.(error.details, decision.waitMs);
    return decision;
  }

  #tell({ message }: RegistryError, waitMs: number): void {
    const now = this.#timing.now();
    if (waitMs < LONG_WAIT_MS || now < this.#quietUntilMs) {
      this.#log.debug(() => `${message} Trying again in ${waitMs} ms.`);
      return;
    }
    this.#quietUntilMs = now + LONG_WAIT_MS;
    this.#log.info(`${message} Trying again in ${Math.round(waitMs / 1000)} s.`);
  }
}

function countOf(
  failed: readonly Failure[],
  last: Failure,
): Pick<RetryHistory, 'failures' | 'ofThisKind'> {
  const kind = failureKind(last);
  const ofThisKind = failed.filter((each) => failureKind(each) === kind).length;
  return { failures: failed.length, ofThisKind };
}

/** Why an aborted call ended, absent for one that is not: a deadline says less than the failure that it cut short. */
function endOf({ reason }: AbortSignal, failure: unknown): unknown {
  const isDeadline = reason instanceof DOMException && reason.name === 'TimeoutError';
  return isDeadline ? (failure ?? reason) : reason;
}
