import assert from 'node:assert/strict';
import { documentOf } from '../../../shared/oci/manifest-document.ts';
import { MediaType } from '../../../shared/oci/media-types.ts';
import type { RegistryClient } from '../../../shared/registry/registry-client.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import type { EmbeddedRegistry } from '../../support/registry/registry.ts';
import { aClient, anImage, methodCounts, pushImage, repositoryOf } from './support.ts';
import type { TestImage } from './support.ts';

const { signal } = new AbortController();

describe('RegistryClient copyManifest', () => {
  let source: EmbeddedRegistry;
  let target: EmbeddedRegistry;
  let client: RegistryClient;
  const image = anImage('one', ['shared base', 'own layer of one', '']);

  beforeEach(async () => {
    [source, target] = await Promise.all([startRegistry(), startRegistry()]);
    const pusher = aClient();
    await pushImage(pusher, repositoryOf(source, 'build/app'), image);
    await pusher.close();
    source.resetRequests();
    client = aClient();
  });
  afterEach(async () => {
    await client.close();
    await Promise.all([source.close(), target.close()]);
  });

  const copy = async (
    { manifest }: TestImage,
    to = repositoryOf(target, 'app'),
    mount = true,
  ): ReturnType<RegistryClient['copyManifest']> =>
    client.copyManifest({ manifest, from: repositoryOf(source, 'build/app'), to, mount }, signal);

  const assertCopied = (
    registry: EmbeddedRegistry,
    name: string,
    { manifest, blobs }: TestImage,
  ): void => {
    const content = registry.store.find(name);
    for (const { descriptor, bytes } of blobs) {
      assert.deepEqual(
        Buffer.from(content?.blobs.get(descriptor.digest) ?? []),
        Buffer.from(bytes),
      );
    }
    const stored = content?.manifests.get(manifest.descriptor.digest);
    assert.deepEqual(Buffer.from(stored?.bytes ?? []), Buffer.from(manifest.bytes));
  };

  it('tells of bytes as they go, and takes those back that have to go again', async () => {
    const told: number[] = [];
    const onBytes = (count: number): void => void told.push(count);
    const match = { method: 'PUT', path: '/blobs/uploads/', nth: 2, times: 2 };
    target.addFault({ match, action: { kind: 'resetUpload', afterBytes: 2 } });
    const places = { from: repositoryOf(source, 'build/app'), to: repositoryOf(target, 'app') };
    await client.copyManifest(
      { manifest: image.manifest, ...places, mount: true, onBytes },
      signal,
    );
    const bytes = image.blobs.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
    assert.equal(
      told.reduce((sum, count) => sum + count, 0),
      bytes,
    );
    assert.ok(told.some((count) => count < 0));
  });

  it('streams missing blobs to another registry: one GET, one POST, one PUT each', async () => {
    const counts = await copy(image);
    assertCopied(target, 'app', image);
    const bytes = image.blobs.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
    assert.deepEqual(counts, { present: 0, mounted: 0, uploaded: 4, uploadedBytes: bytes });
    assert.deepEqual(methodCounts(source), { GET: 4 });
    assert.deepEqual(methodCounts(target), { POST: 4, PUT: 5 });
  });

  it('asks one request for each blob that is there', async () => {
    await copy(image);
    target.resetRequests();
    source.resetRequests();
    const other = aClient();
    const counts = await other.copyManifest(
      {
        manifest: image.manifest,
        from: repositoryOf(source, 'build/app'),
        to: repositoryOf(target, 'app'),
        mount: true,
      },
      signal,
    );
    assert.deepEqual(counts, { present: 4, mounted: 0, uploaded: 0, uploadedBytes: 0 });
    assert.deepEqual(methodCounts(source), {});
    assert.deepEqual(methodCounts(target), { POST: 4, PUT: 1 });
    await other.close();
  });

  it('mounts within one registry', async () => {
    const counts = await copy(image, repositoryOf(source, 'release/app'));
    assertCopied(source, 'release/app', image);
    assert.deepEqual(counts, { present: 0, mounted: 4, uploaded: 0, uploadedBytes: 0 });
    assert.deepEqual(methodCounts(source), { POST: 4, PUT: 1 });
  });

  it('streams within one registry when mounts are not wanted', async () => {
    const counts = await copy(image, repositoryOf(source, 'release/app'), false);
    assertCopied(source, 'release/app', image);
    assert.equal(counts.uploaded, 4);
    assert.ok(!source.requests.some(({ path }) => path.includes('mount=')));
  });

  it('sends a blob that images share only once, and mounts it into the next repository', async () => {
    const second = anImage('two', ['shared base', 'own layer of two']);
    await pushImage(client, repositoryOf(source, 'build/app'), second);
    await Promise.all([copy(image), copy(second)]);
    assertCopied(target, 'app', second);
    assert.equal(methodCounts(target)['POST'], 6);
    target.resetRequests();
    const counts = await copy(second, repositoryOf(target, 'other'));
    assertCopied(target, 'other', second);
    assert.deepEqual(counts, { present: 0, mounted: 3, uploaded: 0, uploadedBytes: 0 });
    assert.deepEqual(methodCounts(target), { POST: 3, PUT: 1 });
  });

  it('sends a blob once that several repositories need at the same time (U9)', async () => {
    const names = ['one', 'two', 'three', 'four'];
    const counts = await Promise.all(
      names.map(async (name) => copy(image, repositoryOf(target, name))),
    );
    for (const name of names) assertCopied(target, name, image);
    const all = (kind: 'uploaded' | 'mounted'): number =>
      counts.reduce((sum, count) => sum + count[kind], 0);
    assert.deepEqual([all('uploaded'), all('mounted')], [4, 12]);
    assert.deepEqual(methodCounts(source), { GET: 4 });
    assert.deepEqual(methodCounts(target), { POST: 16, PUT: 4 + 4 });
  });

  it('brings a blob to each repository that waits for it where there are no mounts (U9)', async () => {
    target.setOptions({ mount: false });
    const names = ['one', 'two', 'three'];
    const counts = await Promise.all(
      names.map(async (name) => copy(image, repositoryOf(target, name))),
    );
    for (const name of names) assertCopied(target, name, image);
    assert.deepEqual(
      counts.map(({ uploaded }) => uploaded),
      [4, 4, 4],
    );
  });

  it('gets a blob itself when the one that was to bring it fails (U9)', async () => {
    const [layer] = image.blobs;
    assert.ok(layer);
    const path = `/v2/one/blobs/uploads/`;
    target.addFault({ match: { method: 'POST', path }, action: { kind: 'status', status: 403 } });
    const [one, two] = await Promise.allSettled(
      ['one', 'two'].map(async (name) => copy(image, repositoryOf(target, name))),
    );
    assert.equal(one?.status, 'rejected');
    assert.equal(two?.status, 'fulfilled');
    assertCopied(target, 'two', image);
  });

  it('uploads into the session that a registry without mounts gives', async () => {
    source.setOptions({ mount: false });
    const counts = await copy(image, repositoryOf(source, 'release/app'));
    assertCopied(source, 'release/app', image);
    assert.equal(counts.uploaded, 4);
    assert.equal(methodCounts(source)['POST'], 4);
  });

  it('takes a failure of the registry for no refusal of a mount (U6)', async () => {
    target.addFault({ match: { path: 'mount=' }, action: { kind: 'status', status: 500 } });
    await assert.rejects(copy(image), { code: 'REGISTRY_UNAVAILABLE' });
    assert.ok(!target.requests.some(({ method }) => method === 'PUT'));
  });

  for (const status of [400, 401, 403, 404, 405]) {
    it(`goes on without mounts after a mount was answered with ${status}`, async () => {
      target.addFault({ match: { path: 'mount=' }, action: { kind: 'status', status } });
      const counts = await copy(image);
      assertCopied(target, 'app', image);
      assert.equal(counts.uploaded, 4);
      target.resetRequests();
      await copy(image, repositoryOf(target, 'next'));
      assert.deepEqual(methodCounts(target), { HEAD: 4, POST: 4, PUT: 5 });
    });
  }

  const damages = [
    { name: 'corrupt', action: { kind: 'corruptBody' } },
    { name: 'truncated', action: { kind: 'truncateBody', bytes: 3 } },
  ] as const;
  for (const { name, action } of damages) {
    it(`stores nothing of a ${name} source blob and says whose fault it is`, async () => {
      const victim = image.blobs[1]?.descriptor.digest ?? '';
      source.addFault({ match: { path: victim }, action });
      await assert.rejects(copy(image), { code: 'DIGEST_MISMATCH', message: new RegExp(victim) });
      const content = target.store.find('app');
      assert.equal(
        content?.blobs.has(image.blobs[1]?.descriptor.digest ?? image.manifest.descriptor.digest),
        false,
      );
      assert.equal(content.manifests.size, 0);
    });
  }

  it('begins again when either side breaks the connection', async () => {
    const large = anImage('large', ['x'.repeat(300_000)]);
    await pushImage(client, repositoryOf(source, 'build/app'), large);
    source.addFault({
      match: { method: 'GET', nth: 1 },
      action: { kind: 'reset', afterBytes: 10 },
    });
    target.addFault({
      match: { method: 'PUT', nth: 1 },
      action: { kind: 'resetUpload', afterBytes: 5 },
    });
    await copy(large);
    assertCopied(target, 'app', large);
  });

  it('leaves foreign layers where they are', async () => {
    const foreign = {
      mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
      digest: `sha256:${'f'.repeat(64)}`,
      size: 12,
      urls: ['https://example.com/layer'],
    };
    const base = anImage('windows', []);
    const config = base.blobs[0]?.descriptor;
    const document = {
      schemaVersion: 2,
      mediaType: MediaType.ociManifest,
      config,
      layers: [foreign],
    };
    const manifest = documentOf(Buffer.from(JSON.stringify(document)), MediaType.ociManifest);
    await pushImage(client, repositoryOf(source, 'build/app'), { ...base, manifest });
    target.setOptions({ validateReferences: false });
    const counts = await copy({ ...base, manifest });
    assert.equal(counts.uploaded, 1);
    assert.ok(target.store.manifest('app', manifest.descriptor.digest));
  });

  it('stops on abort without putting the manifest', async () => {
    const abort = new AbortController();
    target.setOptions({ latencyMs: 200 });
    setTimeout(() => {
      abort.abort(new RangeError('cancelled'));
    }, 50);
    const request = {
      manifest: image.manifest,
      from: repositoryOf(source, 'build/app'),
      to: repositoryOf(target, 'app'),
      mount: true,
    };
    await assert.rejects(client.copyManifest(request, abort.signal), new RangeError('cancelled'));
    assert.equal(target.store.find('app')?.manifests.size ?? 0, 0);
  });

  it('copies an index whose children are there', async () => {
    const index = documentOf(
      Buffer.from(
        JSON.stringify({
          schemaVersion: 2,
          mediaType: MediaType.ociIndex,
          manifests: [image.manifest.descriptor],
        }),
      ),
      MediaType.ociIndex,
    );
    await copy(image);
    target.resetRequests();
    await copy({ manifest: index, blobs: [] });
    assert.deepEqual(methodCounts(target), { PUT: 1 });
  });
});
