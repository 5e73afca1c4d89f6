import assert from 'node:assert/strict';
import { Agent } from 'undici';
import { makeChain } from '../../support/certificates.ts';
import {
  artifact,
  headerOf,
  pushBlob,
  pushManifest,
  withRegistry,
} from '../../support/registry/raw-client.ts';
import { startRegistry } from '../../support/registry/registry.ts';

describe('embedded registry startRegistry', () => {
  it('listens on a free port of the loopback address', async () => {
    await withRegistry({}, async (send, { host, url }) => {
      assert.match(host, /^127\.0\.0\.1:\d+$/);
      assert.equal(url, `http://${host}`);
      const ping = await send('/v2/');
      assert.deepEqual([ping.status, ping.json()], [200, {}]);
      assert.equal(headerOf(ping, 'docker-distribution-api-version'), 'registry/2.0');
    });
  });

  it('fails when its port is taken', async () => {
    await withRegistry({}, async (_send, { host }) => {
      const port = Number(host.split(':')[1]);
      await assert.rejects(startRegistry({ port }), { code: 'EADDRINUSE' });
    });
  });

  it('speaks HTTPS with a certificate', async () => {
    const { leafKeyPem: key, chainPem: cert } = makeChain();
    const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
    await withRegistry({ tls: { key, cert } }, async (send, { url }) => {
      assert.match(url, /^https:/);
      assert.equal((await send('/v2/', { dispatcher })).status, 200);
    });
    await dispatcher.close();
  });

  it('puts scheme and host into locations when it is told to', async () => {
    await withRegistry({ absoluteLocations: true }, async (send, { url }) => {
      const put = await pushManifest(send, '/v2/app/manifests/v1', artifact());
      assert.equal(headerOf(put, 'location'), `${url}/v2/app/manifests/v1`);
      const digest = await pushBlob(send, 'app', 'content');
      assert.equal((await send(`/v2/app/blobs/${digest}`)).status, 200);
    });
  });

  it('waits before each reply when it is told to', async () => {
    await withRegistry({ latencyMs: 50 }, async (send) => {
      const start = performance.now();
      await send('/v2/');
      assert.ok(performance.now() - start >= 45);
    });
  });

  it('answers 404 to other paths and 405 to other methods', async () => {
    await withRegistry({}, async (send) => {
      assert.equal((await send('/v1/')).status, 404);
      assert.equal((await send('/v2/app/manifests/v1', { method: 'POST' })).status, 405);
    });
  });

  it('records requests without their credentials', async () => {
    await withRegistry({ latencyMs: 20 }, async (send, registry) => {
      const headers = { authorization: 'Bearer secret', range: 'bytes=0-', accept: 'a/b' };
      await Promise.all([send('/v2/?one', { headers }), send('/v2/?two')]);
      const [first, second] = [...registry.requests].sort((a, b) => (a.path < b.path ? -1 : 1));
      assert.deepEqual(
        { ...first, inFlight: 0 },
        {
          method: 'GET',
          path: '/v2/?one',
          authorization: 'bearer',
          range: 'bytes=0-',
          accept: 'a/b',
          contentType: undefined,
          inFlight: 0,
          bytesReceived: 0,
          status: 200,
        },
      );
      assert.equal(second?.authorization, undefined);
      assert.equal(Math.max(...registry.requests.map(({ inFlight }) => inFlight)), 2);
      registry.resetRequests();
      assert.deepEqual(registry.requests, []);
    });
  });

  it('forgets content and uploads when it is told to', async () => {
    await withRegistry({}, async (send, { store, uploads }) => {
      await pushBlob(send, 'app', 'content');
      await send('/v2/app/blobs/uploads/', { method: 'POST' });
      store.clear();
      uploads.clear();
      assert.deepEqual([store.names(), uploads.size], [[], 0]);
    });
  });
});
