import { onAbort } from '../core/aborts.ts';
import { AdaptiveLimit } from './adaptive-limit.ts';
import type { SlotLimits } from './adaptive-limit.ts';
import type { Timing } from './timing.ts';

/** When a task gets its slot: before all that wait as usual, or after them. */
type Urgency = 'first' | 'usual';

interface HostState {
  readonly limit: AdaptiveLimit;
  readonly waiting: Readonly<Record<Urgency, (() => void)[]>>;
  running: number;
  pausedUntilMs: number;
}

/**
 * Bounds how many requests each host sees at once, and lets a host that is out of breath rest.
 *
 * A slot is held while a request waits for its answer, never while something waits for another slot: so two hosts
 * that copy from each other cannot block each other.
 */
export class Scheduler {
  readonly #limits: SlotLimits;
  readonly #timing: Timing;
  readonly #isOverload: (error: unknown) => boolean;
  readonly #hosts = new Map<string, HostState>();

  /** `isOverload` tells which failures of a task mean that the host has too much to do. */
  constructor(
    limits: SlotLimits,
    timing: Timing,
    isOverload: (error: unknown) => boolean = () => false,
  ) {
    this.#limits = limits;
    this.#timing = timing;
    this.#isOverload = isOverload;
  }

  /** Runs a task in a slot of the host, when one is free and the host is not paused. */
  async run<T>(host: string, task: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const state = this.#stateOf(host);
    if (!this.#entersAtOnce(state, signal)) await this.#enter(state, 'usual', signal);
    return this.#runIn(state, task);
  }

  /** Runs a task as `run` does, but in the first slot that is free, whoever else waits. */
  async runFirst<T>(host: string, task: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const state = this.#stateOf(host);
    if (!this.#entersAtOnce(state, signal)) await this.#enter(state, 'first', signal);
    return this.#runIn(state, task);
  }

  /** Runs a task of a paused host later, but without a slot: for what a task that holds one waits for. */
  async runBeyond<T>(host: string, task: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const state = this.#stateOf(host);
    for (let restMs = this.#restMs(state); restMs > 0; restMs = this.#restMs(state)) {
      await this.#timing.sleep(restMs, signal);
    }
    return task();
  }

  /** Holds back all requests to a host for a while. */
  pause(host: string, ms: number): void {
    const state = this.#stateOf(host);
    state.pausedUntilMs = Math.max(state.pausedUntilMs, this.#timing.now() + ms);
  }

  /** Runs a task in the slot that was entered, and leaves it. */
  async #runIn<T>(state: HostState, task: () => Promise<T>): Promise<T> {
    const { round } = state.limit;
    try {
      const result = await task();
      state.limit.succeeded(state.running >= state.limit.size);
      return result;
    } catch (error) {
      if (this.#isOverload(error)) state.limit.overloaded(round);
      throw error;
    } finally {
      leave(state);
    }
  }

  /** Takes a slot when one is free and nothing has to be waited for. */
  #entersAtOnce(state: HostState, signal: AbortSignal): boolean {
    signal.throwIfAborted();
    if (state.running >= state.limit.size || this.#restMs(state) > 0) return false;
    state.running += 1;
    return true;
  }

  /** A pause is waited for without a slot. */
  async #enter(state: HostState, urgency: Urgency, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      await acquire(state, urgency, signal);
      const restMs = this.#restMs(state);
      if (restMs <= 0) return;
      leave(state);
      await this.#timing.sleep(restMs, signal);
    }
  }

  #restMs({ pausedUntilMs }: HostState): number {
    return pausedUntilMs - this.#timing.now();
  }

  #stateOf(host: string): HostState {
    const known = this.#hosts.get(host);
    if (known !== undefined) return known;
    const limit = new AdaptiveLimit(this.#limits);
    const state = { limit, waiting: { first: [], usual: [] }, running: 0, pausedUntilMs: 0 };
    this.#hosts.set(host, state);
    return state;
  }
}

async function acquire(state: HostState, urgency: Urgency, signal: AbortSignal): Promise<void> {
  const waiting = state.waiting[urgency];
  if (state.running < state.limit.size) {
    state.running += 1;
    return;
  }
  await new Promise<void>((resolve, reject) => {
    const unwatch = onAbort(signal, () => {
      waiting.splice(waiting.indexOf(enter), 1);
      reject(signal.reason as Error);
    });
    const enter = (): void => {
      unwatch();
      resolve();
    };
    waiting.push(enter);
  });
}

/** The slots that are free now go to those who wait longest, the urgent ones before all others. */
function leave(state: HostState): void {
  state.running -= 1;
  while (state.running < state.limit.size) {
    const next = state.waiting.first.shift() ?? state.waiting.usual.shift();
    if (next === undefined) return;
    state.running += 1;
    next();
  }
}
