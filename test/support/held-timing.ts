import type { Timing } from '../../shared/registry/timing.ts';

/** Time that stands still until a test lets it go on: whoever sleeps sleeps. */
export interface HeldTiming extends Timing {
  /** How many sleep now. */
  readonly sleeping: () => number;
  /** Lets a minute pass, and wakes everybody. */
  readonly wakeAll: () => void;
}

/** Time that begins at 0. */
export function heldTiming(): HeldTiming {
  let nowMs = 0;
  const sleepers: (() => void)[] = [];
  return {
    now: () => nowMs,
    random: () => 0.5,
    sleep: async () => new Promise((resolve) => sleepers.push(resolve)),
    sleeping: () => sleepers.length,
    wakeAll() {
      nowMs += 60_000;
      for (const wake of sleepers.splice(0)) wake();
    },
  };
}
