import assert from 'node:assert/strict';
import type { RegistryClient } from '../../../shared/registry/registry-client.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import type { EmbeddedRegistry } from '../../support/registry/registry.ts';
import { seed, smallImage } from './graphs.ts';
import { USER, aClient, asUser, repositoryOf } from './support.ts';

const { signal } = new AbortController();

describe('RegistryClient listTags', () => {
  let registry: EmbeddedRegistry;
  let client: RegistryClient;
  const tags = Array.from({ length: 25 }, (_, index) => `v${String(index).padStart(2, '0')}`);

  beforeEach(async () => {
    registry = await startRegistry();
    client = aClient();
    const image = smallImage('app');
    seed(registry, 'app', [image]);
    for (const tag of tags) {
      registry.store.open('app').tags.set(tag, image.root.descriptor.digest);
    }
  });
  afterEach(async () => {
    await client.close();
    await registry.close();
  });

  const list = async (): Promise<readonly string[] | undefined> =>
    client.listTags(repositoryOf(registry, 'app'), signal);

  it('lists all tags in one request where they fit (T1)', async () => {
    assert.deepEqual(await list(), tags);
    assert.equal(registry.requests.length, 1);
  });

  it('follows pages, however short they are (T1)', async () => {
    registry.setOptions({ tagPageSize: 7 });
    assert.deepEqual(await list(), tags);
    assert.equal(registry.requests.length, 4);
  });

  it('follows an absolute link on the same server (T1)', async () => {
    registry.addFault({
      match: { path: 'tags/list', nth: 1 },
      action: {
        kind: 'status',
        status: 200,
        headers: { link: `<${registry.url}/v2/app/tags/list?last=v20>; rel="next"` },
        body: '{"name":"app","tags":["first"]}',
      },
    });
    assert.deepEqual(await list(), ['first', 'v21', 'v22', 'v23', 'v24']);
  });

  it('does not take 404 in place of the second page for "no repository" (T1)', async () => {
    registry.setOptions({ tagPageSize: 7 });
    registry.addFault({
      match: { path: 'tags/list', nth: 2 },
      action: { kind: 'status', status: 404, body: 'no such page' },
    });
    await assert.rejects(list(), {
      code: 'CONTENT_NOT_FOUND',
      message: `Cannot list the tags of ${registry.host}/app: the registry answered 404 (no such page).`,
    });
    assert.deepEqual(await list(), tags);
  });

  it('finds the next page among several links in several headers (T1)', async () => {
    registry.setOptions({ tagPageSize: 20 });
    registry.addFault({
      match: { path: 'tags/list', nth: 1 },
      action: {
        kind: 'headers',
        headers: { link: ['</v2/>; rel="up"', '</v2/app/tags/list?last=v19>; rel="next"'] },
      },
    });
    assert.deepEqual(await list(), tags);
  });

  it('refuses a next page on another server (T1)', async () => {
    registry.addFault({
      match: { path: 'tags/list' },
      action: {
        kind: 'headers',
        headers: { link: '<https://other.example/v2/app/tags/list>; rel="next"' },
      },
    });
    await assert.rejects(list(), { code: 'REGISTRY_RESPONSE_INVALID' });
  });

  it('stops at a list without an end (T1)', async () => {
    registry.addFault({
      match: { path: 'tags/list' },
      action: {
        kind: 'status',
        status: 200,
        headers: { link: '</v2/app/tags/list?again>; rel="next"' },
        body: '{"name":"app","tags":[]}',
      },
    });
    await assert.rejects(list(), { code: 'REGISTRY_RESPONSE_INVALID', message: /1000 pages/ });
    assert.equal(registry.requests.length, 1000);
  });

  const bodies = [
    { name: 'null as none', body: '{"name":"app","tags":null}', tags: [] },
    { name: 'an absent list as none', body: '{"name":"app"}', tags: [] },
  ] as const;
  for (const { name, body, tags: expected } of bodies) {
    it(`takes ${name} (T1)`, async () => {
      registry.addFault({ match: {}, action: { kind: 'status', status: 200, body } });
      assert.deepEqual(await list(), expected);
    });
  }

  for (const body of ['[]', '{"tags":1}', '{"tags":[1]}', 'null', '<html>']) {
    it(`refuses ${body} (T1)`, async () => {
      registry.addFault({ match: {}, action: { kind: 'status', status: 200, body } });
      await assert.rejects(list(), { code: 'REGISTRY_RESPONSE_INVALID' });
    });
  }

  it('says undefined for a repository that is not there (T1)', async () => {
    assert.equal(await client.listTags(repositoryOf(registry, 'none'), signal), undefined);
  });
});

describe('RegistryClient deleteManifest', () => {
  let registry: EmbeddedRegistry;
  let client: RegistryClient;
  const image = smallImage('app');
  const { digest } = image.root.descriptor;

  beforeEach(async () => {
    registry = await startRegistry();
    client = aClient();
    seed(registry, 'app', [image]);
    registry.store.open('app').tags.set('1', digest).set('2', digest);
  });
  afterEach(async () => {
    await client.close();
    await registry.close();
  });

  const remove = async (reference: string): Promise<void> =>
    client.deleteManifest(repositoryOf(registry, 'app'), reference, signal);

  it('deletes a manifest by its digest (D1)', async () => {
    await remove(digest);
    assert.equal(registry.store.manifest('app', digest), undefined);
  });

  it('deletes a tag and leaves its manifest and other tags (D1)', async () => {
    await remove('1');
    assert.deepEqual([...(registry.store.find('app')?.tags.keys() ?? [])], ['2']);
    assert.ok(registry.store.manifest('app', digest));
  });

  it('is content with what is not there (D1)', async () => {
    await remove('none');
    await client.deleteManifest(repositoryOf(registry, 'none'), digest, signal);
  });

  for (const status of [400, 405, 501]) {
    it(`says that tags cannot be deleted after ${status}, and deletes nothing else (D1)`, async () => {
      registry.addFault({
        match: { method: 'DELETE', path: 'manifests/1' },
        action: { kind: 'status', status },
      });
      await assert.rejects(remove('1'), {
        code: 'REGISTRY_REJECTED',
        hint: /by digest but not by tag/,
      });
      assert.equal(registry.requests.length, 1);
      assert.ok(registry.store.manifest('app', digest));
    });
  }

  it('asks for the right to delete and no other (D1, A8)', async () => {
    registry.setOptions({ auth: { kind: 'bearer', ...USER } });
    const user = aClient(asUser());
    await user.deleteManifest(repositoryOf(registry, 'app'), '1', signal);
    await user.close();
    const scopes = registry.requests.filter(({ path }) => path.includes('scope='));
    assert.equal(scopes.length, 1);
    assert.match(decodeURIComponent(scopes[0]?.path ?? ''), /repository:app:delete/);
  });
});
