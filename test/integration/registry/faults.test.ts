import assert from 'node:assert/strict';
import { digestOf } from '../../../shared/oci/digest.ts';
import {
  artifact,
  digestOfDocument,
  headerOf,
  pushBlob,
  pushManifest,
  withRegistry,
} from '../../support/registry/raw-client.ts';
import type { Send } from '../../support/registry/raw-client.ts';
import type { Fault, FaultAction } from '../../support/registry/faults.ts';

const HELLO = digestOf(Buffer.from('hello world'));
const BLOB = `/v2/app/blobs/${HELLO}`;

/** Runs with a registry that has one blob and then gets a fault for its GET. */
async function withFault(
  action: FaultAction,
  use: (...given: Parameters<Parameters<typeof withRegistry>[1]>) => Promise<void>,
): Promise<void> {
  await withRegistry({}, async (send, registry) => {
    await pushBlob(send, 'app', 'hello world');
    registry.resetRequests();
    registry.addFault({ match: { method: 'GET', path: '/blobs/' }, action });
    await use(send, registry);
  });
}

/** The code with which a request fails below HTTP; nothing when it does not. */
async function failureOf(sent: Promise<unknown>): Promise<unknown> {
  try {
    await sent;
    return undefined;
  } catch (error) {
    return (error as { readonly code?: unknown }).code;
  }
}

async function elapsedMs(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

describe('embedded registry faults', () => {
  const replies = [
    { what: '429 with Retry-After', status: 429, headers: { 'retry-after': '7' }, body: '' },
    { what: '429 without Retry-After', status: 429, headers: {}, body: '' },
    {
      what: '502 with a page of HTML',
      status: 502,
      headers: { 'content-type': 'text/html' },
      body: '<h1>Bad gateway</h1>',
    },
    { what: 'a redirect', status: 307, headers: { location: 'https://storage.test/x' }, body: '' },
  ];
  for (const { what, ...answer } of replies) {
    it(`answers ${what}`, async () => {
      await withFault({ kind: 'status', ...answer }, async (send) => {
        const got = await send(BLOB);
        assert.equal(got.status, answer.status);
        assert.equal(got.body.toString(), answer.body);
        assert.equal(got.headers['retry-after'], answer.headers['retry-after']);
        assert.equal(got.headers['content-type'], answer.headers['content-type']);
        assert.equal(got.headers['location'], answer.headers.location);
      });
    });
  }

  it('gives a status without doing what was asked', async () => {
    await withRegistry({}, async (send, registry) => {
      registry.addFault({ match: { method: 'PUT' }, action: { kind: 'status', status: 503 } });
      assert.equal((await pushManifest(send, '/v2/app/manifests/v1', artifact())).status, 503);
      assert.equal(registry.store.manifest('app', 'v1'), undefined);
    });
  });

  it('resets the connection before anything is done', async () => {
    await withFault({ kind: 'reset' }, async (send, registry) => {
      assert.match(String(await failureOf(send(BLOB))), /ECONNRESET|UND_ERR_SOCKET/);
      assert.equal(registry.requests[0]?.status, 0);
    });
  });

  it('resets the connection in the middle of a reply', async () => {
    await withFault({ kind: 'reset', afterBytes: 5 }, async (send, registry) => {
      assert.match(String(await failureOf(send(BLOB))), /ECONNRESET|UND_ERR_SOCKET/);
      assert.equal(registry.requests[0]?.status, 200);
    });
  });

  it('resets the connection in the middle of an upload, which has no effect', async () => {
    await withRegistry({}, async (send, registry) => {
      const location = headerOf(
        await send('/v2/app/blobs/uploads/', { method: 'POST' }),
        'location',
      );
      const action: FaultAction = { kind: 'resetUpload', afterBytes: 5 };
      registry.addFault({ match: { method: 'PATCH', nth: 1 }, action });
      const patch = { method: 'PATCH' as const, body: 'hello world' };
      assert.match(String(await failureOf(send(location, patch))), /ECONNRESET|UND_ERR_SOCKET/);
      assert.equal(headerOf(await send(location), 'range'), '0-0');
      assert.equal((await send(location, patch)).status, 202);
      assert.equal(headerOf(await send(location), 'range'), '0-10');
    });
  });

  it('does what was asked and drops the reply', async () => {
    await withRegistry({}, async (send, registry) => {
      const action: FaultAction = { kind: 'dropReplyAfterCommit' };
      registry.addFault({ match: { method: 'PUT' }, action });
      const put = pushManifest(send, '/v2/app/manifests/v1', artifact());
      assert.match(String(await failureOf(put)), /ECONNRESET|UND_ERR_SOCKET/);
      assert.equal(registry.store.manifest('app', 'v1')?.digest, digestOfDocument(artifact()));
    });
  });

  it('stalls in the middle of a reply and goes on', async () => {
    await withFault({ kind: 'stall', ms: 60 }, async (send) => {
      const elapsed = await elapsedMs(async () => {
        assert.equal((await send(BLOB)).body.toString(), 'hello world');
      });
      assert.ok(elapsed >= 55, `${elapsed} ms`);
    });
  });

  it('stops while a reply stalls', async () => {
    await withFault({ kind: 'stall', ms: 60_000 }, async (send, registry) => {
      const failed = failureOf(send(BLOB));
      while (registry.requests.length === 0) await new Promise(setImmediate);
      await registry.close();
      assert.match(String(await failed), /ECONNRESET|UND_ERR_SOCKET/);
    });
  });

  it('delays a reply', async () => {
    await withFault({ kind: 'delay', ms: 60 }, async (send) => {
      const elapsed = await elapsedMs(() => send(BLOB));
      assert.ok(elapsed >= 55, `${elapsed} ms`);
    });
  });

  it('names the digest of other content', async () => {
    await withFault({ kind: 'wrongDigestHeader' }, async (send) => {
      const got = await send(BLOB);
      assert.equal(got.body.toString(), 'hello world');
      assert.match(headerOf(got, 'docker-content-digest'), /^sha256:[0-9a-f]{64}$/);
      assert.notEqual(headerOf(got, 'docker-content-digest'), HELLO);
    });
  });

  it('changes and removes headers', async () => {
    const headers = { 'Docker-Content-Digest': null, 'Content-Type': 'text/plain' };
    await withFault({ kind: 'headers', headers }, async (send) => {
      const got = await send(BLOB);
      assert.equal(got.headers['docker-content-digest'], undefined);
      assert.equal(got.headers['content-type'], 'text/plain');
    });
  });

  it('corrupts a body and leaves its length', async () => {
    await withFault({ kind: 'corruptBody' }, async (send, registry) => {
      const got = await send(BLOB);
      assert.equal(got.body.byteLength, 11);
      assert.notEqual(digestOf(got.body), HELLO);
      registry.clearFaults();
      assert.equal((await send(BLOB)).body.toString(), 'hello world');
    });
  });

  it('truncates a body and says so in its length', async () => {
    await withFault({ kind: 'truncateBody', bytes: 5 }, async (send) => {
      const got = await send(BLOB);
      assert.equal(got.body.toString(), 'hello');
      assert.equal(headerOf(got, 'content-length'), '5');
    });
  });
});

describe('embedded registry faults match', () => {
  const action: FaultAction = { kind: 'status', status: 503 };
  const matches = [
    { what: 'everything', match: {}, struck: [1, 2, 3, 4] },
    { what: 'a method', match: { method: 'HEAD' }, struck: [2, 4] },
    { what: 'a part of the path', match: { path: '/b?' }, struck: [3, 4] },
    { what: 'a pattern', match: { path: /a\?x=1$/ }, struck: [1, 2] },
    { what: 'the second only', match: { nth: 2 }, struck: [2] },
    { what: 'two from the second on', match: { nth: 2, times: 2 }, struck: [2, 3] },
    { what: 'the first two', match: { times: 2 }, struck: [1, 2] },
    { what: 'the second of a method', match: { method: 'GET', nth: 2 }, struck: [3] },
  ];
  for (const { what, match, struck } of matches) {
    it(`strikes ${what}`, async () => {
      await withRegistry({ faults: [{ match, action }] }, async (send, registry) => {
        for (const path of ['/v2/app/manifests/a?x=1', '/v2/app/manifests/b?x=2']) {
          await send(path);
          await send(path, { method: 'HEAD' });
        }
        const hit = registry.requests.flatMap(({ status }, index) =>
          status === 503 ? [index + 1] : [],
        );
        assert.deepEqual(hit, struck);
      });
    });
  }

  it('joins what several faults do; the first reply counts', async () => {
    const faults: readonly Fault[] = [
      { match: {}, action: { kind: 'delay', ms: 40 } },
      { match: {}, action: { kind: 'headers', headers: { 'x-fault': 'yes' } } },
      { match: {}, action: { kind: 'status', status: 500 } },
      { match: {}, action: { kind: 'status', status: 502 } },
    ];
    await withRegistry({ faults }, async (send) => {
      const elapsed = await elapsedMs(async () => {
        const got = await send('/v2/');
        assert.deepEqual([got.status, got.headers['x-fault']], [500, 'yes']);
      });
      assert.ok(elapsed >= 35, `${elapsed} ms`);
    });
  });

  it('strikes the token server as well', async () => {
    const send503: Fault = { match: { path: '/token', nth: 1 }, action };
    const auth = { kind: 'bearer', username: 'u', password: 'p', anonymousPull: true } as const;
    await withRegistry({ auth, faults: [send503] }, async (send: Send) => {
      assert.equal((await send('/token')).status, 503);
      assert.equal((await send('/token')).status, 200);
    });
  });
});
