import assert from 'node:assert/strict';
import type { NetworkOptions } from '../../../shared/registry/transport.ts';
import { startServer } from '../../support/http-server.ts';
import type { Answer, TestServer } from '../../support/http-server.ts';
import { rawResponse, startScriptedServer } from '../../support/scripted-server.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import type { EmbeddedRegistry } from '../../support/registry/registry.ts';
import { aBlob, aClient, fakeTiming, repositoryOf } from './support.ts';
import type { FakeTiming } from './support.ts';

const { signal } = new AbortController();

const BLOB = aBlob('content');
const LENGTH = `Content-Length: ${BLOB.bytes.byteLength}`;
const OK = 'HTTP/1.1 200 OK';
const TEXT = Buffer.from(BLOB.bytes).toString();

const portOf = ({ host }: EmbeddedRegistry): number => Number(host.split(':')[1]);

/** Reads a blob from a host a number of times, one after another. */
async function read(
  host: string,
  { times = 1, ...network }: NetworkOptions & { readonly times?: number } = {},
): Promise<FakeTiming> {
  const timing = fakeTiming();
  const client = aClient({ timing, network, allowInsecureHosts: [host] });
  try {
    for (let count = 0; count < times; count += 1) {
      const bytes = await client.getBlob({ registry: host, name: 'app' }, BLOB.descriptor, signal);
      assert.deepEqual(Buffer.from(bytes), Buffer.from(BLOB.bytes));
    }
    return timing;
  } finally {
    await client.close();
  }
}

describe('RegistryClient in a bad network', () => {
  const servers: { close(): Promise<void> }[] = [];

  const serve = async (answer: Answer): Promise<TestServer> => {
    const server = await startServer(answer);
    servers.push(server);
    return server;
  };

  afterEach(async () => {
    await Promise.all(servers.splice(0).map(async (server) => server.close()));
  });

  for (const code of ['ENOTFOUND', 'EAI_AGAIN']) {
    it(`X2 asks again for a name after ${code}`, async () => {
      const { port } = await serve((_, response) => response.end(BLOB.bytes));
      let asked = 0;
      const { waits } = await read(`registry.test:${port}`, {
        resolver: (_, done) => {
          asked += 1;
          if (asked === 1) done(Object.assign(new Error('no answer'), { code }), []);
          else done(null, [{ address: '127.0.0.1', family: 4 }]);
        },
      });
      assert.equal(asked, 2);
      assert.equal(waits.length, 1);
    });
  }

  it('X12 asks once for the name of a registry, however many connections it takes', async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { connection: 'close' }).end(BLOB.bytes);
    });
    let asked = 0;
    await read(`registry.test:${server.port}`, {
      times: 3,
      resolver: (_, done) => {
        asked += 1;
        done(null, [{ address: '127.0.0.1', family: 4 }]);
      },
    });
    assert.equal(server.requests.length, 3);
    assert.equal(asked, 1);
  });

  it('X2 sends a request again when a kept connection breaks under it', async () => {
    const server = await startScriptedServer(({ number, socket }) => {
      if (number === 2) socket.resetAndDestroy();
      else socket.write(rawResponse(OK, [LENGTH], TEXT));
    });
    servers.push(server);
    await read(server.host, { times: 2 });
    assert.equal(server.heads.length, 3);
  });

  it('X2 waits for a registry that has answered before and does not listen now', async () => {
    const first = await startRegistry();
    const place = repositoryOf(first, 'app');
    const timing = fakeTiming();
    let second: EmbeddedRegistry | undefined;
    const sleep: FakeTiming['sleep'] = async (...args) => {
      if (timing.waits.length === 4) second = await startRegistry({ port: portOf(first) });
      await timing.sleep(...args);
    };
    const client = aClient({ timing: { ...timing, sleep } });
    try {
      assert.equal(await client.resolveTag(place, '1', signal), undefined);
      await first.close();
      assert.equal(await client.resolveTag(place, '1', signal), undefined);
      assert.equal(timing.waits.length, 5);
      assert.equal(second?.requests.length, 1);
    } finally {
      await client.close();
      await second?.close();
    }
  });

  it('X2 gives up a registry that does not listen any more after eight attempts, one that never did after three', async () => {
    const registry = await startRegistry();
    const place = repositoryOf(registry, 'app');
    for (const [isKnown, waits] of [
      [true, 7],
      [false, 2],
    ] as const) {
      const timing = fakeTiming();
      const client = aClient({ timing });
      if (isKnown) await client.resolveTag(place, '1', signal);
      await registry.close();
      await assert.rejects(client.resolveTag(place, '1', signal), { code: 'REGISTRY_UNAVAILABLE' });
      assert.equal(timing.waits.length, waits);
      await client.close();
    }
  });

  const chains = [302, 303, 307, 308];
  for (const status of chains) {
    it(`B2 B3 follows ten redirects with ${status}, and not eleven`, async () => {
      const chainOf = async (length: number): Promise<TestServer> => {
        let left = length;
        return serve((_, response) => {
          if (left === 0) response.end(BLOB.bytes);
          else response.writeHead(status, { location: `/hop/${(left -= 1)}` }).end();
        });
      };
      const short = await chainOf(10);
      await read(short.host);
      assert.equal(short.requests.length, 11);
      const long = await chainOf(11);
      await assert.rejects(read(long.host), {
        code: 'REGISTRY_RESPONSE_INVALID',
        message: /redirected more than 10 times/,
      });
      assert.equal(long.requests.length, 11);
    });
  }

  const now = new Date(fakeTiming().now());
  const inAMinute = new Date(now.getTime() + 60_000).toUTCString();
  const waits = [
    // The least wait: halfway between 250 ms and three times that.
    { name: '0 seconds', header: '0', is: 500 },
    { name: 'a second', header: '1', is: 1000 },
    { name: 'a date', header: inAMinute, is: 60_000 },
    { name: 'a date that has passed', header: 'Sat, 01 Jan 2000 00:00:00 GMT', is: 500 },
    { name: 'garbage', header: 'in a while', is: 500 },
  ];
  for (const { name, header, is } of waits) {
    for (const status of [429, 503]) {
      it(`X4 waits as asked for by ${status} with ${name}`, async () => {
        let count = 0;
        const server = await serve((_, response) => {
          count += 1;
          if (count === 1) response.writeHead(status, { 'retry-after': header }).end();
          else response.end(BLOB.bytes);
        });
        const timing = await read(server.host);
        assert.deepEqual(
          timing.waits.filter((ms) => ms > 0),
          [is],
        );
        assert.equal(count, 2);
      });
    }
  }

  for (const asked of ['0', 'Sat, 01 Jan 2000 00:00:00 GMT']) {
    it(`X4 gets over some seconds of 429 with a Retry-After of ${asked}`, async () => {
      const timing = fakeTiming();
      const overMs = timing.now() + 3000;
      const server = await serve((_, response) => {
        if (timing.now() < overMs) response.writeHead(429, { 'retry-after': asked }).end();
        else response.end(BLOB.bytes);
      });
      const client = aClient({ timing });
      await client.getBlob({ registry: server.host, name: 'app' }, BLOB.descriptor, signal);
      await client.close();
      assert.equal(server.requests.length, 5);
    });
  }

  it('X4 gives up on a registry that wants to be left alone for decades', async () => {
    const server = await serve((_, response) => {
      response.writeHead(429, { 'retry-after': '1000000000' }).end();
    });
    await assert.rejects(read(server.host), { code: 'REGISTRY_THROTTLED' });
    assert.equal(server.requests.length, 1);
  });

  it('X16 waits longer for the answer to a write than for that to a read', async () => {
    const server = await serve(({ method }, response) => {
      const isFirstRead = method === 'GET' && reads() === 1;
      const location = { location: '/v2/app/blobs/uploads/1' };
      const reply = (): void => {
        if (method === 'GET') response.end(BLOB.bytes);
        else response.writeHead(method === 'POST' ? 202 : 201, location).end();
      };
      if (isFirstRead || method === 'PUT') setTimeout(reply, 1500);
      else reply();
    });
    const reads = (): number => server.requests.filter(({ method }) => method === 'GET').length;
    const network = { timeouts: { readMs: 500, writeMs: 30_000 } };
    await read(server.host, network);
    assert.equal(reads(), 2);
    const client = aClient({ network });
    await client.putBlob({ registry: server.host, name: 'app' }, BLOB, signal);
    await client.close();
    assert.equal(server.requests.filter(({ method }) => method === 'PUT').length, 1);
  });
});
