import assert from 'node:assert/strict';
import { digestOf } from '../../../shared/oci/digest.ts';
import { documentOf } from '../../../shared/oci/manifest-document.ts';
import { MediaType } from '../../../shared/oci/media-types.ts';
import { EMPTY_CONFIG, EMPTY_CONFIG_BYTES } from '../../../shared/oci/signature-manifest.ts';
import type { RegistryClient } from '../../../shared/registry/registry-client.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import type { EmbeddedRegistry } from '../../support/registry/registry.ts';
import {
  aBlob,
  aClient,
  anImage,
  fakeTiming,
  pushImage,
  repositoryOf,
  requestLines,
} from './support.ts';

const { signal } = new AbortController();

describe('RegistryClient writing', () => {
  let registry: EmbeddedRegistry;
  let client: RegistryClient;

  beforeEach(async () => {
    registry = await startRegistry({ singlePost: false });
    client = aClient();
  });
  afterEach(async () => {
    await client.close();
    await registry.close();
  });

  it('puts a blob by POST and PUT, and only once per repository', async () => {
    const blob = aBlob('signature');
    const app = repositoryOf(registry, 'app');
    await Promise.all([client.putBlob(app, blob, signal), client.putBlob(app, blob, signal)]);
    await client.putBlob(app, blob, signal);
    assert.deepEqual(requestLines(registry), [
      'POST /v2/app/blobs/uploads/?digest=sha256%3A… 202',
      'PUT /v2/app/blobs/uploads/…?state=…&digest=sha256%3A… 201',
    ]);
    const stored = registry.store.find('app')?.blobs.get(blob.descriptor.digest);
    assert.deepEqual(Buffer.from(stored ?? []), Buffer.from(blob.bytes));
  });

  it('puts the empty config once per repository', async () => {
    const empty = { descriptor: EMPTY_CONFIG, bytes: EMPTY_CONFIG_BYTES };
    for (const name of ['one', 'one', 'two']) {
      await client.putBlob(repositoryOf(registry, name), empty, signal);
    }
    assert.equal(registry.requests.length, 4);
  });

  it('puts a manifest by digest or under a tag in one request, and the same bytes again', async () => {
    const app = repositoryOf(registry, 'app');
    const image = anImage('app', []);
    await pushImage(client, app, image);
    registry.resetRequests();
    await client.putManifest(app, { manifest: image.manifest, tag: '1' }, signal);
    await client.putManifest(app, { manifest: image.manifest, tag: '1' }, signal);
    assert.deepEqual(requestLines(registry), [
      'PUT /v2/app/manifests/1 201',
      'PUT /v2/app/manifests/1 201',
    ]);
    assert.deepEqual(
      Buffer.from(registry.store.manifest('app', '1')?.bytes ?? []),
      Buffer.from(image.manifest.bytes),
    );
  });

  it('explains what a registry has against a manifest', async () => {
    const app = repositoryOf(registry, 'app');
    const { manifest } = anImage('app', []);
    await assert.rejects(client.putManifest(app, { manifest }, signal), {
      code: 'REGISTRY_REJECTED',
      message: /^Cannot push the manifest .* the registry answered \d+ \(MANIFEST_BLOB_UNKNOWN/,
    });
  });

  it('fails when a registry has stored another digest', async () => {
    const app = repositoryOf(registry, 'app');
    const manifest = documentOf(
      Buffer.from(
        JSON.stringify({ schemaVersion: 2, mediaType: MediaType.ociIndex, manifests: [] }),
      ),
      MediaType.ociIndex,
    );
    registry.addFault({ match: { method: 'PUT' }, action: { kind: 'wrongDigestHeader' } });
    await assert.rejects(client.putManifest(app, { manifest }, signal), {
      code: 'DIGEST_MISMATCH',
    });
  });

  describe('under a tag, when the answer does not say what it points to', () => {
    const withoutDigest = { kind: 'headers', headers: { 'docker-content-digest': null } } as const;

    it('asks', async () => {
      const app = repositoryOf(registry, 'app');
      const image = anImage('app', []);
      await pushImage(client, app, image);
      const { manifest } = image;
      registry.addFault({ match: { method: 'PUT' }, action: withoutDigest });
      registry.resetRequests();
      await client.putManifest(app, { manifest, tag: '1' }, signal);
      await client.putManifest(app, { manifest }, signal);
      assert.deepEqual(requestLines(registry), [
        'PUT /v2/app/manifests/1 201',
        'HEAD /v2/app/manifests/1 200',
        'PUT /v2/app/manifests/sha256:… 201',
      ]);
    });

    it('fails when it points elsewhere', async () => {
      const app = repositoryOf(registry, 'app');
      const image = anImage('app', []);
      await pushImage(client, app, image);
      const { manifest } = image;
      registry.addFault({ match: { method: 'PUT' }, action: withoutDigest });
      registry.addFault({ match: { method: 'HEAD' }, action: { kind: 'wrongDigestHeader' } });
      await assert.rejects(client.putManifest(app, { manifest, tag: '1' }, signal), {
        code: 'TAG_MOVED',
        message: /app:1 does not point to sha256:[0-9a-f]+, to which it was just set\.$/,
      });
    });
  });

  it('puts a blob of sha512', async () => {
    const bytes = Buffer.from('long digest');
    const descriptor = {
      mediaType: 'application/octet-stream',
      digest: digestOf(bytes, 'sha512'),
      size: bytes.byteLength,
    };
    await client.putBlob(repositoryOf(registry, 'app'), { descriptor, bytes }, signal);
    assert.equal(registry.store.find('app')?.blobs.has(descriptor.digest), true);
  });

  it('takes a blob as pushed when the reply was lost but the blob is there', async () => {
    registry.addFault({
      match: { method: 'PUT', nth: 1 },
      action: { kind: 'dropReplyAfterCommit' },
    });
    await client.putBlob(repositoryOf(registry, 'app'), aBlob('kept'), signal);
    assert.deepEqual(
      registry.requests.map(({ method }) => method),
      ['POST', 'PUT', 'HEAD'],
    );
  });

  const lostSessions = [
    { name: 'is lost', status: 404, code: 'BLOB_UPLOAD_UNKNOWN' },
    { name: 'is out of step', status: 416, code: 'BLOB_UPLOAD_INVALID' },
    { name: 'meets a server error', status: 503, code: 'UNKNOWN' },
  ] as const;
  for (const { name, status, code } of lostSessions) {
    it(`begins a new session when one ${name}`, async () => {
      const blob = aBlob('again');
      registry.addFault({
        match: { method: 'PUT', nth: 1 },
        action: { kind: 'status', status, body: JSON.stringify({ errors: [{ code }] }) },
      });
      await client.putBlob(repositoryOf(registry, 'app'), blob, signal);
      assert.equal(registry.store.find('app')?.blobs.has(blob.descriptor.digest), true);
      assert.equal(registry.requests.filter(({ method }) => method === 'POST').length, 2);
    });
  }

  it('waits as asked before it begins a throttled upload again', async () => {
    const timing = fakeTiming();
    const patient = aClient({ timing });
    registry.addFault({
      match: { method: 'POST', nth: 1 },
      action: { kind: 'status', status: 429, headers: { 'retry-after': '3' } },
    });
    await patient.putBlob(repositoryOf(registry, 'app'), aBlob('later'), signal);
    assert.deepEqual(timing.waits, [3000]);
    await patient.close();
  });

  it('fails with the reason when a registry refuses the content of a blob', async () => {
    registry.addFault({
      match: { method: 'PUT' },
      action: { kind: 'status', status: 413, body: '<html>too large</html>' },
    });
    await assert.rejects(client.putBlob(repositoryOf(registry, 'app'), aBlob('x'), signal), {
      code: 'CONTENT_TOO_LARGE',
    });
    assert.equal(registry.requests.length, 2);
  });

  for (const { status, code } of [
    { status: 401, code: 'REGISTRY_UNAUTHORIZED' },
    { status: 422, code: 'REGISTRY_REJECTED' },
    { status: 429, code: 'REGISTRY_THROTTLED' },
  ]) {
    it(`M12 does not take ${status} for a tag that must not be moved`, async () => {
      const app = repositoryOf(registry, 'app');
      const image = anImage('app', []);
      await pushImage(client, app, image);
      const put = { manifest: image.manifest, tag: '1' };
      await client.putManifest(app, put, signal);
      registry.addFault({ match: { method: 'PUT' }, action: { kind: 'status', status } });
      await assert.rejects(client.putManifest(app, put, signal), { code });
    });
  }
});
