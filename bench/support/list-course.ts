import { invariant } from '../../shared/core/errors.ts';
import { medianOf } from '../../test/interop/support/measurements.ts';
import type { BuiltProduct, ListContestant } from './list-contestants.ts';
import { startProxies } from './proxies.ts';
import { renderColumns } from './table.ts';

/** How long each contestant takes, in milliseconds, and how many requests. */
interface Score {
  readonly contestant: ListContestant;
  readonly loopbackMs: number;
  readonly slowMs: number;
  readonly requests: number;
}

/** How often to run, and how late each request is in the slow scenario. */
export interface CourseOptions {
  readonly runs: number;
  readonly latencyMs: number;
}

/**
 * Lets every contestant make the same lists, on loopback and with each request late; medians, by turns, so that a busy
 * moment of the machine meets them all.
 */
export async function compareLists(
  contestants: readonly ListContestant[],
  product: BuiltProduct,
  { runs, latencyMs }: CourseOptions,
): Promise<string> {
  const loopback = new Map<ListContestant, number[]>();
  for (let run = 0; run < runs; run += 1) {
    for (const one of contestants) {
      const { ms } = await one.create(product);
      loopback.set(one, [...(loopback.get(one) ?? []), ms]);
    }
  }
  const proxies = await startProxies([`http://${product.host}`], latencyMs);
  try {
    const scores: Score[] = [];
    for (const contestant of contestants) {
      await proxies.takeTraffic();
      const { ms: slowMs } = await contestant.create({ ...product, host: proxies.hosts[0] ?? '' });
      const { requests } = await proxies.takeTraffic();
      const loopbackMs = medianOf(loopback.get(contestant) ?? []);
      scores.push({ contestant, loopbackMs, slowMs, requests });
    }
    return renderScores(scores, latencyMs);
  } finally {
    await proxies.stop();
  }
}

function renderScores(scores: readonly Score[], latencyMs: number): string {
  const ours = scores.find(({ contestant }) => !contestant.isPeer);
  invariant(ours !== undefined, 'ours is among the contestants');
  const headings = ['', 'loopback', 'of ours', `${latencyMs} ms late`, 'of ours', 'requests'];
  const rows = scores.map(({ contestant, loopbackMs, slowMs, requests }) => [
    contestant.name,
    seconds(loopbackMs),
    (loopbackMs / ours.loopbackMs).toFixed(1),
    seconds(slowMs),
    (slowMs / ours.slowMs).toFixed(1),
    String(requests),
  ]);
  return renderColumns([headings, ...rows]);
}

/** Milliseconds as seconds, e.g. `1.05 s`. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
