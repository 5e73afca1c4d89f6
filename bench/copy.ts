import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findContestants } from './support/contestants.ts';
import type { Contestant } from './support/contestants.ts';
import { benchClient } from './support/copy-by-tag.ts';
import { startProxies } from './support/proxies.ts';
import { startRegistries } from './support/registries.ts';
import type { BenchRegistries, BenchRegistry } from './support/registries.ts';
import { runScenarios } from './support/scenarios.ts';
import type { Sample } from './support/scenarios.ts';
import { measureStream } from './support/stream.ts';
import { mebibytes, ratioToBestPeer, renderSamples } from './support/table.ts';

/**
 * Copies 28 blobs of 64 KiB from registry to registry beside every peer that is on the path, each request 40 ms late;
 * then one large blob.
 *
 * Options: `--runs` (an odd number, 3), `--latency` (ms, 40), `--stream` (MiB, 512; 0 for none).
 */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    latency: { type: 'string', default: '40' },
    stream: { type: 'string', default: '512' },
  },
});

/** Enough for what a copy runs often to be compiled. */
const WARM_UPS = 4;

async function compare(folder: string): Promise<readonly Sample[]> {
  const registries = await startRegistries(folder);
  const { source, target, kind } = registries;
  console.log(`Two of ${kind}, ${values.latency} ms per request, runs: ${values.runs}\n`);
  try {
    return await compareAt(registries, await findContestants(folder));
  } finally {
    await Promise.all([source.stop(), target.stop()]);
  }
}

async function compareAt(
  { source, target }: BenchRegistries,
  contestants: readonly Contestant[],
): Promise<readonly Sample[]> {
  const proxies = await startProxies([source.url, target.url], Number(values.latency));
  const client = benchClient();
  const [slowSource = '', slowTarget = ''] = proxies.hosts;
  const course = {
    ...{ client, proxies },
    direct: { source: hostOf(source), target: hostOf(target) },
    slow: { source: slowSource, target: slowTarget },
  };
  const samples: Sample[] = [];
  try {
    // What runs in this process shall be measured as code that runs; as a program it is measured from its start.
    for (const contestant of contestants.filter(({ isHere }) => isHere)) {
      for (let run = 0; run < WARM_UPS; run += 1) {
        await runScenarios(course, contestant, `warm-${run}`);
      }
    }
    // By turns, so that a busy moment of the machine meets them all.
    for (let run = 0; run < Number(values.runs); run += 1) {
      for (const [index, contestant] of contestants.entries()) {
        samples.push(...(await runScenarios(course, contestant, `${run}-${index}`)));
      }
    }
    return samples;
  } finally {
    await client.close();
    await proxies.stop();
  }
}

function hostOf({ url }: BenchRegistry): string {
  return new URL(url).host;
}

const folder = await mkdtemp(join(tmpdir(), 'bench-'));
try {
  const samples = await compare(folder);
  console.log(renderSamples(samples));
  for (const { name, goal } of [
    { name: 'ours', goal: 0.5 },
    { name: 'ours, process', goal: 0.6 },
  ]) {
    const ratio = ratioToBestPeer(samples, name, 'cold');
    if (ratio === undefined) continue;
    console.log(`\n${name}, cold: ${ratio.toFixed(2)} of the best peer; the goal is ${goal}`);
  }
  const size = Number(values.stream);
  if (size > 0) {
    const { ms, peakBytes } = await measureStream(folder, size);
    const speed = ((size * 1000) / ms).toFixed(0);
    const seconds = (ms / 1000).toFixed(1);
    console.log(
      `\nstreamed ${size} MiB in ${seconds} s, ${speed} MiB/s, at most ${mebibytes(peakBytes)}`,
    );
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
