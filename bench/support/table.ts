import { medianOf } from '../../test/interop/support/measurements.ts';
import { SCENARIOS } from './scenarios.ts';
import type { Sample, Scenario } from './scenarios.ts';

const HEADINGS = ['', 'wall time', 'requests', 'bytes', 'peak memory', 'of best peer'];

/** A table for each scenario: medians by contestant, in the order of their first copy. */
export function renderSamples(samples: readonly Sample[]): string {
  return SCENARIOS.map((scenario) => {
    const rows = rowsOf(samples.filter((sample) => sample.scenario === scenario));
    return renderColumns([[scenario, ...HEADINGS.slice(1)], ...rows]);
  }).join('\n\n');
}

/** How ours compares in a scenario: its wall time divided by that of the best peer; absent without peers. */
export function ratioToBestPeer(
  samples: readonly Sample[],
  contestant: string,
  scenario: Scenario,
): number | undefined {
  const inScenario = samples.filter((sample) => sample.scenario === scenario);
  const best = bestPeerMs(inScenario);
  return best === undefined ? undefined : medianMs(inScenario, contestant) / best;
}

/** Bytes as mebibytes. */
export function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

function rowsOf(samples: readonly Sample[]): readonly (readonly string[])[] {
  const best = bestPeerMs(samples);
  return namesOf(samples).map((name) => {
    const own = samples.filter(({ contestant }) => contestant === name);
    const ms = medianMs(samples, name);
    const peaks = own.flatMap(({ peakBytes }) => (peakBytes === undefined ? [] : [peakBytes]));
    return [
      name,
      `${ms.toFixed(0)} ms`,
      String(medianOf(own.map(({ requests }) => requests))),
      mebibytes(medianOf(own.map(({ bytes }) => bytes))),
      peaks.length === 0 ? '–' : mebibytes(Math.max(...peaks)),
      best === undefined ? '–' : (ms / best).toFixed(2),
    ];
  });
}

function bestPeerMs(samples: readonly Sample[]): number | undefined {
  const times = namesOf(samples.filter(({ isPeer }) => isPeer)).map((n) => medianMs(samples, n));
  return times.length === 0 ? undefined : Math.min(...times);
}

function medianMs(samples: readonly Sample[], name: string): number {
  return medianOf(samples.filter(({ contestant }) => contestant === name).map(({ ms }) => ms));
}

function namesOf(samples: readonly Sample[]): readonly string[] {
  return [...new Set(samples.map(({ contestant }) => contestant))];
}

/** Rows in columns, the first row being the headings: names to the left, numbers to the right. */
export function renderColumns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const cell = (text: string, column: number): string =>
    column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0);
  return rows.map((row) => row.map(cell).join('  ')).join('\n');
}
