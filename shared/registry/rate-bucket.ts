import type { Timing } from './timing.ts';

/** So many requests in so many milliseconds, e.g. `{ requests: 250, windowMs: 60_000 }`. */
export interface RateLimit {
  /** Requests that may start within the window. */
  readonly requests: number;
  readonly windowMs: number;
}

/**
 * Spaces requests so that no window of time, wherever it begins, sees more than its share.
 *
 * Each request reserves the earliest moment that is free and waits for it, so they start in the order they came.
 */
export class RateBucket {
  readonly #limit: RateLimit;
  readonly #timing: Timing;
  /** When the last requests start, at most as many as a window holds. */
  readonly #starts: number[] = [];

  constructor(limit: RateLimit, timing: Timing) {
    this.#limit = limit;
    this.#timing = timing;
  }

  /** Waits for the turn of a request. A turn that is aborted is lost. */
  async take(signal: AbortSignal): Promise<void> {
    const { requests, windowMs } = this.#limit;
    const nowMs = this.#timing.now();
    const [oldestMs = -Infinity] = this.#starts.length < requests ? [] : this.#starts;
    const startMs = Math.max(nowMs, oldestMs + windowMs);
    this.#starts.push(startMs);
    if (this.#starts.length > requests) this.#starts.shift();
    if (startMs > nowMs) await this.#timing.sleep(startMs - nowMs, signal);
  }
}
