import assert from 'node:assert/strict';
import { Secret } from '../../../shared/core/secret.ts';
import { createProxyChooser } from '../../../shared/registry/proxies.ts';
import type { ProxySettings } from '../../../shared/registry/proxies.ts';
import type { RegistryClient } from '../../../shared/registry/registry-client.ts';
import { makeTlsChain } from '../../support/certificates.ts';
import { startServer } from '../../support/http-server.ts';
import type { Answer, TestServer } from '../../support/http-server.ts';
import { startProxy } from '../../support/proxy.ts';
import type { ProxyOptions, TestProxy } from '../../support/proxy.ts';
import { aBlob, aClient, asUser } from './support.ts';

const { signal } = new AbortController();

describe('RegistryClient proxies', () => {
  const chain = makeTlsChain(['registry.test', 'storage.test']);
  const tls = { key: chain.leafKeyPem, cert: chain.chainPem };
  const blob = aBlob('through a proxy');
  const servers: { close(): Promise<void> }[] = [];
  let client: RegistryClient;

  const start = async (answer: Answer, isTls = true): Promise<TestServer> => {
    const server = await startServer(answer, isTls ? tls : undefined);
    servers.push(server);
    return server;
  };
  const proxy = async (options?: ProxyOptions): Promise<TestProxy> => {
    const started = await startProxy(options);
    servers.push(started);
    return started;
  };
  const connect = (settings: Partial<ProxySettings>, insecure: readonly string[] = []): void => {
    client = aClient({
      ...asUser(),
      allowInsecureHosts: insecure,
      network: {
        tls: { authorities: [chain.rootPem] },
        proxyFor: createProxyChooser(
          { environment: {}, ...settings },
          {
            warn: (message) => {
              assert.equal(message, '');
            },
            maskSecret: () => undefined,
          },
        ),
      },
    });
  };
  /** A registry that wants a password. */
  const guarded =
    (then: Answer): Answer =>
    (request, response) => {
      if (request.headers.authorization !== undefined) then(request, response);
      else response.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end();
    };
  const read = async (registry: string): Promise<string> => {
    const bytes = await client.getBlob({ registry, name: 'app' }, blob.descriptor, signal);
    return Buffer.from(bytes).toString();
  };

  afterEach(async () => {
    await client.close();
    for (const each of servers.splice(0)) await each.close();
  });

  it('X14 S13 goes through the proxy of the agent, and neither sees the password of the other', async () => {
    const [username, password] = ['domain\\user', 'p@ss:w/rd%41 ü'];
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    const via = await proxy({ authorization });
    const registry = await start(guarded((_, response) => response.end(blob.bytes)));
    const agent = { url: via.url, username, password: new Secret(password), bypass: [] };
    connect({ agent, environment: { https_proxy: 'http://127.0.0.1:9' } });
    assert.equal(await read(`registry.test:${registry.port}`), 'through a proxy');
    assert.ok(via.requests.length > 0);
    for (const { method, target, headers } of via.requests) {
      assert.equal(`${method} ${target}`, `CONNECT registry.test:${registry.port}`);
      assert.equal(headers.authorization, undefined);
    }
    assert.equal(registry.requests.length, 2);
    for (const { headers } of registry.requests) {
      assert.equal(headers['proxy-authorization'], undefined);
    }
  });

  it('X14 goes through the proxy of the environment, with the password of its URL', async () => {
    const authorization = `Basic ${Buffer.from('user:p@ss').toString('base64')}`;
    const via = await proxy({ authorization });
    const registry = await start((_, response) => response.end(blob.bytes));
    const url = via.url.replace('http://', 'http://user:p%40ss@');
    connect({ environment: { HTTPS_PROXY: url } });
    assert.equal(await read(`registry.test:${registry.port}`), 'through a proxy');
  });

  it('X14 hands plain HTTP to the proxy without a tunnel', async () => {
    const via = await proxy();
    const registry = await start((_, response) => response.end(blob.bytes), false);
    const host = `registry.test:${registry.port}`;
    connect({ environment: { http_proxy: via.url } }, [host]);
    assert.equal(await read(host), 'through a proxy');
    assert.deepEqual(
      via.requests.map(({ method, target }) => `${method} ${target}`),
      [`GET http://${host}/v2/app/blobs/${blob.descriptor.digest}`],
    );
  });

  it('X14 S13 follows a redirect through the proxy without the password of the registry', async () => {
    const via = await proxy();
    const storage = await start((_, response) => response.end(blob.bytes));
    const registry = await start(
      guarded((_, response) => {
        response.writeHead(307, { location: `https://storage.test:${storage.port}/blob` }).end();
      }),
    );
    connect({ environment: { https_proxy: via.url } });
    assert.equal(await read(`registry.test:${registry.port}`), 'through a proxy');
    assert.equal(storage.requests[0]?.headers.authorization, undefined);
    const targets = via.requests.map(({ target }) => target);
    assert.ok(targets.includes(`storage.test:${storage.port}`));
  });

  const refusals = [
    {
      name: 'wants another password',
      options: { authorization: 'Basic other' },
      answer: 'answered 407',
      tries: 1,
    },
    {
      ...{ name: 'does not allow the host', answer: 'answered 403' },
      ...{ options: { refuseWith: 403 }, tries: 1 },
    },
    {
      ...{ name: 'does not reach the host', answer: 'answered 502' },
      ...{ options: { refuseWith: 502 }, tries: 3 },
    },
    {
      ...{ name: 'hangs up', answer: 'closed the connection' },
      ...{ options: { hangsUp: true }, tries: 8 },
    },
  ];
  for (const { name, options, answer, tries } of refusals) {
    it(`X14 names a proxy that ${name}, after ${tries} tries`, async () => {
      const via = await proxy(options);
      connect({ environment: { https_proxy: via.url } });
      await assert.rejects(read('registry.test:443'), {
        code: 'REGISTRY_UNAVAILABLE',
        message: new RegExp(`the proxy ${via.url.slice(7)} ${answer}`),
      });
      assert.equal(via.requests.length, tries);
    });
  }
});
