import { setTimeout as wait } from 'node:timers/promises';

/** Time and chance, given from outside so that waits can be tested without waiting. */
export interface Timing {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Waits; rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** At least 0, below 1. */
  random(): number;
}

/** The timing of the machine. */
export const systemTiming: Timing = {
  now: () => Date.now(),
  random: () => Math.random(),
  async sleep(ms, signal) {
    signal.throwIfAborted();
    try {
      await wait(ms, undefined, { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  },
};
