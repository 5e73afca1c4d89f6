import assert from 'node:assert/strict';
import type { RegistryClient } from '../../../shared/registry/registry-client.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import type { EmbeddedRegistry } from '../../support/registry/registry.ts';
import {
  USER,
  aBlob,
  aClient,
  anImage,
  asUser,
  pushImage,
  repositoryOf,
  requestLines,
} from './support.ts';

const { signal } = new AbortController();

describe('RegistryClient authentication', () => {
  let registry: EmbeddedRegistry;
  const clients: RegistryClient[] = [];
  const image = anImage('app', []);
  const { digest } = image.manifest.descriptor;

  const client = (...args: Parameters<typeof aClient>): RegistryClient => {
    const made = aClient(...args);
    clients.push(made);
    return made;
  };

  beforeEach(async () => {
    registry = await startRegistry();
    await pushImage(client(), repositoryOf(registry, 'app'), image);
    registry.resetRequests();
  });
  afterEach(async () => {
    for (const each of clients.splice(0)) await each.close();
    await registry.close();
  });

  it('A1 learns Basic from one 401 and then sends the password at once', async () => {
    registry.setOptions({ auth: { kind: 'basic', ...USER } });
    const user = client(asUser());
    assert.ok(await user.getManifest(repositoryOf(registry, 'app'), digest, signal));
    assert.ok(await user.getManifest(repositoryOf(registry, 'app'), digest, signal));
    assert.deepEqual(
      registry.requests.map(({ authorization, status }) => [authorization, status]),
      [
        [undefined, 401],
        ['basic', 200],
        ['basic', 200],
      ],
    );
  });

  it('A7 costs one 401 and one token however many requests begin at once', async () => {
    registry.setOptions({ auth: { kind: 'bearer', ...USER }, latencyMs: 5 });
    const user = client(asUser());
    const app = repositoryOf(registry, 'app');
    await Promise.all(
      Array.from({ length: 12 }, async () => user.getManifest(app, digest, signal)),
    );
    assert.equal(registry.requests.length, 14);
    assert.equal(registry.requests.filter(({ status }) => status === 401).length, 1);
    assert.equal(registry.requests.filter(({ path }) => path.includes('scope=')).length, 1);
  });

  it('A8 uses one token for all requests that push to a repository', async () => {
    registry.setOptions({ auth: { kind: 'bearer', ...USER } });
    const user = client(asUser());
    const app = repositoryOf(registry, 'app');
    await user.putBlob(app, aBlob('one'), signal);
    await user.putBlob(app, aBlob('two'), signal);
    await user.putManifest(app, { manifest: image.manifest, tag: '2' }, signal);
    assert.ok(await user.getManifest(app, '2', signal));
    const tokens = registry.requests.filter(({ path }) => path.includes('scope='));
    assert.equal(tokens.length, 1);
    assert.match(tokens[0]?.path ?? '', /scope=repository%3Aapp%3Apull%2Cpush/);
  });

  it('A7 asks for a token that may read the other repository to mount from it', async () => {
    registry.setOptions({ auth: { kind: 'bearer', ...USER } });
    const user = client(asUser());
    const counts = await user.copyManifest(
      {
        manifest: image.manifest,
        from: repositoryOf(registry, 'app'),
        to: repositoryOf(registry, 'release/app'),
        mount: true,
      },
      signal,
    );
    assert.equal(counts.mounted, 1);
    assert.equal(registry.requests.filter(({ path }) => path.includes('scope=')).length, 1);
  });

  it('A14 reads anonymously where that is allowed', async () => {
    registry.setOptions({ auth: { kind: 'bearer', ...USER, anonymousPull: true } });
    const anonymous = client();
    assert.ok(await anonymous.getManifest(repositoryOf(registry, 'app'), digest, signal));
  });

  it('A11 renews a token that the registry no longer accepts', async () => {
    registry.setOptions({ auth: { kind: 'bearer', ...USER } });
    const user = client(asUser());
    const app = repositoryOf(registry, 'app');
    assert.ok(await user.getManifest(app, digest, signal));
    registry.tokens.clear();
    registry.resetRequests();
    assert.ok(await user.getManifest(app, digest, signal));
    assert.deepEqual(
      registry.requests.map(({ authorization, status }) => [authorization, status]),
      [
        ['bearer', 401],
        ['basic', 200],
        ['bearer', 200],
      ],
    );
  });

  it('A11 goes on with a third token when a good one has ended and the next is not good yet', async () => {
    registry.setOptions({ auth: { kind: 'bearer', ...USER } });
    const user = client(asUser());
    const app = repositoryOf(registry, 'app');
    assert.ok(await user.getManifest(app, digest, signal));
    const accessOf = registry.tokens.accessOf.bind(registry.tokens);
    let refusals = 2;
    registry.tokens.accessOf = (token) => (refusals-- > 0 ? undefined : accessOf(token));
    assert.ok(await user.getManifest(app, digest, signal));
    assert.equal(refusals, -1);
  });

  it('A11 gives up when two tokens are refused that were never good', async () => {
    registry.setOptions({ auth: { kind: 'bearer', ...USER } });
    registry.tokens.accessOf = () => undefined;
    const read = client(asUser()).getManifest(repositoryOf(registry, 'app'), digest, signal);
    await assert.rejects(read, { code: 'REGISTRY_UNAUTHORIZED' });
    const tokens = registry.requests.filter(({ path }) => path.startsWith('/token'));
    assert.equal(tokens.length, 2);
  });

  it('A11 gives up on what is refused with tokens that are good for all else', async () => {
    registry.setOptions({ auth: { kind: 'bearer', ...USER } });
    const challenge = `Bearer realm="${registry.url}/token",service="x"`;
    registry.addFault({
      match: { path: '/manifests/odd' },
      action: { kind: 'status', status: 401, headers: { 'www-authenticate': challenge } },
    });
    const user = client(asUser());
    const app = repositoryOf(registry, 'app');
    let goesOn = true;
    const readOthers = async (): Promise<void> => {
      while (goesOn) await user.getManifest(app, digest, signal);
    };
    const others = Promise.all([readOthers(), readOthers(), readOthers()]);
    await assert.rejects(user.getManifest(app, 'odd', signal), { code: 'REGISTRY_UNAUTHORIZED' });
    goesOn = false;
    await others;
    const asked = registry.requests.filter(({ path }) => path.endsWith('/odd'));
    assert.ok(asked.length <= 10, `${asked.length} requests`);
  });

  const refused = [
    { name: 'a wrong password, Basic', kind: 'basic', code: 'REGISTRY_UNAUTHORIZED' },
    { name: 'a wrong password, Bearer', kind: 'bearer', code: 'REGISTRY_UNAUTHORIZED' },
  ] as const;
  for (const { name, kind, code } of refused) {
    it(`fails at once for ${name}`, async () => {
      registry.setOptions({ auth: { kind, ...USER } });
      const user = client(asUser('wrong'));
      await assert.rejects(user.getManifest(repositoryOf(registry, 'app'), digest, signal), {
        code,
      });
      assert.ok(registry.requests.length <= 2, requestLines(registry).join('\n'));
    });
  }

  const offers = [
    { name: 'Bearer', offered: ['Negotiate', 'NTLM', 'Basic realm="b", Bearer realm="/token"'] },
    { name: 'Bearer', offered: ['bearer REALM=/token', 'Basic realm="b"'] },
    { name: 'Basic', offered: ['Negotiate oYG2MIGz, Basic realm="b"', 'Digest realm="d"'] },
  ] as const;
  for (const { name, offered } of offers) {
    it(`A2 logs in by ${name} where a registry offers ${offered.join(' | ')}`, async () => {
      const kind = name === 'Basic' ? 'basic' : 'bearer';
      registry.setOptions({ auth: { kind, ...USER } });
      registry.addFault({
        match: { path: '/v2/' },
        action: { kind: 'headers', headers: { 'www-authenticate': offered } },
      });
      const app = repositoryOf(registry, 'app');
      assert.ok(await client(asUser()).getManifest(app, digest, signal));
      assert.equal(registry.requests.at(-1)?.authorization, kind);
    });
  }

  it('A2 fails where a registry offers only what we do not speak', async () => {
    registry.setOptions({ auth: { kind: 'basic', ...USER } });
    registry.addFault({
      match: { path: '/v2/' },
      action: { kind: 'headers', headers: { 'www-authenticate': ['Negotiate', 'NTLM'] } },
    });
    const app = repositoryOf(registry, 'app');
    await assert.rejects(client(asUser()).getManifest(app, digest, signal), {
      code: 'REGISTRY_UNAUTHORIZED',
    });
    assert.deepEqual(
      registry.requests.map(({ authorization }) => authorization),
      [undefined],
    );
  });

  it('A14 names the registry that wants a password when there is none', async () => {
    registry.setOptions({ auth: { kind: 'basic', ...USER } });
    await assert.rejects(client().getManifest(repositoryOf(registry, 'app'), digest, signal), {
      code: 'REGISTRY_UNAUTHORIZED',
      message: `${registry.host} wants a user name and password.`,
    });
  });

  it('tells a missing right from a missing login', async () => {
    registry.setOptions({ auth: { kind: 'basic', ...USER, grant: ['pull'] } });
    await assert.rejects(
      client(asUser()).putBlob(repositoryOf(registry, 'app'), aBlob('x'), signal),
      { code: 'REGISTRY_DENIED' },
    );
  });

  for (const status of [403, 404, 500]) {
    it(`A13 asks for no other token after ${status}, which is no matter of the token`, async () => {
      registry.setOptions({ auth: { kind: 'bearer', ...USER } });
      registry.addFault({
        match: { path: '/blobs/' },
        action: { kind: 'status', status, body: '{"errors":[{"code":"DENIED"}]}' },
      });
      const app = repositoryOf(registry, 'app');
      const user = client(asUser());
      await user.getManifest(app, digest, signal);
      registry.resetRequests();
      await assert.rejects(user.getBlob(app, aBlob('x').descriptor, signal));
      assert.equal(registry.requests.length, 1);
    });
  }

  it('asks again for a throttled token', async () => {
    registry.setOptions({ auth: { kind: 'bearer', ...USER } });
    registry.addFault({
      match: { path: 'scope=', nth: 1 },
      action: { kind: 'status', status: 429, headers: { 'retry-after': '1' } },
    });
    const user = client(asUser());
    assert.ok(await user.getManifest(repositoryOf(registry, 'app'), digest, signal));
  });

  it('A20 hides every secret before its first use', async () => {
    registry.setOptions({ auth: { kind: 'bearer', ...USER } });
    const hidden: string[] = [];
    const lines: string[] = [];
    const user = client({
      ...asUser(),
      maskSecret: (value) => hidden.push(value),
      log: {
        debug: (line) => lines.push(line()),
        info: (line) => lines.push(line),
        warn: (line) => lines.push(line),
      },
    });
    await user.getManifest(repositoryOf(registry, 'app'), digest, signal);
    assert.ok(hidden.includes(USER.password));
    assert.ok(hidden.includes(Buffer.from(`${USER.username}:${USER.password}`).toString('base64')));
    assert.equal(hidden.length, 3);
    assert.ok(lines.length > 0);
    for (const secret of hidden) assert.ok(!lines.some((line) => line.includes(secret)));
  });
});
