import { RegistryError } from './errors.ts';
import type { ProfileFinder } from './profiles.ts';
import { RateBucket } from './rate-bucket.ts';
import { MAX_RETRY_AFTER_MS } from './retry.ts';
import type { Failure } from './retry.ts';
import { Scheduler } from './scheduler.ts';
import type { Timing } from './timing.ts';

/** What decides when a request may go. */
export interface Ticket {
  readonly registry: string;
  /** Requests that some registries count apart from all others. */
  readonly family?: 'referrers';
  /** Whether a request that holds a slot waits for this one. */
  readonly isContinuation?: boolean;
  /** Whether it goes before others that wait. */
  readonly isUrgent?: boolean;
}

/** What admission needs: the limits of registries and the clock. */
export interface AdmissionOptions {
  /** Requests that one registry sees at once. */
  readonly maxInFlight: number;
  readonly timing: Timing;
  readonly profileOf: ProfileFinder;
}

/** One request on its way through. */
export interface Passage<T> {
  readonly ticket: Ticket;
  readonly task: () => Promise<T>;
  /** Told how many milliseconds the request has waited for its turn. */
  readonly excuse: (ms: number) => void;
}

interface Lane {
  readonly name: string;
  readonly bucket?: RateBucket;
}

const MINUTE_MS = 60_000;

/**
 * Lets requests through when their registry can take them: it has a free slot and is not resting, and a family of
 * requests with a limit of its own has not used it up. Such a family has a lane of its own, so that it does not hold
 * up everything else when it is throttled.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #scheduler: Scheduler;
  readonly #buckets = new Map<string, RateBucket>();
  /** Lanes of families that were throttled although nothing was known of a limit of their own. */
  readonly #learned = new Set<string>();

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#scheduler = new Scheduler({ max: options.maxInFlight }, options.timing, isOverload);
  }

  /** Runs a task when it is its turn. */
  async run<T>({ ticket, task, excuse }: Passage<T>, signal: AbortSignal): Promise<T> {
    const { timing } = this.#options;
    const { name, bucket } = this.#laneOf(ticket);
    const cameMs = timing.now();
    const passed = async (): Promise<T> => {
      await bucket?.take(signal);
      excuse(timing.now() - cameMs);
      return task();
    };
    try {
      const { isContinuation = false, isUrgent = false } = ticket;
      if (isContinuation) return await this.#scheduler.runBeyond(name, passed, signal);
      if (isUrgent) return await this.#scheduler.runFirst(name, passed, signal);
      return await this.#scheduler.run(name, passed, signal);
    } catch (error) {
      if (isOverload(error)) this.#learn(ticket, error.details.status);
      const asked = isOverload(error) ? error.details.retryAfterMs : undefined;
      if (asked !== undefined) this.#rest(ticket, asked);
      throw error;
    }
  }

  /** A throttled lane rests as a whole: other requests would only be refused as well. */
  slowDown(ticket: Ticket, { status }: Failure, ms: number): void {
    if (isOverloadStatus(status)) this.#rest(ticket, ms);
  }

  /** A family that is refused may well be the only one: from then on it does not hold up everything else. */
  #learn({ registry, family }: Ticket, status: number | undefined): void {
    if (family !== undefined && status === 429) this.#learned.add(laneName(registry, family));
  }

  #rest(ticket: Ticket, ms: number): void {
    this.#scheduler.pause(this.#laneOf(ticket).name, Math.min(ms, MAX_RETRY_AFTER_MS));
  }

  #laneOf({ registry, family }: Ticket): Lane {
    if (family === undefined) return { name: registry };
    const { profileOf, timing } = this.#options;
    const { referrersPerMinute } = profileOf(registry);
    const name = laneName(registry, family);
    if (referrersPerMinute === undefined) {
      return { name: this.#learned.has(name) ? name : registry };
    }
    const limit = { requests: referrersPerMinute, windowMs: MINUTE_MS };
    const bucket = this.#buckets.get(name) ?? new RateBucket(limit, timing);
    this.#buckets.set(name, bucket);
    return { name, bucket };
  }
}

function laneName(registry: string, family: string): string {
  return `${registry} ${family}`;
}

/** The host has too much to do, or we ask too much of it. */
function isOverload(error: unknown): error is RegistryError {
  return error instanceof RegistryError && isOverloadStatus(error.details.status);
}

function isOverloadStatus(status: number | undefined): boolean {
  return status === 429 || status === 503;
}
