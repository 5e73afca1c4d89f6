import assert from 'node:assert/strict';
import { STANDARD_PROFILE } from '../../../shared/registry/profiles.ts';
import type { RegistryClient } from '../../../shared/registry/registry-client.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import type { EmbeddedRegistry } from '../../support/registry/registry.ts';
import { imageOf, indexOf, jsonDocument, seed, smallImage } from './graphs.ts';
import { aBlob, aClient, repositoryOf } from './support.ts';

const { signal } = new AbortController();

const IMAGE = smallImage('app');
const DIGEST = IMAGE.root.descriptor.digest;
const TAGS = ['1', '1.2', '1.2.3', 'latest'];

describe('RegistryClient several tags of one manifest', () => {
  let registry: EmbeddedRegistry;
  const clients: RegistryClient[] = [];

  beforeEach(async () => {
    registry = await startRegistry();
    seed(registry, 'app', [IMAGE]);
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map(async (client) => client.close()));
    await registry.close();
  });

  /** A client, and whether it knows from its profile that tags may come together. */
  const open = (takesTags: boolean): RegistryClient => {
    const profile = { ...STANDARD_PROFILE, takesTags };
    const client = aClient({ profileOf: () => profile });
    clients.push(client);
    return client;
  };
  const setAll = async (client: RegistryClient, tags = TAGS): Promise<void> => {
    const app = repositoryOf(registry, 'app');
    await Promise.all(
      tags.map(async (tag) => client.putManifest(app, { manifest: IMAGE.root, tag }, signal)),
    );
  };
  const puts = (): readonly string[] =>
    registry.requests.flatMap(({ method, path }) =>
      method === 'PUT' ? [path.replace(DIGEST, '<digest>')] : [],
    );
  const assertTagged = (tags: readonly string[] = TAGS): void => {
    const stored = registry.store.find('app')?.tags;
    assert.deepEqual(new Map(stored), new Map(tags.map((tag) => [tag, DIGEST])));
  };
  const onePut = `/v2/app/manifests/<digest>?${TAGS.map((tag) => `tag=${tag}`).join('&')}`;
  const putsByTag = TAGS.map((tag) => `/v2/app/manifests/${tag}`);

  it('M10 go in one request where the registry is known to take them so', async () => {
    await setAll(open(true));
    assertTagged();
    assert.deepEqual(puts(), [onePut]);
  });

  it('M10 go one by one where nothing is known, and nothing is tried', async () => {
    await setAll(open(false));
    assertTagged();
    assert.deepEqual(puts(), putsByTag);
  });

  it('M10 go in one request once an answer has shown that it can be done', async () => {
    const client = open(false);
    const long = jsonDocument(
      { schemaVersion: 2, mediaType: IMAGE.root.descriptor.mediaType, layers: [] },
      'sha512',
    );
    const app = repositoryOf(registry, 'app');
    await client.putManifest(app, { manifest: long, tag: 'long' }, signal);
    registry.resetRequests();
    await setAll(client);
    assert.deepEqual(puts(), [onePut]);
  });

  it('M10 cannot be set on a digest of sha512 where the registry takes none in the query', async () => {
    registry.setOptions({ tagParameters: false });
    const app = repositoryOf(registry, 'app');
    const long = jsonDocument({ schemaVersion: 2, layers: [] }, 'sha512');
    await assert.rejects(open(false).putManifest(app, { manifest: long, tag: 'long' }, signal), {
      code: 'REGISTRY_REJECTED',
      hint: 'Build the image with a digest of sha256, which every registry tags.',
    });
  });

  it('M10 go one by one after all where the answer names none, which is believed from then on', async () => {
    registry.setOptions({ tagParameters: false });
    const client = open(true);
    await setAll(client);
    assertTagged();
    assert.deepEqual(puts(), [onePut, ...putsByTag]);
    registry.resetRequests();
    await setAll(client);
    assert.deepEqual(puts().toSorted(), putsByTag);
  });

  it('U16 fails where a registry does not set the tag of a manifest by sha512', async () => {
    registry.setOptions({ tagParameters: false });
    const long = jsonDocument(
      { schemaVersion: 2, mediaType: IMAGE.root.descriptor.mediaType, layers: [] },
      'sha512',
    );
    const app = repositoryOf(registry, 'app');
    await assert.rejects(open(true).putManifest(app, { manifest: long, tag: 'long' }, signal), {
      code: 'REGISTRY_REJECTED',
      message: `Cannot push the manifest ${registry.host}/app:long: the registry did not tag it, as its digest is not sha256.`,
    });
  });

  it('M10 that the answer does not name are put one by one', async () => {
    registry.addFault({
      match: { method: 'PUT', path: 'tag=' },
      action: { kind: 'headers', headers: { 'oci-tag': '1, latest' } },
    });
    await setAll(open(true));
    assertTagged();
    assert.deepEqual(puts(), [onePut, '/v2/app/manifests/1.2', '/v2/app/manifests/1.2.3']);
  });

  it('M10 are put one by one where one of them is refused, and only that one fails', async () => {
    const refused = {
      kind: 'status',
      status: 409,
      body: '{"errors":[{"code":"DENIED"}]}',
    } as const;
    registry.addFault({ match: { method: 'PUT', path: 'tag=' }, action: refused });
    registry.addFault({ match: { method: 'PUT', path: 'manifests/1.2.3' }, action: refused });
    const client = open(true);
    const app = repositoryOf(registry, 'app');
    const results = await Promise.allSettled(
      TAGS.map(async (tag) => client.putManifest(app, { manifest: IMAGE.root, tag }, signal)),
    );
    assert.deepEqual(
      TAGS.filter((_, index) => results[index]?.status === 'rejected'),
      ['1.2.3'],
    );
    assertTagged(['1', '1.2', 'latest']);
  });

  it('M10 go once more when the registry was busy', async () => {
    registry.addFault({
      match: { method: 'PUT', nth: 1 },
      action: { kind: 'status', status: 503 },
    });
    await setAll(open(true));
    assertTagged();
    assert.deepEqual(puts(), [onePut, onePut]);
  });

  it('M10 fail together where the registry is down, without one request for each of them', async () => {
    registry.addFault({ match: { method: 'PUT' }, action: { kind: 'status', status: 503 } });
    await assert.rejects(setAll(open(true)), { code: 'REGISTRY_UNAVAILABLE' });
    assert.deepEqual([...new Set(puts())], [onePut]);
  });

  it('M10 go fifty at a time, so that no address is too long', async () => {
    const tags = Array.from({ length: 120 }, (_, index) => `${'t'.repeat(120)}-${index}`);
    await setAll(open(true), tags);
    assertTagged(tags);
    assert.equal(puts().length, 3);
    assert.ok(puts().every((path) => path.length < 8000));
  });

  it('M10 follow the first tag of a copied index, which brings it, in one request', async () => {
    const target = await startRegistry();
    try {
      const index = indexOf([IMAGE, imageOf([aBlob('other')])]);
      seed(registry, 'app', [index]);
      await open(true).copyGraph(
        {
          roots: [{ manifest: index.root, tags: TAGS }],
          from: repositoryOf(registry, 'app'),
          to: repositoryOf(target, 'app'),
          mount: true,
          referrers: 'none',
        },
        signal,
      );
      const tagged = [...(target.store.find('app')?.tags ?? [])];
      assert.deepEqual(tagged.map(([tag]) => tag).sort(), [...TAGS].sort());
      const requests = target.requests.filter(({ path }) =>
        path.includes(index.root.descriptor.digest),
      );
      assert.deepEqual(
        requests.map(({ method }) => method),
        ['HEAD', 'PUT', 'PUT'],
      );
    } finally {
      await target.close();
    }
  });
});
