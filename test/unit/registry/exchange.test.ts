import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createTransport } from '../../../shared/registry/transport.ts';
import type {
  HttpResponse,
  NetworkOptions,
  Transport,
} from '../../../shared/registry/transport.ts';

describe('exchange', () => {
  let server: Server | undefined;
  let transport: Transport | undefined;
  let stop = new AbortController();

  beforeEach(() => {
    stop = new AbortController();
  });
  afterEach(async () => {
    await transport?.close();
    server?.closeAllConnections();
    server?.close();
    server = undefined;
  });

  const get = async (
    answer: RequestListener,
    { network = {}, host = '127.0.0.1' }: { network?: NetworkOptions; host?: string } = {},
  ): Promise<HttpResponse> => {
    server = createServer(answer).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = new URL(`http://${host}:${(server.address() as AddressInfo).port}/`);
    transport = createTransport('test/1', network);
    return transport.send({ method: 'GET', url, headers: {} }, stop.signal);
  };

  const abort = (): void => {
    stop.abort(new Error('enough'));
  };

  it('takes early hints for no response', async () => {
    const { status, header, body } = await get((_request, response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload' }, () => {
        response.setHeader('x-real', 'yes').end('text');
      });
    });
    assert.deepEqual([status, header('x-real'), header('link')], [200, 'yes', undefined]);
    assert.equal(Buffer.from(await body.start(10)).toString(), 'text');
  });

  it('ends with the reason of an abort while the server thinks', async () => {
    await assert.rejects(get(abort), /enough/);
  });

  it('ends with the reason of an abort in the middle of a body', async () => {
    const { body } = await get((_request, response) => {
      response.write('beginning');
    });
    const chunks = body[Symbol.asyncIterator]();
    assert.equal((await chunks.next()).value?.byteLength, 9);
    setImmediate(abort);
    await assert.rejects(chunks.next(), /enough/);
  });

  it('does not wait for a connection that nobody wants any more', async () => {
    const network = {
      resolver: (): void => {
        setImmediate(abort);
      },
    };
    const startMs = performance.now();
    await assert.rejects(
      get(() => undefined, { network, host: 'slow.example' }),
      /enough/,
    );
    assert.ok(performance.now() - startMs < 10_000);
  });

  for (const method of ['GET', 'HEAD'] as const) {
    it(`uses a connection again after a ${method} whose body was discarded`, async () => {
      const ports: unknown[] = [];
      const response = await get((request, answer) => {
        ports.push(request.socket.remotePort);
        answer.end('x'.repeat(1000));
      });
      await response.discard();
      const { url } = response;
      for (let nth = 2; nth <= 4; nth += 1) {
        // The connection is free in the next turn of the event loop.
        await nextTurn();
        await nextTurn();
        const next = await transport?.send({ method, url, headers: {} }, stop.signal);
        await next?.discard();
      }
      assert.equal(new Set(ports).size, 1);
    });
  }
});
