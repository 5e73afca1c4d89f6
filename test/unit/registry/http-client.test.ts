import assert from 'node:assert/strict';
import { TaskError } from '../../../shared/core/errors.ts';
import { Secret } from '../../../shared/core/secret.ts';
import type { HttpAnswer, HttpCall, HttpClient } from '../../../shared/ports/http.ts';
import { createHttpClient } from '../../../shared/registry/http-client.ts';
import type { Timing } from '../../../shared/registry/timing.ts';
import { createTransport } from '../../../shared/registry/transport.ts';
import type { Transport } from '../../../shared/registry/transport.ts';
import { startServer } from '../../support/http-server.ts';
import type { Answer, TestServer } from '../../support/http-server.ts';
import { virtualTiming } from '../../support/virtual-timing.ts';
import { silentLog } from '../../support/silent-log.ts';

const LIMIT = 1024;

interface CallOptions extends Partial<HttpCall> {
  readonly path?: string;
  readonly mayRepeat?: boolean;
}

describe('http-client', () => {
  const { signal } = new AbortController();
  const servers: TestServer[] = [];
  let transport: Transport;
  let client: HttpClient;
  let timing: Timing;

  beforeEach(() => {
    transport = createTransport('test/1');
    timing = virtualTiming();
    client = createHttpClient({ transport, timing, log: silentLog });
  });
  afterEach(async () => {
    await transport.close();
    for (const server of servers.splice(0)) await server.close();
  });

  const start = async (answer: Answer): Promise<TestServer> => {
    const server = await startServer(answer);
    servers.push(server);
    return server;
  };
  const call = async (
    { host }: { readonly host: string },
    { path = '/a', mayRepeat = false, ...request }: CallOptions = {},
  ): Promise<HttpAnswer> =>
    client.call(
      { method: 'GET', url: new URL(`http://${host}${path}`), maxBytes: LIMIT, ...request },
      { mayRepeat, signal },
    );

  const textOf = ({ bytes }: HttpAnswer): string => Buffer.from(bytes).toString();

  it('sends headers, body and authorization, and gives the whole answer', async () => {
    const server = await start((_, response) => {
      response.writeHead(404, { 'x-reason': 'none' }).end('not here');
    });
    const answer = await call(server, {
      method: 'POST',
      headers: { 'content-type': 'application/timestamp-query' },
      authorization: new Secret('Bearer abc'),
      body: Buffer.from('asked'),
    });
    assert.deepEqual(
      [answer.status, answer.header('x-reason'), answer.header('none'), textOf(answer)],
      [404, 'none', undefined, 'not here'],
    );
    const [seen] = server.requests;
    assert.equal(seen?.body, 'asked');
    assert.equal(seen.headers.authorization, 'Bearer abc');
    assert.equal(seen.headers['content-type'], 'application/timestamp-query');
    assert.equal(seen.headers['user-agent'], 'test/1');
  });

  it('follows a redirect to another origin without the authorization', async () => {
    const storage = await start((_, response) => response.end('content'));
    const server = await start((_, response) => {
      response.writeHead(302, { location: `http://${storage.host}/blob?sig=s` }).end();
    });
    const answer = await call(server, { authorization: new Secret('Bearer abc') });
    assert.equal(textOf(answer), 'content');
    assert.equal(server.requests[0]?.headers.authorization, 'Bearer abc');
    assert.equal(storage.requests[0]?.headers.authorization, undefined);
  });

  it('follows a redirect within the origin with the authorization', async () => {
    const server = await start(({ url }, response) => {
      if (url === '/a') response.writeHead(307, { location: '/b' }).end();
      else response.end('there');
    });
    assert.equal(textOf(await call(server, { authorization: new Secret('Bearer abc') })), 'there');
    assert.equal(server.requests[1]?.headers.authorization, 'Bearer abc');
  });

  it('gives the redirect of a write as it is', async () => {
    const server = await start((_, response) => {
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    assert.equal((await call(server, { method: 'POST' })).status, 302);
    assert.equal(server.requests.length, 1);
  });

  it('refuses a redirect to something that is no HTTP', async () => {
    const server = await start((_, response) => {
      response.writeHead(302, { location: 'file:///etc/passwd' }).end();
    });
    await assert.rejects(
      call(server),
      (error: unknown) =>
        error instanceof TaskError &&
        error.code === 'SERVICE_UNAVAILABLE' &&
        error.message.includes('not followed') &&
        error.hint?.includes('network of the agent') === true,
    );
  });

  for (const status of [429, 502, 503, 504]) {
    it(`asks again after ${status}, as late as it is told`, async () => {
      let count = 0;
      const server = await start((_, response) => {
        count += 1;
        if (count === 1) response.writeHead(status, { 'retry-after': '7' }).end();
        else response.end('now');
      });
      const before = timing.now();
      assert.equal(textOf(await call(server)), 'now');
      assert.equal(timing.now() - before, 7_000);
    });
  }

  for (const status of [400, 401, 403, 404, 500]) {
    it(`gives ${status} at once`, async () => {
      const server = await start((_, response) => response.writeHead(status).end());
      assert.equal((await call(server)).status, status);
      assert.equal(server.requests.length, 1);
    });
  }

  it('gives the last answer of a service that stays busy, within half a minute', async () => {
    const server = await start((_, response) => response.writeHead(503).end('busy'));
    const before = timing.now();
    const answer = await call(server);
    assert.deepEqual([answer.status, textOf(answer)], [503, 'busy']);
    assert.equal(server.requests.length, 5);
    assert.ok(timing.now() - before < 30_000);
  });

  it('repeats a write only when told that it may be repeated', async () => {
    const server = await start((_, response) => response.writeHead(503).end());
    await call(server, { method: 'POST', body: Buffer.from('a') });
    assert.equal(server.requests.length, 1);
    await call(server, { method: 'POST', body: Buffer.from('a'), mayRepeat: true });
    assert.deepEqual(
      server.requests.slice(1).map(({ body }) => body),
      ['a', 'a', 'a', 'a', 'a'],
    );
  });

  it('asks again when the connection breaks, also in the middle of the answer', async () => {
    let count = 0;
    const server = await start((_, response) => {
      count += 1;
      if (count === 1) response.destroy();
      else if (count === 2) {
        response.writeHead(200, { 'content-length': '9' });
        response.write('half', () => response.destroy());
      } else response.end('the whole');
    });
    assert.equal(textOf(await call(server)), 'the whole');
  });

  it('tells which service did not answer, and how', async () => {
    const { host, close } = await startServer(() => undefined);
    await close();
    await assert.rejects(
      call({ host }),
      (error: unknown) =>
        error instanceof TaskError &&
        error.code === 'SERVICE_UNAVAILABLE' &&
        error.message.includes(host) &&
        error.message.includes('ECONNREFUSED'),
    );
  });

  it('takes an answer of exactly the size allowed, and no larger one', async () => {
    const server = await start(({ url }, response) =>
      response.end('x'.repeat(Number(url.slice(1)))),
    );
    assert.equal((await call(server, { path: `/${LIMIT}` })).bytes.byteLength, LIMIT);
    await assert.rejects(
      call(server, { path: `/${LIMIT + 1}` }),
      (error: unknown) => error instanceof TaskError && error.code === 'CONTENT_TOO_LARGE',
    );
  });

  it('ends with the reason of the signal', async () => {
    const server = await start(() => undefined);
    const url = new URL(`http://${server.host}/`);
    const aborted = AbortSignal.timeout(50);
    await assert.rejects(
      client.call({ method: 'GET', url, maxBytes: LIMIT }, { mayRepeat: true, signal: aborted }),
      (error: unknown) => error === aborted.reason,
    );
  });
});
