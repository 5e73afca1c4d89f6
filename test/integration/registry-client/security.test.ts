import assert from 'node:assert/strict';
import type { Resolver } from '../../../shared/registry/address-guard.ts';
import type { TestServer } from '../../support/http-server.ts';
import { hostileLab } from './hostile-lab.ts';
import { anImage } from './support.ts';

const { signal } = new AbortController();

/** A network in which no name exists. */
const nowhere: Resolver = (hostname, done) => {
  done(Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND' }), []);
};

describe('RegistryClient under attack', () => {
  const { blob, connect, start, guarded, readBlob } = hostileLab();
  const image = anImage('app', []);

  it('S1 sends neither password nor docker headers to another port of the same host', async () => {
    const storage = await start((_, response) => response.end(blob.bytes));
    const registry = await guarded((_, response) => {
      response.writeHead(307, { location: `http://${storage.host}/blob` }).end();
    });
    await readBlob(connect({ headers: () => Promise.resolve({ 'x-key': 'k' }) }), registry);
    assert.deepEqual(
      storage.requests.map(({ headers }) => [headers.authorization, headers['x-key']]),
      [[undefined, undefined]],
    );
    assert.equal(registry.requests.at(-1)?.headers['x-key'], 'k');
  });

  const challenge = (realm: string): Promise<TestServer> =>
    start((_, response) => {
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="r"` }).end();
    });

  it('S2 refuses a login server of somebody else and shows it, unless the user trusts it', async () => {
    const registry = await challenge('https://tokens.example/t');
    await assert.rejects(readBlob(connect(), registry), { message: /tokens\.example/ });
    const network = { resolver: nowhere };
    const trusting = connect({ trustedTokenHosts: ['tokens.example'], network });
    await assert.rejects(readBlob(trusting, registry), { message: /tokens\.example.*ENOTFOUND/ });
  });

  it('S2 refuses a login server at an internal address, also for anonymous users', async () => {
    const registry = await challenge('https://169.254.169.254/token');
    const anonymous = connect({ credentials: () => Promise.resolve(undefined) });
    await assert.rejects(readBlob(anonymous, registry), { message: /internal address/ });
  });

  it('S2 does not follow a redirect of a token request to a server that may not see it', async () => {
    const registry = await start((request, response) => {
      if (request.url.startsWith('/token')) {
        response.writeHead(307, { location: 'https://tokens.example/steal' }).end();
      } else {
        response.writeHead(401, { 'www-authenticate': 'Bearer realm="/token"' }).end();
      }
    });
    await assert.rejects(readBlob(connect(), registry), {
      code: 'REGISTRY_RESPONSE_INVALID',
      message: /tokens\.example.*refused/,
    });
  });

  const inside = (address: string): Parameters<typeof connect>[0] => ({
    network: {
      resolver: (_, done) => {
        done(null, [{ address, family: 4 }]);
      },
    },
  });

  it('S3 does not connect to a name that leads to the metadata of a cloud', async () => {
    const registry = await guarded((_, response) => {
      response.writeHead(307, { location: 'http://innocent.test/latest/meta-data' }).end();
    });
    await assert.rejects(readBlob(connect(inside('169.254.169.254')), registry), {
      code: 'REGISTRY_RESPONSE_INVALID',
      message: /innocent\.test.*internal address 169\.254\.169\.254/,
    });
  });

  it('S3 does not upload to a name that leads further inside', async () => {
    const registry = await guarded((_, response) => {
      response.writeHead(202, { location: 'http://innocent.test/upload' }).end();
    });
    await assert.rejects(
      connect(inside('168.63.129.16')).putBlob(
        { registry: registry.host, name: 'app' },
        blob,
        signal,
      ),
      { message: /internal address 168\.63\.129\.16/ },
    );
  });

  it('S3 does not log in at a name that leads further inside', async () => {
    const registry = await challenge('http://innocent.test/token');
    const options = { ...inside('169.254.169.254'), trustedTokenHosts: ['innocent.test'] };
    await assert.rejects(readBlob(connect(options), registry), { message: /internal address/ });
  });

  it('S3 follows the pages of a list on their own server only', async () => {
    const stranger = await start((_, response) => response.end('{}'));
    const registry = await guarded((_, response) => {
      response
        .writeHead(200, {
          'content-type': 'application/vnd.oci.image.index.v1+json',
          link: `<http://${stranger.host}/v2/app/referrers/x>; rel="next"`,
        })
        .end('{"schemaVersion":2,"manifests":[]}');
    });
    await assert.rejects(
      connect().listReferrers(
        { registry: registry.host, name: 'app' },
        image.manifest.descriptor.digest,
        signal,
      ),
      { code: 'REGISTRY_RESPONSE_INVALID' },
    );
    assert.equal(stranger.requests.length, 0);
  });
});
