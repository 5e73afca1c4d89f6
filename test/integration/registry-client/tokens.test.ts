import assert from 'node:assert/strict';
import { Secret } from '../../../shared/core/secret.ts';
import type {
  Credential,
  CredentialSource,
} from '../../../shared/registry/credentials/credential.ts';
import { STANDARD_PROFILE } from '../../../shared/registry/profiles.ts';
import type { RegistryProfile } from '../../../shared/registry/profiles.ts';
import type { RegistryClient } from '../../../shared/registry/registry-client.ts';
import { startServer } from '../../support/http-server.ts';
import type { TestServer } from '../../support/http-server.ts';
import { scopesOf, startTokenRegistry } from '../../support/token-registry.ts';
import type {
  TokenAnswer,
  TokenRegistry,
  TokenRegistryOptions,
} from '../../support/token-registry.ts';
import { aBlob, aClient, anImage, fakeTiming } from './support.ts';
import type { FakeTiming } from './support.ts';

const { signal } = new AbortController();

describe('RegistryClient tokens', () => {
  const image = anImage('app', []);
  const { digest } = image.manifest.descriptor;
  const closers: (() => Promise<void>)[] = [];
  let timing: FakeTiming;

  beforeEach(() => {
    timing = fakeTiming();
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  const start = async (
    answerToken: TokenAnswer,
    accepts?: TokenRegistryOptions['accepts'],
  ): Promise<TokenRegistry> => {
    const more = accepts === undefined ? {} : { accepts };
    const registry = await startTokenRegistry({ manifest: image.manifest, answerToken, ...more });
    closers.push(registry.close);
    return registry;
  };
  const connect = (options: Parameters<typeof aClient>[0] = {}): RegistryClient => {
    const client = aClient({ timing, ...options });
    closers.push(async () => client.close());
    return client;
  };
  const basic = (password: string): Credential => ({
    kind: 'basic',
    username: 'u',
    password: new Secret(password),
  });
  const read = async (
    client: RegistryClient,
    { host }: TestServer,
    name = 'app',
  ): Promise<unknown> => client.getManifest({ registry: host, name }, digest, signal);
  let count = 0;
  const token = (more: object = {}): readonly [number, object] => {
    count += 1;
    return [200, { token: `t${count}`, ...more }];
  };

  it('A1 A14 asks nothing beforehand, and anonymously when there are no credentials', async () => {
    const registry = await start(() => token());
    await read(connect(), registry);
    assert.deepEqual(
      registry.requests.map(({ url, headers }) => [url.split('?')[0], headers.authorization ?? '']),
      [
        [`/v2/app/manifests/${digest}`, ''],
        ['/token', ''],
        [`/v2/app/manifests/${digest}`, `Bearer t${count}`],
      ],
    );
  });

  it('A4 asks by POST when the token server does not know GET', async () => {
    const registry = await start(({ method }) => (method === 'GET' ? [405, {}] : token()));
    await read(connect({ credentials: () => Promise.resolve(basic('p')) }), registry);
    assert.deepEqual(
      registry.tokenRequests().map(({ method }) => method),
      ['GET', 'POST'],
    );
  });

  it('A4 ends when a token server knows no form of request', async () => {
    const registry = await start(() => [404, {}]);
    const credential: Credential = { kind: 'identity-token', token: new Secret('i') };
    const client = connect({ credentials: () => Promise.resolve(credential) });
    await assert.rejects(read(client, registry), { message: /There is no token server/ });
    assert.equal(registry.tokenRequests().length, 1);
  });

  it('A6 asks for another token one minute before the end of the first', async () => {
    const registry = await start(() => token({ expires_in: 600 }));
    const client = connect();
    await read(client, registry);
    await timing.sleep(539_000, signal);
    await read(client, registry);
    assert.equal(registry.tokenRequests().length, 1);
    await timing.sleep(2_000, signal);
    await read(client, registry);
    assert.equal(registry.tokenRequests().length, 2);
  });

  it('A7 holds one token a repository and never adds scopes up', async () => {
    const registry = await start(() => token());
    const client = connect();
    for (const name of ['a', 'b', 'c', 'a', 'b', 'c']) await read(client, registry, name);
    assert.deepEqual(registry.tokenRequests().map(scopesOf), [
      ['repository:a:pull'],
      ['repository:b:pull'],
      ['repository:c:pull'],
    ]);
  });

  it('A8 reads what will be written with the token to write it', async () => {
    const registry = await start(() => token());
    const client = connect({ isWritable: ({ name }) => name === 'out' });
    const out = { registry: registry.host, name: 'out' };
    await read(client, registry, 'in');
    await read(client, registry, 'out');
    await client.putManifest(out, { manifest: image.manifest, tag: '1' }, signal);
    assert.deepEqual(registry.tokenRequests().map(scopesOf), [
      ['repository:in:pull'],
      ['repository:out:pull,push'],
    ]);
  });

  it('A8 reads with a smaller token where the identity may not write', async () => {
    const registry = await start((_, scopes) =>
      scopes.some((scope) => scope.endsWith('push')) ? [403, {}] : token(),
    );
    await read(connect({ isWritable: () => true }), registry);
    await assert.doesNotReject(read(connect({ isWritable: () => true }), registry));
  });

  const oneScope = [
    { name: 'reads the first scope only', read: (scopes: readonly string[]) => scopes.slice(0, 1) },
    { name: 'reads the last scope only', read: (scopes: readonly string[]) => scopes.slice(-1) },
    {
      name: 'refuses two scopes',
      read: (scopes: readonly string[]) => (scopes.length > 1 ? [] : scopes),
    },
  ];
  for (const { name, read: understood } of oneScope) {
    it(`A9 mounts nothing, but copies, where a token server ${name}`, async () => {
      const granted = new Map<string, readonly string[]>();
      const registry = await start(
        (_, scopes) => {
          const known = understood(scopes);
          if (known.length === 0) return [401, {}];
          const answer = token();
          granted.set(`t${count}`, known);
          return answer;
        },
        (value, { url }) => {
          const scopes = granted.get(value) ?? [];
          const repository = /^\/v2\/(in|out)\//.exec(url)?.[1] ?? 'out';
          const isMount = url.includes('from=in');
          const has = (wanted: string): boolean =>
            scopes.some((scope) => scope.startsWith(`repository:${wanted}:`));
          return has(repository) && (!isMount || has('in'));
        },
      );
      const blob = aBlob('layer');
      const inline = { ...blob.descriptor, data: Buffer.from(blob.bytes).toString('base64') };
      const small = anImage('x', [], { config: inline });
      const [from, to] = ['in', 'out'].map((one) => ({ registry: registry.host, name: one }));
      assert.ok(from !== undefined && to !== undefined);
      const client = connect();
      const counts = await client.copyManifest(
        { manifest: small.manifest, from, to, mount: true },
        signal,
      );
      assert.deepEqual([counts.mounted, counts.uploaded], [0, 1]);
    });
  }

  it('A10 asks once for the scope that the registry wants', async () => {
    const demand = 'error="insufficient_scope",scope="repository:app:pull repository:base:pull"';
    const scopes = new Map<string, readonly string[]>();
    const registry = await start(
      (_, wanted) => {
        const answer = token();
        scopes.set(`t${count}`, wanted);
        return answer;
      },
      (value) => (scopes.get(value)?.includes('repository:base:pull') === true ? true : demand),
    );
    await read(connect(), registry);
    assert.deepEqual(registry.tokenRequests().map(scopesOf).at(-1), [
      'repository:app:pull',
      'repository:base:pull',
    ]);
  });

  it('A10 A11 gives up when the registry refuses also what it asked for', async () => {
    const demand = 'error="insufficient_scope",scope="repository:base:pull"';
    const registry = await start(
      () => token(),
      () => demand,
    );
    await assert.rejects(read(connect(), registry), { code: 'REGISTRY_DENIED' });
    assert.ok(registry.requests.length <= 6, String(registry.requests.length));
  });

  it('A11 takes the token that another request has got in the meantime', async () => {
    let revoked = '';
    const registry = await start(
      () => token({ expires_in: 3600 }),
      (value) => value !== revoked,
    );
    const client = connect();
    await read(client, registry);
    revoked = `t${count}`;
    await Promise.all(Array.from({ length: 8 }, async () => read(client, registry)));
    assert.equal(registry.tokenRequests().length, 2);
  });

  const expired: readonly { name: string; status: number; body: object }[] = [
    {
      name: '403 with the word of ECR',
      status: 403,
      body: { errors: [{ code: 'DENIED', message: 'Your authorization token has expired.' }] },
    },
    { name: '401', status: 401, body: {} },
  ];
  for (const { name, status, body } of expired) {
    it(`A13 asks the source of a password once more after ${name}`, async () => {
      const server = await startServer((request, response) => {
        const isFresh = request.headers.authorization === `Basic ${btoa('u:fresh')}`;
        if (isFresh) response.end(image.manifest.bytes);
        else {
          const isFirst = request.headers.authorization === undefined;
          response
            .writeHead(isFirst ? 401 : status, { 'www-authenticate': 'Basic realm="r"' })
            .end(JSON.stringify(body));
        }
      });
      closers.push(server.close);
      const renewals: boolean[] = [];
      let password = 'stale';
      const credentials: CredentialSource = (_, { isRenewal }) => {
        if (isRenewal) renewals.push(isRenewal);
        if (isRenewal) password = 'fresh';
        return Promise.resolve(basic(password));
      };
      const client = connect({ credentials });
      await Promise.all(Array.from({ length: 5 }, async () => read(client, server)));
      assert.equal(renewals.length, 1);
    });
  }

  it('A13 fails after one question when the source knows nothing better', async () => {
    const server = await startServer((request, response) => {
      const isFirst = request.headers.authorization === undefined;
      response.writeHead(isFirst ? 401 : 403, { 'www-authenticate': 'Basic realm="r"' });
      response.end('{"errors":[{"code":"DENIED","message":"token has expired"}]}');
    });
    closers.push(server.close);
    const client = connect({ credentials: () => Promise.resolve(basic('p')) });
    await assert.rejects(read(client, server), { code: 'REGISTRY_DENIED' });
    assert.equal(server.requests.length, 2);
  });

  it('A17 sends the headers of the docker config to the registry from the first request on', async () => {
    const registry = await start(() => token());
    const client = connect({ headers: () => Promise.resolve({ 'x-gateway': 'key' }) });
    await read(client, registry);
    assert.deepEqual(
      registry.requests.map(({ headers }) => headers['x-gateway']),
      ['key', undefined, 'key'],
    );
  });

  it('A19 saves the 401 where the token server is known', async () => {
    const registry = await start(() => token());
    const profileOf = (): RegistryProfile => ({ ...STANDARD_PROFILE, tokenPath: '/token' });
    await read(connect({ profileOf }), registry);
    assert.deepEqual(
      registry.requests.map(({ url }) => url.split('?')[0]),
      ['/token', `/v2/app/manifests/${digest}`],
    );
    assert.equal(
      new URL(registry.requests[0]?.url ?? '', 'http://r').searchParams.get('service'),
      registry.host,
    );
  });
});
