import type { Timing } from '../../shared/registry/timing.ts';

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

/**
 * Time that jumps to the next one who wakes when nobody has anything else to do: many can sleep at once, and the
 * order and the moments are those of real time.
 */
export function virtualTiming(): Timing {
  let nowMs = Date.UTC(2026, 10, 22);
  const sleepers: Sleeper[] = [];
  const wakeNext = (): void => {
    sleepers.sort((a, b) => a.atMs - b.atMs);
    const next = sleepers.shift();
    if (next === undefined) return;
    nowMs = Math.max(nowMs, next.atMs);
    next.wake();
  };
  return {
    now: () => nowMs,
    random: () => 0.5,
    sleep: async (ms, signal) => {
      signal.throwIfAborted();
      await new Promise<void>((resolve) => {
        sleepers.push({ atMs: nowMs + ms, wake: resolve });
        setImmediate(wakeNext);
      });
      signal.throwIfAborted();
    },
  };
}
