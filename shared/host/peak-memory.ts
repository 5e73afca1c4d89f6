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
  return highWaterOf(process.pid) ?? 1024 * process.resourceUsage().maxRSS;
}

/** The same of any process; absent when it has ended, and on other systems, which do not tell. */
export function highWaterOf(pid: number): number | undefined {
  try {
    const [, kilobytes] = HIGH_WATER.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kilobytes === undefined ? undefined : 1024 * Number(kilobytes);
  } catch {
    return undefined;
  }
}
