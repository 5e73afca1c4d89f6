import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { imageOf } from './graphs.ts';
import { aBlob, aClient } from './support.ts';

const { signal } = new AbortController();

/** Its rest is more than is read only to keep a connection. */
const LAYER = aBlob(Buffer.alloc(1024 * 1024, 'layer '));
const SENT = 400_000;

const config = aBlob('{}'.repeat(10));
const image = imageOf([config, LAYER]);

describe('RegistryClient downloads that nobody wants any more', () => {
  const servers: Server[] = [];

  const serve = async (listener: RequestListener): Promise<string> => {
    const server = createServer(listener).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.close();
      server.closeAllConnections();
    }
  });

  it('do not keep a connection that comes when the upload has failed meanwhile (B7)', async () => {
    const answers: ServerResponse[] = [];
    let refuse = (): void => undefined;
    let lateSocket: Socket | undefined;
    const source = await serve(({ url = '' }, response) => {
      if (!url.includes(LAYER.descriptor.digest)) {
        response.end(config.bytes);
        return;
      }
      answers.push(response);
      const [, late] = answers;
      if (answers.length === 1) {
        response.writeHead(200, { 'content-length': LAYER.bytes.byteLength });
        response.write(LAYER.bytes.subarray(0, SENT));
      } else if (response === late) {
        lateSocket = response.socket ?? undefined;
        refuse();
      } else {
        response.end(LAYER.bytes);
        const range = `bytes ${SENT}-${LAYER.bytes.byteLength - 1}/${LAYER.bytes.byteLength}`;
        late?.writeHead(206, { 'content-range': range }).end(LAYER.bytes.subarray(SENT));
      }
    });
    const target = await serve((request, response) => {
      const { method, headers, url } = request;
      const isLayer = Number(headers['content-length']) === LAYER.bytes.byteLength;
      if (isLayer && answers.length === 1) {
        refuse = () => response.writeHead(503, { connection: 'close' }).end();
        answers[0]?.destroy();
      }
      request.resume().on('end', () => {
        if (method === 'POST') response.writeHead(202, { location: `${url}1` }).end();
        else response.writeHead(method === 'PUT' ? 201 : 404).end();
      });
    });
    const client = aClient();
    const [from, to] = [source, target].map((registry) => ({ registry, name: 'app' }));
    assert.ok(from !== undefined && to !== undefined);
    await client.copyManifest({ manifest: image.root, from, to, mount: false }, signal);
    assert.equal(answers.length, 3);
    assert.ok(lateSocket !== undefined);
    if (!lateSocket.destroyed)
      await once(lateSocket, 'close', { signal: AbortSignal.timeout(5000) });
    await client.close();
  });
});
