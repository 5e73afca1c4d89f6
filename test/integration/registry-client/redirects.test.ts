import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RegistryClient } from '../../../shared/registry/registry-client.ts';
import { aBlob, aClient, asUser } from './support.ts';

const { signal } = new AbortController();

interface TestServer {
  readonly host: string;
  readonly server: Server;
  readonly requests: IncomingMessage[];
}

async function serve(listener: RequestListener): Promise<TestServer> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    listener(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, server, requests };
}

describe('RegistryClient redirects', () => {
  const blob = aBlob('content in a storage account');
  const servers: TestServer[] = [];
  let client: RegistryClient;

  const start = async (listener: RequestListener): Promise<TestServer> => {
    const started = await serve(listener);
    servers.push(started);
    return started;
  };
  const read = async ({ host }: TestServer): Promise<Uint8Array> =>
    client.getBlob({ registry: host, name: 'app' }, blob.descriptor, signal);

  beforeEach(() => {
    client = aClient(asUser());
  });
  afterEach(async () => {
    await client.close();
    for (const { server } of servers.splice(0)) server.close();
  });

  /** A registry that wants a password and sends everybody to another address. */
  const redirecting = (location: () => string, status = 307): Promise<TestServer> =>
    start((request, response) => {
      if (request.headers.authorization === undefined) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end();
      } else {
        response.writeHead(status, { location: location() }).end();
      }
    });

  for (const status of [301, 302, 303, 307, 308]) {
    it(`follows ${status} to another server without credentials, and does not give them back later`, async () => {
      const storage = await start((_, response) => response.end(blob.bytes));
      const back = await start((_, response) => {
        response.writeHead(302, { location: `http://${storage.host}/final?sig=secret` }).end();
      });
      const registry = await redirecting(() => `http://${back.host}/middle`, status);
      assert.deepEqual(Buffer.from(await read(registry)), Buffer.from(blob.bytes));
      assert.deepEqual(
        registry.requests.map(({ headers }) => headers.authorization !== undefined),
        [false, true],
      );
      for (const { requests } of [back, storage]) {
        assert.equal(requests.length, 1);
        assert.equal(requests[0]?.headers.authorization, undefined);
        assert.equal(requests[0]?.headers['accept-encoding'], 'identity');
      }
    });
  }

  it('does not give credentials to the registry when a stranger sends us back to it', async () => {
    const seen: (string | undefined)[] = [];
    const stranger = await start((_, response) => {
      response.writeHead(302, { location: `http://${registry.host}/elsewhere` }).end();
    });
    const registry: TestServer = await start((request, response) => {
      seen.push(request.headers.authorization);
      if (request.url === '/elsewhere') response.end(blob.bytes);
      else if (request.headers.authorization === undefined) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end();
      } else response.writeHead(302, { location: `http://${stranger.host}/` }).end();
    });
    await read(registry);
    assert.equal(seen.at(-1), undefined);
  });

  for (const challenge of ['Basic realm="test"', 'Bearer realm="/token"']) {
    it(`S1 does not give the registry credentials that a stranger asks for by ${challenge}`, async () => {
      const stranger = await start((_, response) => {
        response.writeHead(401, { 'www-authenticate': challenge }).end();
      });
      const registry = await start((_, response) => {
        response.writeHead(307, { location: `http://${stranger.host}/blob` }).end();
      });
      for (const times of [1, 2]) {
        await assert.rejects(read(registry), { code: 'REGISTRY_UNAUTHORIZED' });
        assert.deepEqual([registry.requests.length, stranger.requests.length], [times, times]);
      }
      assert.ok(registry.requests.every(({ headers }) => headers.authorization === undefined));
    });
  }

  it('gives up on a loop', async () => {
    const registry: TestServer = await redirecting(() => `http://${registry.host}/again`);
    await assert.rejects(read(registry), {
      code: 'REGISTRY_RESPONSE_INVALID',
      message: /redirected/,
    });
  });

  const refused = [
    { name: 'another scheme', location: 'file:///etc/passwd' },
    { name: 'user info', location: 'http://user:password@127.0.0.1/' },
    { name: 'no URL', location: 'http://[' },
  ];
  for (const { name, location } of refused) {
    it(`does not follow a redirect to ${name}`, async () => {
      const registry = await redirecting(() => location);
      await assert.rejects(read(registry), { code: 'REGISTRY_RESPONSE_INVALID' });
    });
  }

  it('uploads to another server without credentials and keeps its query', async () => {
    const storage = await start((request, response) => {
      request.resume().on('end', () => response.writeHead(201).end());
    });
    const registry = await start((request, response) => {
      if (request.headers.authorization === undefined) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end();
      } else {
        const location = `http://${storage.host}/upload/1?state=a%2Fb+c&x=`;
        response.writeHead(202, { location }).end();
      }
    });
    await client.putBlob({ registry: registry.host, name: 'app' }, blob, signal);
    const [put] = storage.requests;
    assert.equal(put?.headers.authorization, undefined);
    assert.equal(
      put?.url,
      `/upload/1?state=a%2Fb+c&x=&digest=${encodeURIComponent(blob.descriptor.digest)}`,
    );
  });

  it('fails when the registry does not say where to upload to', async () => {
    const registry = await start((_, response) => response.writeHead(202).end());
    await assert.rejects(client.putBlob({ registry: registry.host, name: 'app' }, blob, signal), {
      code: 'REGISTRY_RESPONSE_INVALID',
    });
  });

  it('sends no credentials to a login server of somebody else', async () => {
    const registry = await start((_, response) => {
      const realm = 'https://tokens.example.com/token';
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}"` }).end();
    });
    await assert.rejects(read(registry), {
      code: 'REGISTRY_RESPONSE_INVALID',
      message: /asks to log in at "https:\/\/tokens\.example\.com", which is refused/,
    });
  });

  it('refuses an endless manifest without reading it', async () => {
    const registry = await start((_, response) => {
      const chunk = Buffer.alloc(1024 * 1024, ' ');
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', more);
      more();
    });
    await assert.rejects(
      client.getManifest({ registry: registry.host, name: 'app' }, '1', signal),
      {
        code: 'CONTENT_TOO_LARGE',
      },
    );
  });
});
