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
 * product, on a registry without the referrers API and on one with it.
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

async function olareg(): Promise<Server> {
  const { host, stop } = await startOlareg();
  return { url: `http://${host}`, stop };
}

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

async function compare(folder: string, latencyMs: number): Promise<void> {
  const digests = Number(values.digests);
  const server = await startDockerRegistry(join(folder, `registry-${latencyMs}.yml`));
  try {
    const place = join(folder, String(latencyMs));
    const course = await prepareSigning(place, { url: server.url, digests, repositories: 3 });
    const ours = await through(server, latencyMs, async (host) => course.signWithTask(host));
    tell(`SignImageInfo, ${latencyMs} ms`, ours, digests);
    if (!(await isOnPath('notation'))) return;
    const loop = await through(server, latencyMs, async (host) => course.signWithNotation(host));
    tell(`notation, ${latencyMs} ms`, loop, digests);
    console.log(`${(loop.ms / ours.ms).toFixed(1)} times as fast\n`);
  } finally {
    await server.stop();
  }
}

async function product(name: string, folder: string, server: Server): Promise<void> {
  const digests = Number(values.product);
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
  if (Number(values.digests) > 0) {
    for (const latencyMs of [0, Number(values.latency)]) await compare(folder, latencyMs);
  }
  if (Number(values.product) > 0) {
    const registry = await startDockerRegistry(join(folder, 'product.yml'));
    await product('docker-registry', folder, registry);
    if (await isOnPath('olareg')) await product('olareg', folder, await olareg());
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
