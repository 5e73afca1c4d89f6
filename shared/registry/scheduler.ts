import { definite } from '../core/errors.ts';
import type { Timing } from './timing.ts';

interface HostState {
  running: number;
  pausedUntilMs: number;
  readonly waiting: (() => void)[];
}

/**
 * Bounds how many requests each host sees at once, and lets a host that is out of breath rest.
 *
 * A slot is held while a request waits for its answer, never while something waits for another slot.
 */
export class Scheduler {
  readonly #limit: number;
  readonly #timing: Timing;
  readonly #hosts = new Map<string, HostState>();

  constructor(limit: number, timing: Timing) {
    this.#limit = limit;
    this.#timing = timing;
  }

  /** Runs a task in a slot of the host, when one is free and the host is not paused. */
  async run<T>(host: string, task: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const state = this.#stateOf(host);
    await this.#enter(state, signal);
    try {
      return await task();
    } finally {
      leave(state);
    }
  }

  /** Holds back all requests to a host for a while. */
  pause(host: string, ms: number): void {
    const state = this.#stateOf(host);
    state.pausedUntilMs = Math.max(state.pausedUntilMs, this.#timing.now() + ms);
  }

  async #enter(state: HostState, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      await this.#acquire(state, signal);
      const restMs = state.pausedUntilMs - this.#timing.now();
      if (restMs <= 0) return;
      leave(state);
      await this.#timing.sleep(restMs, signal);
    }
  }

  async #acquire(state: HostState, signal: AbortSignal): Promise<void> {
    if (state.running < this.#limit) {
      state.running += 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        state.waiting.splice(state.waiting.indexOf(enter), 1);
        reject(signal.reason as Error);
      };
      const enter = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      state.waiting.push(enter);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  #stateOf(host: string): HostState {
    if (!this.#hosts.has(host)) {
      this.#hosts.set(host, { running: 0, pausedUntilMs: 0, waiting: [] });
    }
    return definite(this.#hosts.get(host), 'the state of the host');
  }
}

/** A slot that is left goes to the one who waits longest. */
function leave(state: HostState): void {
  const next = state.waiting.shift();
  if (next === undefined) state.running -= 1;
  else next();
}
