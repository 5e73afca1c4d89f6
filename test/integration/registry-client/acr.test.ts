import assert from 'node:assert/strict';
import { Secret } from '../../../shared/core/secret.ts';
import { acrExchange } from '../../../shared/registry/credentials/acr.ts';
import type { CredentialSource } from '../../../shared/registry/credentials/credential.ts';
import type { RegistryClient } from '../../../shared/registry/registry-client.ts';
import type { SeenRequest, TestServer } from '../../support/http-server.ts';
import { parametersOf, startTokenRegistry } from '../../support/token-registry.ts';
import type { TokenAnswer, TokenRegistry } from '../../support/token-registry.ts';
import { aClient, anImage, fakeTiming } from './support.ts';
import type { FakeTiming } from './support.ts';

const { signal } = new AbortController();

describe('RegistryClient at an Azure container registry', () => {
  const image = anImage('app', []);
  const closers: (() => Promise<void>)[] = [];
  let timing: FakeTiming;
  let count = 0;

  beforeEach(() => {
    timing = fakeTiming();
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  const start = async (answerToken: TokenAnswer): Promise<TokenRegistry> => {
    const registry = await startTokenRegistry({ manifest: image.manifest, answerToken });
    closers.push(registry.close);
    return registry;
  };
  const connect = (options: Parameters<typeof aClient>[0]): RegistryClient => {
    const client = aClient({ timing, ...options });
    closers.push(async () => client.close());
    return client;
  };
  const read = async (
    client: RegistryClient,
    { host }: TestServer,
    name = 'app',
  ): Promise<unknown> =>
    client.getManifest({ registry: host, name }, image.manifest.descriptor.digest, signal);
  const token = (more: object = {}): readonly [number, object] => {
    count += 1;
    return [200, { token: `t${count}`, ...more }];
  };
  const jwt = (endsAtMs: number): string =>
    `h.${Buffer.from(JSON.stringify({ exp: endsAtMs / 1000 })).toString('base64url')}.${count}`;
  const acr = (exchange: TokenAnswer): Promise<TokenRegistry> =>
    start((request, scopes) => {
      if (request.url === '/oauth2/exchange') return exchange(request, scopes);
      return token({ expires_in: 60 });
    });
  const identity = (registry: TestServer, audiences: string[] = []): CredentialSource =>
    acrExchange({
      ...{ registry: registry.host, tenantId: 'tenant', name: 'the connection c' },
      audiences: ['https://management.azure.com', 'https://containerregistry.azure.net'],
      entraToken: (audience) => {
        audiences.push(audience);
        return Promise.resolve(new Secret(`entra of ${audience}`));
      },
    });
  const exchanges = ({ requests }: TestServer): readonly SeenRequest[] =>
    requests.filter(({ url }) => url === '/oauth2/exchange');

  it('A18 A20 exchanges an Entra token, encodes it, hides every secret and holds the refresh token', async () => {
    const hidden: string[] = [];
    const refresh = jwt(timing.now() + 3 * 3_600_000);
    const registry = await acr(() => [200, { refresh_token: refresh }]);
    const client = connect({
      credentials: identity(registry),
      maskSecret: (value) => hidden.push(value),
    });
    await Promise.all(['a', 'b', 'c'].map(async (name) => read(client, registry, name)));
    assert.deepEqual(
      exchanges(registry).map(({ body }) => Object.fromEntries(new URLSearchParams(body))),
      [
        {
          ...{ grant_type: 'access_token', service: registry.host, tenant: 'tenant' },
          access_token: 'entra of https://management.azure.com',
        },
      ],
    );
    for (const request of registry.tokenRequests()) {
      assert.equal(parametersOf(request).get('refresh_token'), refresh);
      assert.equal(parametersOf(request).get('grant_type'), 'refresh_token');
    }
    assert.ok(hidden.includes('entra of https://management.azure.com'));
    assert.ok(hidden.includes(refresh));
    assert.equal(new Set(hidden).size, hidden.length);
  });

  it('A18 exchanges anew five minutes before the end, and after a failure', async () => {
    const registry = await acr(() => [200, { refresh_token: jwt(timing.now() + 3_600_000) }]);
    const client = connect({ credentials: identity(registry) });
    await read(client, registry);
    await timing.sleep(54 * 60_000, signal);
    await read(client, registry);
    assert.equal(exchanges(registry).length, 1);
    await timing.sleep(2 * 60_000, signal);
    await read(client, registry);
    assert.equal(exchanges(registry).length, 2);
  });

  it('A18 evicts a refresh token that the registry refuses', async () => {
    const registry = await start((request) => {
      if (request.url === '/oauth2/exchange') {
        count += 1;
        return [200, { refresh_token: `refresh ${exchanges(registry).length}` }];
      }
      const isFirst = parametersOf(request).get('refresh_token') === 'refresh 1';
      return isFirst ? [401, {}] : token();
    });
    await read(connect({ credentials: identity(registry) }), registry);
    assert.equal(exchanges(registry).length, 2);
  });

  it('A18 tries the audience of registries when the registry refuses that of Resource Manager', async () => {
    const audiences: string[] = [];
    const registry = await acr(({ body }) =>
      body.includes('containerregistry') ? [200, { refresh_token: 'r' }] : [401, {}],
    );
    await read(connect({ credentials: identity(registry, audiences) }), registry);
    assert.deepEqual(audiences, [
      'https://management.azure.com',
      'https://containerregistry.azure.net',
    ]);
  });

  it('A18 names the connection when the registry refuses both audiences', async () => {
    const registry = await acr(() => [401, {}]);
    await assert.rejects(read(connect({ credentials: identity(registry) }), registry), {
      code: 'REGISTRY_UNAUTHORIZED',
      message: /^The token exchange of the connection c failed\. /,
      hint: /AcrPull/,
    });
    assert.equal(exchanges(registry).length, 2);
  });

  for (const status of [429, 500, 503]) {
    it(`A18 exchanges again after ${status}`, async () => {
      const registry = await acr(() =>
        exchanges(registry).length === 1 ? [status, {}] : [200, { refresh_token: 'r' }],
      );
      await read(connect({ credentials: identity(registry) }), registry);
      assert.equal(exchanges(registry).length, 2);
    });
  }

  it('A18 names a registry that gives no refresh token, and one that refuses', async () => {
    const empty = await acr(() => [200, {}]);
    await assert.rejects(read(connect({ credentials: identity(empty) }), empty), {
      code: 'CREDENTIALS_INVALID',
    });
    const closed = await acr(() => [403, { errors: [{ code: 'DENIED', message: 'no role' }] }]);
    await assert.rejects(read(connect({ credentials: identity(closed) }), closed), {
      code: 'REGISTRY_DENIED',
      message: /token exchange of the connection c failed.*no role/s,
    });
  });
});
