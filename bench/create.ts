import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Descriptor } from '../shared/oci/descriptor.ts';
import { buildIndex } from '../shared/oci/index-document.ts';
import { SHARED_DIR } from '../test/interop/real-manifest.ts';
import { REAL_MANIFEST, makeWorkload } from '../test/interop/support/workload.ts';
import type { WorkloadOptions } from '../test/interop/support/workload.ts';
import { createLists, findListContestants, usageIn } from './support/list-contestants.ts';
import type { BuiltProduct } from './support/list-contestants.ts';
import { compareLists, seconds } from './support/list-course.ts';
import { startProxies } from './support/proxies.ts';
import { startOneRegistry } from './support/registries.ts';
import type { BenchRegistry } from './support/registries.ts';

/**
 * Makes manifest lists of real products: whether their digests are those that were published, what dotnet-docker's main
 * takes, 50 lists beside every peer on the path, and how time and memory grow.
 *
 * Options: `--runs` on loopback (an odd number, 3), `--latency` for the peers (ms, 40), `--main-latency` (ms, 30),
 * `--scale` (lists, 2000; 0 for none).
 */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    latency: { type: 'string', default: '40' },
    'main-latency': { type: 'string', default: '30' },
    scale: { type: 'string', default: '2000' },
  },
});

const MAIN = 'image-info/image-info.dotnet-dotnet-docker-main.json';

async function realLists(): Promise<string> {
  const text = await readFile(join(SHARED_DIR, 'data', 'real-lists.jsonl'), 'utf8');
  const lists = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { digest: string; manifests: readonly Descriptor[] });
  const same = lists.filter(({ digest, manifests }) => {
    const { descriptor } = buildIndex({ entries: manifests, mediaType: 'auto' });
    return descriptor.digest === digest;
  });
  return `real lists: ${same.length} of ${lists.length} digests`;
}

interface Built extends BuiltProduct {
  readonly lists: number;
}

/** Makes a workload and pushes its images; its name is its folder and its prefix. */
async function build(
  { url }: BenchRegistry,
  folder: string,
  { name, ...options }: Omit<WorkloadOptions, 'out'> & { readonly name: string },
): Promise<Built> {
  const workload = await makeWorkload({ ...options, out: join(folder, name) });
  const prefix = `build/${name}/`;
  await workload.push({ url, prefix });
  const { manifest } = options;
  return {
    ...{ workload, host: new URL(url).host, prefix, lists: workload.lists.length },
    ...(manifest === undefined ? {} : { manifest }),
  };
}

/** Runs ours once and says what it took. */
async function measured(name: string, product: Built, folder: string): Promise<string> {
  const cost = await createLists(product, folder);
  const { requests, megabytes } = usageIn(cost);
  const perList = (cost.ms / product.lists).toFixed(1);
  return `${name}: ${seconds(cost.ms)}, ${perList} ms a list, ${requests} requests, ${megabytes} MB`;
}

async function measureMain(registry: BenchRegistry, folder: string): Promise<void> {
  const main = await build(registry, folder, {
    ...{ name: 'main', imageInfo: MAIN, manifest: REAL_MANIFEST },
  });
  console.log(await measured('main (at most 1620 requests, 150 MB)', main, folder));
  const latencyMs = Number(values['main-latency']);
  const proxies = await startProxies([registry.url], latencyMs);
  try {
    const slow = { ...main, host: proxies.hosts[0] ?? '' };
    console.log(
      await measured(`main, each request ${latencyMs} ms late (under 5 s)`, slow, folder),
    );
  } finally {
    await proxies.stop();
  }
}

async function comparePeers(registry: BenchRegistry, folder: string): Promise<void> {
  const args = ['--images', '50', '--shared-only', '--retry-every', '0', '--retry10-every', '0'];
  const fifty = await build(registry, folder, { name: 'fifty', imageInfo: MAIN, args });
  const tags = fifty.workload.lists.flatMap(({ sharedTags }) => sharedTags).length;
  const contestants = await findListContestants(folder);
  const options = { runs: Number(values.runs), latencyMs: Number(values.latency) };
  console.log(`\n${fifty.lists} lists, ${tags} tags, whole processes`);
  console.log(await compareLists(contestants, fifty, options));
  console.log('goals: the best peer takes 1.7 times as long on loopback, 15 times when late\n');
}

async function measureScale(registry: BenchRegistry, folder: string): Promise<void> {
  const most = Number(values.scale);
  for (const count of most === 0 ? [] : [Math.ceil(most / 4), most]) {
    const args = [
      '--images',
      String(count),
      '--layers',
      '2',
      '--layer-bytes',
      '0',
      '--shared-only',
    ];
    const name = `scale-${count}`;
    const product = await build(registry, folder, { name, imageInfo: MAIN, args });
    console.log(await measured(`${count} images (linear, under 300 MB)`, product, folder));
  }
}

const folder = await mkdtemp(join(tmpdir(), 'bench-'));
const { kind, registry } = await startOneRegistry(folder, 'registry');
try {
  console.log(`On ${kind}.`);
  console.log(await realLists());
  await measureMain(registry, folder);
  await comparePeers(registry, folder);
  await measureScale(registry, folder);
} finally {
  await registry.stop();
  await rm(folder, { recursive: true, force: true });
}
