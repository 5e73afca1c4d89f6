import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { STANDARD_PROFILE } from '../../../shared/registry/profiles.ts';
import type { RegistryClient } from '../../../shared/registry/registry-client.ts';
import type { Timing } from '../../../shared/registry/timing.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import type { EmbeddedRegistry } from '../../support/registry/registry.ts';
import { heldTiming } from '../../support/held-timing.ts';
import { virtualTiming } from '../../support/virtual-timing.ts';
import { aClient, anImage, pushImage, repositoryOf } from './support.ts';
import { silentLog } from '../../support/silent-log.ts';

const { signal } = new AbortController();

describe('RegistryClient throttling', () => {
  let registry: EmbeddedRegistry;
  let timing: Timing;
  const clients: RegistryClient[] = [];
  const image = anImage('app', ['layer']);
  const { digest } = image.manifest.descriptor;

  const client = (...args: Parameters<typeof aClient>): RegistryClient => {
    const created = aClient({ timing, ...args[0] });
    clients.push(created);
    return created;
  };
  const withLimit = (referrersPerMinute: number): RegistryClient =>
    client({ profileOf: () => ({ ...STANDARD_PROFILE, referrersPerMinute }) });
  const listTimes = async (by: RegistryClient, times: number, name = 'app'): Promise<void> => {
    await Promise.all(
      Array.from({ length: times }, async () =>
        by.listReferrers(repositoryOf(registry, name), digest, signal),
      ),
    );
  };
  const readTimes = async (by: RegistryClient, times: number): Promise<void> => {
    await Promise.all(
      Array.from({ length: times }, async () =>
        by.getManifest(repositoryOf(registry, 'app'), digest, signal),
      ),
    );
  };
  const mostInFlight = (): number => Math.max(...registry.requests.map(({ inFlight }) => inFlight));

  beforeEach(async () => {
    registry = await startRegistry();
    timing = virtualTiming();
    await pushImage(client(), repositoryOf(registry, 'app'), image);
    registry.resetRequests();
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map(async (each) => each.close()));
    await registry.close();
  });

  it('X7 keeps 24 requests in flight after a good start, and never more', async () => {
    registry.setOptions({ latencyMs: 40 });
    await readTimes(client(), 120);
    assert.equal(mostInFlight(), 24);
  });

  it('X7 keeps to the number that was asked for', async () => {
    registry.setOptions({ latencyMs: 10 });
    await readTimes(client({ maxInFlight: 3 }), 30);
    assert.equal(mostInFlight(), 3);
  });

  it('X7 halves what is in flight after 503', async () => {
    const by = client();
    await readTimes(by, 1);
    registry.addFault({ match: { nth: 1, times: 8 }, action: { kind: 'status', status: 503 } });
    await readTimes(by, 8);
    registry.resetRequests();
    registry.setOptions({ latencyMs: 10 });
    await readTimes(by, 4);
    assert.equal(mostInFlight(), 4);
  });

  it('X6 X4 lets all requests of a host wait as long as one was told to', async () => {
    const by = client();
    await readTimes(by, 1);
    const startMs = timing.now();
    registry.addFault({
      match: { path: '/manifests/', nth: 1 },
      action: { kind: 'status', status: 503, headers: { 'retry-after': '30' } },
    });
    await readTimes(by, 1);
    assert.equal(timing.now() - startMs, 30_000);
    await readTimes(by, 5);
    assert.equal(timing.now() - startMs, 30_000);
  });

  it('X6 rests also after an upload was refused that begins again on its own', async () => {
    const held = heldTiming();
    const by = client({ timing: held });
    registry.setOptions({ singlePost: false });
    registry.addFault({
      match: { method: 'PUT', nth: 1 },
      action: { kind: 'status', status: 429, headers: { 'retry-after': '9' } },
    });
    const [blob] = anImage('other', []).blobs;
    assert.ok(blob !== undefined);
    const put = by.putBlob(repositoryOf(registry, 'app'), blob, signal);
    while (held.sleeping() === 0) await setImmediate();
    registry.resetRequests();
    const read = readTimes(by, 1);
    while (held.sleeping() < 2) await setImmediate();
    assert.equal(registry.requests.length, 0);
    const waker = setInterval(held.wakeAll, 1);
    await Promise.all([put, read]).finally(() => {
      clearInterval(waker);
    });
  });

  it('X9 spaces lists of referrers where they are limited, and no other requests', async () => {
    const by = withLimit(3);
    const startMs = timing.now();
    await readTimes(by, 20);
    assert.equal(timing.now(), startMs);
    await listTimes(by, 3);
    assert.equal(timing.now(), startMs);
    await listTimes(by, 3);
    assert.equal(timing.now() - startMs, 60_000);
    await readTimes(by, 20);
    assert.equal(timing.now() - startMs, 60_000);
  });

  it('X9 does not take a repository that is called referrers for a list', async () => {
    const by = withLimit(1);
    const startMs = timing.now();
    const names = ['referrers', 'a/referrers', 'referrers/a'];
    for (const name of names) await pushImage(by, repositoryOf(registry, name), image);
    assert.equal(timing.now(), startMs);
    await listTimes(by, 2, 'referrers');
    assert.equal(timing.now() - startMs, 60_000);
  });

  it('X9 counts every page', async () => {
    registry.addFault({
      match: { path: '/referrers/', nth: 1 },
      action: {
        kind: 'headers',
        headers: { link: `</v2/app/referrers/${digest}?page=0>; rel="next"` },
      },
    });
    const startMs = timing.now();
    await listTimes(withLimit(1), 1);
    assert.equal(timing.now() - startMs, 60_000);
  });

  it('X9 slows nothing else down when a list of referrers is refused', async () => {
    const by = withLimit(100);
    await readTimes(by, 1);
    registry.addFault({
      match: { path: '/referrers/', nth: 1 },
      action: { kind: 'status', status: 429, headers: { 'retry-after': '60' } },
    });
    const lists = listTimes(by, 1);
    while (!registry.requests.some(({ status }) => status === 429)) await readTimes(by, 1);
    const startMs = timing.now();
    registry.setOptions({ latencyMs: 30 });
    registry.resetRequests();
    await readTimes(by, 16);
    assert.ok(mostInFlight() >= 8, `${mostInFlight()} in flight`);
    await lists;
    assert.ok(timing.now() - startMs <= 60_000);
  });

  it('X9 learns that lists of referrers have a limit of their own when one is refused', async () => {
    const held = heldTiming();
    const by = client({ timing: held });
    await readTimes(by, 1);
    registry.addFault({
      match: { path: '/referrers/', nth: 1 },
      action: { kind: 'status', status: 429, headers: { 'retry-after': '60' } },
    });
    const lists = listTimes(by, 1);
    while (held.sleeping() === 0) await setImmediate();
    await readTimes(by, 16);
    const waker = setInterval(held.wakeAll, 1);
    await lists.finally(() => {
      clearInterval(waker);
    });
  });

  it('X9 lets the user say how many lists of referrers there may be in a minute', async () => {
    const startMs = timing.now();
    await listTimes(client({ referrersPerMinute: 2 }), 3);
    assert.equal(timing.now() - startMs, 60_000);
    const by = client({
      referrersPerMinute: 5,
      profileOf: () => ({ ...STANDARD_PROFILE, referrersPerMinute: 1 }),
    });
    const secondMs = timing.now();
    await listTimes(by, 5);
    assert.equal(timing.now(), secondMs);
  });

  it('X9 waits for a turn longer than an operation may be in trouble', async () => {
    const by = withLimit(1);
    registry.addFault({
      match: { path: '/referrers/', nth: 1, times: 1 },
      action: { kind: 'status', status: 500 },
    });
    const startMs = timing.now();
    await listTimes(by, 20);
    assert.equal(Math.round((timing.now() - startMs) / 60_000), 20);
  });

  it('X11 warns when few pulls are left', async () => {
    const warnings: string[] = [];
    const log = { ...silentLog, warn: (line: string) => warnings.push(line) };
    registry.addFault({
      match: {},
      action: {
        kind: 'headers',
        headers: {
          'ratelimit-limit': '100;w=21600',
          'ratelimit-remaining': '4;w=21600',
          'docker-ratelimit-source': '203.0.113.7',
        },
      },
    });
    await readTimes(client({ log }), 3);
    assert.deepEqual(warnings, [
      `${registry.host} limits the pulls from 203.0.113.7: 4 of 100 are left. Log in to it, or use a mirror of its images.`,
    ]);
  });

  it('X10 asks by HEAD for what is likely there where writes are scarce', async () => {
    const large = anImage('large', ['one', 'two', 'three', 'four']);
    await pushImage(client(), repositoryOf(registry, 'app'), large);
    const target = await startRegistry();
    await pushImage(client(), repositoryOf(target, 'app'), large);
    target.resetRequests();
    const by = client({
      maxInFlight: 1,
      profileOf: () => ({ ...STANDARD_PROFILE, writesAreScarce: true }),
    });
    const [from, to] = [repositoryOf(registry, 'app'), repositoryOf(target, 'app')];
    const counts = await by.copyManifest(
      { manifest: large.manifest, from, to, mount: true },
      signal,
    );
    assert.equal(counts.present, 5);
    const methods = target.requests.map(({ method }) => method);
    assert.deepEqual(methods, ['POST', 'HEAD', 'HEAD', 'HEAD', 'HEAD', 'PUT']);
    await target.close();
  });
});

describe('RegistryClient slots', () => {
  it('X8 copies both ways between two hosts with one slot each, also when connections break', async function () {
    // Hosts that block each other come free when their servers lose patience, after some seconds.
    this.timeout(5000);
    const [one, two] = await Promise.all([startRegistry(), startRegistry()]);
    const client = aClient({ timing: virtualTiming(), maxInFlight: 1 });
    const images = ['a', 'b', 'c'].map((name) => anImage(name, [name.repeat(200_000)]));
    for (const image of images) {
      await pushImage(client, repositoryOf(one, 'source'), image);
      await pushImage(client, repositoryOf(two, 'source'), image);
    }
    for (const registry of [one, two]) {
      registry.addFault({
        match: { method: 'GET', path: '/v2/source/blobs/', nth: 1, times: 4 },
        action: { kind: 'reset', afterBytes: 50_000 },
      });
      registry.addFault({
        match: { method: 'GET', path: '/v2/source/blobs/', nth: 7 },
        action: { kind: 'reset', afterBytes: 0 },
      });
    }
    const copy = async (
      from: EmbeddedRegistry,
      to: EmbeddedRegistry,
      name = 'target',
    ): Promise<void> => {
      for (const { manifest } of images) {
        await client.copyManifest(
          {
            manifest,
            from: repositoryOf(from, 'source'),
            to: repositoryOf(to, name),
            mount: false,
          },
          signal,
        );
      }
    };
    await Promise.all([copy(one, two), copy(two, one), copy(one, one, 'own')]);
    for (const { blobs } of images) {
      for (const { descriptor } of blobs) {
        assert.ok(one.store.find('target')?.blobs.has(descriptor.digest) === true);
        assert.ok(two.store.find('target')?.blobs.has(descriptor.digest) === true);
      }
    }
    await client.close();
    await Promise.all([one.close(), two.close()]);
  });
});
