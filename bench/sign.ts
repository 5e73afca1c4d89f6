import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startDockerRegistry } from '../test/interop/support/docker-registry.ts';
import { startOlareg } from '../test/interop/support/olareg.ts';
import { isOnPath } from './support/measure.ts';
import { startProxies } from './support/proxies.ts';
import { prepareSigning } from './support/signing-course.ts';
import type { SigningCourse } from './support/signing-course.ts';

/**
 * Signs a release of manifests in a few repositories with SignImageInfo as a whole process, beside the notation CLI in a
 * loop when it is on the path: on loopback and with a delay before each request; then a release of the size of a real
 * product. All on a registry with the referrers API and on one without it.
 *
 * Options: `--digests` (50), `--latency` (ms, 40), `--product` (digests, 806; 0 for none).
 */
const { values } = parseArgs({
  options: {
    digests: { type: 'string', default: '50' },
    latency: { type: 'string', default: '40' },
    product: { type: 'string', default: '806' },
  },
});

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
const DOCKER_REGISTRY: Kind = { name: 'docker-registry', start: startDockerRegistry };

function tell(name: string, { ms, requests }: Measured, digests: number): void {
  const each = (requests / digests).toFixed(1);
  console.log(`${name}: ${(ms / 1000).toFixed(2)} s, ${requests} requests, ${each} a digest`);
}

interface Measured {
  readonly ms: number;
  readonly requests: number;
}

/** Runs something behind a proxy that counts and delays. */
async function through(
  server: Server,
  latencyMs: number,
  run: (host: string) => Promise<number>,
): Promise<Measured> {
  const proxies = await startProxies([server.url], latencyMs);
  try {
    const ms = await run(proxies.hosts[0] ?? '');
    const { requests } = await proxies.takeTraffic();
    return { ms, requests };
  } finally {
    await proxies.stop();
  }
}

/** Both ways on one registry: ours and the CLI. */
async function compare({ name, start }: Kind, folder: string, latencyMs: number): Promise<void> {
  const digests = Number(values.digests);
  const server = await start(join(folder, `${name}-${latencyMs}.yml`));
  try {
    const place = join(folder, `${name}-${latencyMs}`);
    const course = await prepareSigning(place, { url: server.url, digests, repositories: 3 });
    const ours = await through(server, latencyMs, async (host) => course.signWithTask(host));
    tell(`SignImageInfo, ${name}, ${latencyMs} ms`, ours, digests);
    if (!(await isOnPath('notation'))) return;
    const loop = await through(server, latencyMs, async (host) => course.signWithNotation(host));
    tell(`notation, ${name}, ${latencyMs} ms`, loop, digests);
    console.log(`${(loop.ms / ours.ms).toFixed(1)} times as fast\n`);
  } finally {
    await server.stop();
  }
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
try {
  const kinds = (await isOnPath(OLAREG.name)) ? [OLAREG, DOCKER_REGISTRY] : [DOCKER_REGISTRY];
  for (const kind of Number(values.digests) > 0 ? kinds : []) {
    for (const latencyMs of [0, Number(values.latency)]) await compare(kind, folder, latencyMs);
  }
  for (const kind of Number(values.product) > 0 ? kinds : []) await product(kind, folder);
} finally {
  await rm(folder, { recursive: true, force: true });
}
