import type { Clock } from '../ports/clock.ts';
import type { Meter } from '../ports/meter.ts';

/** The clock of the agent. */
export const systemClock: Clock = { now: () => new Date() };

/** Measures this process; requests are counted by the registry client. */
export function processMeter(requests: () => number): Meter {
  return {
    read: () => ({
      elapsedMs: Math.round(process.uptime() * 1000),
      requests: requests(),
      peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    }),
  };
}
