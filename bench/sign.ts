import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startOlareg } from '../test/interop/support/olareg.ts';
import { medianOf } from '../test/interop/support/measurements.ts';
import { seconds } from './support/list-course.ts';
import { isOnPath } from './support/measure.ts';
import { startProxies } from './support/proxies.ts';
import { BENCH_REGISTRY, startBenchRegistry } from './support/registries.ts';
import { prepareSigning } from './support/signing-course.ts';
import type { SigningCourse } from './support/signing-course.ts';

/**
 * Signs a release of manifests in a few repositories with SignImageInfo as a whole process, beside the notation CLI in a
 * loop when it is on the path: on loopback and with a delay before each request; then a release of the size of a real
 * product. All on a registry with the referrers API and on one without it.
 *
 * Options: `--digests` (50), `--runs` on loopback (an odd number, 3), `--latency` (ms, 40), `--product` (digests, 806;
 * 0 for none).
 */
const { values } = parseArgs({
  options: {
    digests: { type: 'string', default: '50' },
    runs: { type: 'string', default: '3' },
    latency: { type: 'string', default: '40' },
    product: { type: 'string', default: '806' },
  },
});

const NOTATION = 'notation';

interface Server {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** A registry program, started with a place for its configuration. */
interface Kind {
  readonly name: string;
  readonly start: (file: string) => Promise<Server>;
}

/** Has the referrers API. */
const OLAREG: Kind = {
  name: 'olareg',
  async start() {
    const { host, stop } = await startOlareg();
    return { url: `http://${host}`, stop };
  },
};

/** Knows referrers only as lists under tags, each of which is looked at again when other writers must be done. */
const DOCKER_REGISTRY: Kind = { name: 'docker-registry', start: startBenchRegistry };

/** How long each run took, and the requests of the last one where they were counted. */
interface Score {
  readonly name: string;
  readonly ms: number[];
  requests?: number;
}

type Sign = (course: SigningCourse, host: string) => Promise<number>;

/** Runs something once more: on loopback at the registry itself, for a proxy would be most of what is measured. */
async function run(
  server: Server,
  score: Score,
  sign: (host: string) => Promise<number>,
): Promise<void> {
  score.ms.push(await sign(new URL(server.url).host));
}

/** Runs something once behind a proxy that counts and delays. */
async function runLate(
  server: Server,
  score: Score,
  sign: (host: string) => Promise<number>,
): Promise<void> {
  const proxies = await startProxies([server.url], Number(values.latency));
  try {
    score.ms.push(await sign(proxies.hosts[0] ?? ''));
    score.requests = (await proxies.takeTraffic()).requests;
  } finally {
    await proxies.stop();
  }
}

/** Both ways on one registry, by turns, each turn over a release that nobody has signed: medians. */
async function compare(kind: Kind, folder: string, how: 'loopback' | 'late'): Promise<void> {
  const digests = Number(values.digests);
  const ours: Score = { name: 'SignImageInfo', ms: [] };
  const scores: [Score, Sign][] = [[ours, async (course, host) => course.signWithTask(host)]];
  const peer: Score = { name: NOTATION, ms: [] };
  if (await isOnPath(NOTATION)) {
    scores.push([peer, async (course, host) => course.signWithNotation(host)]);
  }
  const turns = how === 'late' ? 1 : Number(values.runs);
  for (let turn = 0; turn < turns; turn += 1) {
    const place = join(folder, `${kind.name}-${how}-${turn}`);
    const server = await kind.start(`${place}.yml`);
    try {
      const course = await prepareSigning(place, { url: server.url, digests, repositories: 3 });
      for (const [score, sign] of scores) {
        const measure = how === 'late' ? runLate : run;
        await measure(server, score, async (host) => sign(course, host));
      }
    } finally {
      await server.stop();
    }
  }
  const late = how === 'late' ? `, ${values.latency} ms late` : '';
  for (const [{ name, ms, requests }] of scores) {
    const counted =
      requests === undefined ? '' : `, ${(requests / digests).toFixed(1)} requests a digest`;
    console.log(`${name} on ${kind.name}${late}: ${seconds(medianOf(ms))}${counted}`);
  }
  if (peer.ms.length === 0) return;
  console.log(`${(medianOf(peer.ms) / medianOf(ours.ms)).toFixed(1)} times as fast\n`);
}

async function product({ name, start }: Kind, folder: string): Promise<void> {
  const digests = Number(values.product);
  const server = await start(join(folder, `${name}.yml`));
  try {
    const place = join(folder, name);
    const course: SigningCourse = await prepareSigning(place, {
      url: server.url,
      digests,
      repositories: 9,
    });
    const ms = await course.signWithTask(new URL(server.url).host);
    console.log(`${digests} digests on ${name}: ${(ms / 1000).toFixed(2)} s; ${course.summary()}`);
  } finally {
    await server.stop();
  }
}

const folder = await mkdtemp(join(tmpdir(), 'bench-sign-'));
console.log(`On olareg and on ${BENCH_REGISTRY}.\n`);
try {
  const kinds = (await isOnPath(OLAREG.name)) ? [OLAREG, DOCKER_REGISTRY] : [DOCKER_REGISTRY];
  for (const kind of Number(values.digests) > 0 ? kinds : []) {
    for (const how of ['loopback', 'late'] as const) await compare(kind, folder, how);
  }
  for (const kind of Number(values.product) > 0 ? kinds : []) await product(kind, folder);
} finally {
  await rm(folder, { recursive: true, force: true });
}
