import assert from 'node:assert/strict';
import type { GraphCopyRequest } from '../../../shared/ports/registry.ts';
import type { RegistryClient } from '../../../shared/registry/registry-client.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import type { EmbeddedRegistry } from '../../support/registry/registry.ts';
import { contentOf, indexOf, referrerOf, seed, smallImage } from './graphs.ts';
import { STANDARD_PROFILE } from '../../../shared/registry/profiles.ts';
import { USER, aClient, asUser, methodCounts, repositoryOf } from './support.ts';

const { signal } = new AbortController();

/** Two platforms of a config and three layers each, no layer shared: P = 2, B = 8. */
const IMAGES = [smallImage('amd64'), smallImage('arm64')];
const INDEX = indexOf(IMAGES);
const REFERRERS = [INDEX, ...IMAGES].map(({ root }, index) =>
  referrerOf(root.descriptor, `signature ${index}`),
);
const ROOT = INDEX.root.descriptor.digest;

describe('RegistryClient requests of a copy (P = 2, B = 8)', () => {
  let source: EmbeddedRegistry;
  let target: EmbeddedRegistry;
  let client: RegistryClient;

  beforeEach(async () => {
    [source, target] = await Promise.all([startRegistry(), startRegistry()]);
    client = aClient();
    seed(source, 'build/app', [INDEX, ...REFERRERS]);
    source.store.open('build/app').tags.set('1', ROOT);
  });
  afterEach(async () => {
    await client.close();
    await Promise.all([source.close(), target.close()]);
  });

  /** Reads the root by its tag and copies what belongs to it. */
  const copy = async ({
    registry = target,
    ...more
  }: Partial<GraphCopyRequest> & { registry?: EmbeddedRegistry } = {}): Promise<void> => {
    const from = repositoryOf(source, 'build/app');
    const manifest = await client.getManifest(from, '1', signal);
    assert.ok(manifest !== undefined);
    const to = repositoryOf(registry, 'app');
    const roots = [{ manifest, tags: ['1'] }];
    await client.copyGraph({ roots, from, to, mount: true, referrers: 'none', ...more }, signal);
  };

  const assertRequests = (
    expected: Readonly<Record<'source' | 'target', Readonly<Record<string, number>>>>,
    total: number,
  ): void => {
    assert.deepEqual({ source: methodCounts(source), target: methodCounts(target) }, expected);
    assert.equal(source.requests.length + target.requests.length, total);
  };

  it('no-op, the same tag has the same digest: 2', async () => {
    seed(target, 'app', [INDEX]);
    target.store.open('app').tags.set('1', ROOT);
    const [there, here] = await Promise.all([
      client.resolveTag(repositoryOf(source, 'build/app'), '1', signal),
      client.resolveTag(repositoryOf(target, 'app'), '1', signal),
    ]);
    assert.equal(here, there);
    assertRequests({ source: { HEAD: 1 }, target: { HEAD: 1 } }, 2);
  });

  it('new tag, the index is in the repository: 3', async () => {
    seed(target, 'app', [INDEX]);
    await copy();
    assert.equal(target.store.find('app')?.tags.get('1'), ROOT);
    assertRequests({ source: { GET: 1 }, target: { HEAD: 1, PUT: 1 } }, 3);
  });

  it('all blobs are there, no manifests: 14', async () => {
    seed(target, 'app', [{ ...INDEX, manifests: [] }]);
    await copy({ rootsAtTarget: 'absent' });
    assertRequests({ source: { GET: 3 }, target: { POST: 8, PUT: 3 } }, 14);
  });

  it('same registry, other repository, by mounts: 14', async () => {
    await copy({ registry: source, rootsAtTarget: 'absent' });
    assertRequests({ source: { GET: 3, POST: 8, PUT: 3 }, target: {} }, 14);
  });

  it('cold, other registry: 30', async () => {
    await copy({ rootsAtTarget: 'absent' });
    assert.deepEqual(contentOf(target, 'app').size, 11);
    assertRequests({ source: { GET: 11 }, target: { POST: 8, PUT: 11 } }, 30);
  });

  it('cold, when nobody knows that the target has nothing: one HEAD more', async () => {
    await copy();
    assertRequests({ source: { GET: 11 }, target: { HEAD: 1, POST: 8, PUT: 11 } }, 31);
  });

  it('cold with 3 referrers: 50', async () => {
    await copy({ rootsAtTarget: 'absent', referrers: 'direct' });
    assert.deepEqual(contentOf(target, 'app'), contentOf(source, 'build/app'));
    assertRequests({ source: { GET: 20 }, target: { POST: 12, PUT: 18 } }, 50);
  });

  it('cold with 3 referrers, whose referrers are asked for too: 53', async () => {
    await copy({ rootsAtTarget: 'absent', referrers: 'all' });
    assertRequests({ source: { GET: 23 }, target: { POST: 12, PUT: 18 } }, 53);
  });

  const logins = [
    { name: 'which each registry asks for', profile: STANDARD_PROFILE, login: 2 },
    {
      name: 'where to get is known of both',
      profile: { ...STANDARD_PROFILE, tokenPath: '/token' },
      login: 1,
    },
  ];
  for (const { name, profile, login } of logins) {
    it(`cold, with tokens, ${name}: ${30 + 2 * login}`, async () => {
      for (const registry of [source, target]) {
        registry.setOptions({ auth: { kind: 'bearer', ...USER } });
      }
      await client.close();
      client = aClient({ ...asUser(), profileOf: () => profile });
      await copy({ rootsAtTarget: 'absent' });
      const forTokens = [source, target].flatMap(({ requests }) =>
        requests.filter(({ status, path }) => status === 401 || path.startsWith('/token')),
      );
      assert.equal(forTokens.length, 2 * login);
      assert.equal(source.requests.length + target.requests.length, 30 + 2 * login);
    });
  }

  const noOps = [
    { referrers: 'direct', source: 4, total: 8 },
    { referrers: 'all', source: 7, total: 11 },
  ] as const;
  for (const { referrers, source: reads, total } of noOps) {
    it(`no-op with 3 referrers, ${referrers}: ${total}`, async () => {
      seed(target, 'app', [INDEX, ...REFERRERS]);
      target.store.open('app').tags.set('1', ROOT);
      const from = repositoryOf(source, 'build/app');
      const to = repositoryOf(target, 'app');
      const [manifest, digest] = await Promise.all([
        client.getManifest(from, '1', signal),
        client.resolveTag(to, '1', signal),
      ]);
      assert.equal(manifest?.descriptor.digest, digest);
      assert.ok(manifest !== undefined);
      const roots = [{ manifest, tags: [] }];
      const request = {
        roots,
        from,
        to,
        mount: true,
        referrers,
        rootsAtTarget: 'present',
      } as const;
      await client.copyGraph(request, signal);
      assertRequests({ source: { GET: reads }, target: { HEAD: 1, GET: 3 } }, total);
    });
  }
});
