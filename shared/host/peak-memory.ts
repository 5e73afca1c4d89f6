import { readFileSync } from 'node:fs';

const HIGH_WATER = /^VmHWM:\s+(\d+) kB$/m;

/**
 * The most memory that this process had at once, in bytes, e.g. `96_000_000`.
 *
 * What Linux counts as resources used begins with what the process had that started this one, and that is the agent.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
 */
export function peakMemoryBytes(): number {
  return 1024 * (ownHighWater() ?? process.resourceUsage().maxRSS);
}

/** In kilobytes; other systems do not tell. */
function ownHighWater(): number | undefined {
  try {
    const [, kilobytes] = HIGH_WATER.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    return kilobytes === undefined ? undefined : Number(kilobytes);
  } catch {
    return undefined;
  }
}
