import { definite } from '../../../shared/core/errors.ts';
import type { StepResult } from '../../support/agent/step-finish.ts';

/** What a bundle says that it used, in the last line of its summary. */
export interface Usage {
  readonly seconds: number;
  readonly requests: number;
  readonly megabytes: number;
}

const USAGE = /([\d.]+) s, ([\d,]+) requests, (\d+) MB of memory at most/;

/** Reads the usage that a step printed. */
export function usageOf({ lines }: Pick<StepResult, 'lines'>): Usage {
  const line = definite(
    lines.findLast((text) => USAGE.test(text)),
    'the usage line of a step',
  );
  const [, seconds, requests, megabytes] = USAGE.exec(line) ?? [];
  return {
    seconds: Number(seconds),
    requests: Number(requests?.replaceAll(',', '')),
    megabytes: Number(megabytes),
  };
}

/** Measured numbers, shown as a table when all is done. */
export class Measurements {
  readonly #rows: (readonly [string, string])[] = [];

  /** Keeps one row. */
  add(name: string, value: string): void {
    this.#rows.push([name, value]);
  }

  /** Keeps what a step used. */
  addStep(name: string, step: Pick<StepResult, 'lines'>): void {
    const { seconds, requests, megabytes } = usageOf(step);
    this.add(name, `${seconds.toFixed(1)} s, ${requests} requests, ${megabytes} MB`);
  }

  /** The rows in columns. */
  render(): string {
    const width = Math.max(0, ...this.#rows.map(([name]) => name.length));
    return this.#rows.map(([name, value]) => `    ${name.padEnd(width)}  ${value}`).join('\n');
  }
}

/** The middle of an odd number of values. */
export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return definite(sorted[Math.floor(sorted.length / 2)], 'the median of at least one value');
}
