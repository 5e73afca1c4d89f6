import type { Clock, Timer } from '../ports/clock.ts';
import type { Meter } from '../ports/meter.ts';
import { systemTiming } from '../registry/timing.ts';
import { peakMemoryBytes } from './peak-memory.ts';

/** The clock of the agent. */
export const systemClock: Clock = { now: () => new Date() };

/** The clock of the agent, by which one can wait. */
export const systemTimer: Timer = {
  ...systemClock,
  sleep: async (ms, signal) => systemTiming.sleep(ms, signal),
};

/** Measures this process; requests are counted by the registry client. */
export function processMeter(requests: () => number): Meter {
  return {
    read: () => ({
      elapsedMs: Math.round(process.uptime() * 1000),
      requests: requests(),
      peakMemoryBytes: peakMemoryBytes(),
    }),
  };
}
