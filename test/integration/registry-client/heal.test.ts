import assert from 'node:assert/strict';
import { documentOf } from '../../../shared/oci/manifest-document.ts';
import type { ManifestDocument } from '../../../shared/oci/manifest-document.ts';
import { MediaType } from '../../../shared/oci/media-types.ts';
import type { RegistryClient } from '../../../shared/registry/registry-client.ts';
import type { Timing } from '../../../shared/registry/timing.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import type { EmbeddedRegistry } from '../../support/registry/registry.ts';
import { virtualTiming } from '../../support/virtual-timing.ts';
import { aClient, anImage, pushImage, repositoryOf } from './support.ts';

const { signal } = new AbortController();

const indexOf = (...children: readonly ManifestDocument[]): ManifestDocument =>
  documentOf(
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: MediaType.ociIndex,
        manifests: children.map(({ descriptor }) => descriptor),
      }),
    ),
    MediaType.ociIndex,
  );

describe('RegistryClient healing', () => {
  let source: EmbeddedRegistry;
  let target: EmbeddedRegistry;
  let client: RegistryClient;
  let timing: Timing;
  let startMs: number;
  const image = anImage('app', ['first layer', 'second layer']);
  const index = indexOf(image.manifest);
  const [, layer] = image.blobs;

  beforeEach(async () => {
    [source, target] = await Promise.all([startRegistry(), startRegistry()]);
    const pusher = aClient();
    await pushImage(pusher, repositoryOf(source, 'app'), image);
    await pusher.putManifest(repositoryOf(source, 'app'), { manifest: index }, signal);
    await pusher.close();
    timing = virtualTiming();
    startMs = timing.now();
    client = aClient({ timing });
  });
  afterEach(async () => {
    await client.close();
    await Promise.all([source.close(), target.close()]);
  });

  const copy = async (manifest: ManifestDocument): Promise<void> => {
    const [from, to] = [repositoryOf(source, 'app'), repositoryOf(target, 'app')];
    await client.copyManifest({ manifest, from, to, mount: true }, signal);
  };
  const missing = (code: string, detail: unknown): string =>
    JSON.stringify({ errors: [{ code, detail }] });
  /** The next manifest of `app` is refused for want of a blob, which is not found once either. */
  const missOnce = (digest: string): void => {
    const body = missing('MANIFEST_BLOB_UNKNOWN', { digest });
    target.addFault({
      match: { method: 'PUT', path: '/v2/app/manifests/', nth: 1 },
      action: { kind: 'status', status: 400, body },
    });
    target.addFault({
      match: { method: 'HEAD', path: `/v2/app/blobs/${digest}`, nth: 1 },
      action: { kind: 'status', status: 404 },
    });
  };
  const elapsedMs = (): number => timing.now() - startMs;

  for (const status of [400, 404, 500]) {
    it(`X12 puts a manifest again that a replica refused with ${status} before it saw the blobs`, async () => {
      const body = missing('MANIFEST_BLOB_UNKNOWN', { digest: layer?.descriptor.digest });
      target.addFault({
        match: { method: 'PUT', path: '/manifests/', nth: 1, times: 3 },
        action: { kind: 'status', status, body },
      });
      await copy(image.manifest);
      assert.equal(elapsedMs(), 7000);
      const looks = target.requests.filter(({ method }) => method === 'HEAD');
      assert.equal(looks.length, 3);
      assert.ok(target.store.manifest('app', image.manifest.descriptor.digest) !== undefined);
    });
  }

  it('X12 copies a blob again that the target has lost although this run had brought it', async () => {
    await copy(image.manifest);
    const content = target.store.find('app');
    const digest = layer?.descriptor.digest;
    assert.ok(digest !== undefined && content !== undefined);
    content.blobs.delete(digest);
    content.manifests.clear();
    await copy(image.manifest);
    assert.ok(content.blobs.has(digest));
    assert.ok(content.manifests.has(image.manifest.descriptor.digest));
  });

  it('X12 copies again what the target has lost of a manifest that gets a tag', async () => {
    await copy(index);
    const content = target.store.open('app');
    content.manifests.clear();
    content.blobs.delete(layer?.descriptor.digest ?? index.descriptor.digest);
    const [from, to] = [repositoryOf(source, 'app'), repositoryOf(target, 'app')];
    await client.tagCopied({ manifest: index, from, to, mount: true }, 'latest', signal);
    assert.ok(target.store.manifest('app', 'latest') !== undefined);
    assert.ok(target.store.manifest('app', image.manifest.descriptor.digest) !== undefined);
    assert.ok(layer !== undefined && content.blobs.has(layer.descriptor.digest));
  });

  it('X12 copies the child of an index that the target does not have', async () => {
    await copy(index);
    assert.ok(target.store.manifest('app', index.descriptor.digest) !== undefined);
    assert.ok(target.store.manifest('app', image.manifest.descriptor.digest) !== undefined);
  });

  it('X12 says what the registry said when the child of an index is nowhere any more', async () => {
    source.store.open('app').manifests.delete(image.manifest.descriptor.digest);
    await assert.rejects(copy(index), {
      name: 'RegistryError',
      message: new RegExp(`push the manifest .*${index.descriptor.digest}`),
    });
    assert.equal(elapsedMs(), 0);
  });

  it('X12 gives up after 15 seconds on a registry that has everything but does not see it', async () => {
    const body = missing('MANIFEST_BLOB_UNKNOWN', layer?.descriptor.digest);
    target.addFault({
      match: { method: 'PUT', path: '/manifests/' },
      action: { kind: 'status', status: 400, body },
    });
    await assert.rejects(copy(image.manifest), { code: 'REGISTRY_REJECTED' });
    assert.equal(elapsedMs(), 15_000);
  });

  it('X12 fails at once when a manifest is put whose content is nowhere', async () => {
    const to = repositoryOf(target, 'app');
    await assert.rejects(client.putManifest(to, { manifest: index }, signal), {
      code: /REGISTRY_REJECTED|CONTENT_NOT_FOUND/,
    });
    assert.equal(elapsedMs(), 0);
  });

  it('X12 waits for the children of an index that other jobs have pushed', async () => {
    await pushImage(client, repositoryOf(target, 'app'), image);
    target.addFault({
      match: { method: 'PUT', path: '/manifests/', nth: 1 },
      action: { kind: 'status', status: 404, body: missing('MANIFEST_UNKNOWN', undefined) },
    });
    await client.putManifest(
      repositoryOf(target, 'app'),
      { manifest: index, tag: 'latest' },
      signal,
    );
    assert.equal(elapsedMs(), 1000);
    assert.ok(target.store.manifest('app', 'latest') !== undefined);
  });

  const lags = [
    {
      name: 'a manifest by digest',
      path: '/manifests/sha256',
      at: image.manifest.descriptor.digest,
    },
    { name: 'a tag', path: '/manifests/latest', at: 'latest' },
  ];
  for (const { name, path, at } of lags) {
    it(`X13 finds ${name} that it has just pushed although a replica does not know it yet`, async () => {
      const app = repositoryOf(target, 'app');
      await pushImage(client, app, image);
      await client.putManifest(app, { manifest: image.manifest, tag: 'latest' }, signal);
      target.addFault({
        match: { path, nth: 1, times: 3 },
        action: { kind: 'status', status: 404 },
      });
      const found = await client.getManifest(app, at, signal);
      assert.equal(found?.descriptor.digest, image.manifest.descriptor.digest);
      assert.equal(elapsedMs(), 7000);
    });
  }

  it('X13 finds a blob that it has just pushed', async () => {
    const app = repositoryOf(target, 'app');
    target.setOptions({ singlePost: false });
    await pushImage(client, app, image);
    target.addFault({
      match: { method: 'GET', path: '/blobs/', nth: 1 },
      action: { kind: 'status', status: 404 },
    });
    assert.ok(layer !== undefined);
    const bytes = await client.getBlob(app, layer.descriptor, signal);
    assert.deepEqual(Buffer.from(bytes), Buffer.from(layer.bytes));
    assert.equal(elapsedMs(), 1000);
  });

  it('X12 X13 waits for a blob that went with its POST and that a replica does not know yet', async () => {
    const app = repositoryOf(target, 'app');
    for (const blob of image.blobs) await client.putBlob(app, blob, signal);
    assert.ok(target.requests.every(({ method }) => method === 'POST'));
    missOnce(layer?.descriptor.digest ?? '');
    await client.putManifest(app, { manifest: image.manifest }, signal);
    assert.equal(elapsedMs(), 2000);
  });

  it('X12 X13 waits for a blob that it has mounted and that a replica does not know yet', async () => {
    const base = repositoryOf(target, 'base');
    await pushImage(client, base, image);
    missOnce(layer?.descriptor.digest ?? '');
    const to = repositoryOf(target, 'app');
    target.resetRequests();
    await client.copyManifest({ manifest: image.manifest, from: base, to, mount: true }, signal);
    assert.equal(elapsedMs(), 2000);
    assert.equal(target.requests.filter(({ method }) => method === 'POST').length, 3);
  });

  it('X13 believes at once that content of others does not exist', async () => {
    const app = repositoryOf(target, 'app');
    assert.equal(await client.resolveTag(app, 'latest', signal), undefined);
    assert.equal(await client.getManifest(app, index.descriptor.digest, signal), undefined);
    assert.equal(elapsedMs(), 0);
  });

  it('X13 believes after half a minute that what it has pushed is gone', async () => {
    const app = repositoryOf(target, 'app');
    await pushImage(client, app, image);
    target.store.find('app')?.manifests.clear();
    const { digest } = image.manifest.descriptor;
    assert.equal(await client.getManifest(app, digest, signal), undefined);
    assert.equal(elapsedMs(), 30_000);
  });
});
