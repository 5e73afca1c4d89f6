import assert from 'node:assert/strict';
import { RegistryError } from '../../../shared/registry/errors.ts';
import type { RegistryClient } from '../../../shared/registry/registry-client.ts';
import { digestOf } from '../../../shared/oci/digest.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import type { EmbeddedRegistry } from '../../support/registry/registry.ts';
import { aClient, anImage, fakeTiming, pushImage, repositoryOf, requestLines } from './support.ts';

const { signal } = new AbortController();

describe('RegistryClient reading', () => {
  let registry: EmbeddedRegistry;
  let client: RegistryClient;
  const image = anImage('app', ['one layer']);
  const { digest } = image.manifest.descriptor;
  const config = image.blobs[0];

  beforeEach(async () => {
    registry = await startRegistry();
    client = aClient();
    await pushImage(client, repositoryOf(registry, 'app'), image);
    await client.putManifest(repositoryOf(registry, 'app'), { ...image, tag: '1' }, signal);
    registry.resetRequests();
  });
  afterEach(async () => {
    await client.close();
    await registry.close();
  });

  it('gets a manifest by digest and by tag with its exact bytes, in one request each', async () => {
    for (const reference of [digest, '1']) {
      const found = await client.getManifest(repositoryOf(registry, 'app'), reference, signal);
      assert.deepEqual(found?.descriptor, image.manifest.descriptor);
      assert.deepEqual(Buffer.from(found.bytes), Buffer.from(image.manifest.bytes));
    }
    assert.equal(registry.requests.length, 2);
  });

  it('says undefined for what the registry answers with 404', async () => {
    const app = repositoryOf(registry, 'app');
    assert.equal(await client.getManifest(app, 'missing', signal), undefined);
    assert.equal(await client.resolveTag(app, 'missing', signal), undefined);
    assert.equal(await client.getManifest(repositoryOf(registry, 'none'), '1', signal), undefined);
  });

  it('resolves a tag by one HEAD, and by reading where the registry does not say the digest', async () => {
    const app = repositoryOf(registry, 'app');
    assert.equal(await client.resolveTag(app, '1', signal), digest);
    registry.setOptions({ digestHeader: false });
    assert.equal(await client.resolveTag(app, '1', signal), digest);
    assert.deepEqual(requestLines(registry), [
      'HEAD /v2/app/manifests/1 200',
      'HEAD /v2/app/manifests/1 200',
      'GET /v2/app/manifests/1 200',
    ]);
  });

  it('reads by digest what a HEAD found, although the tag moves before the GET', async () => {
    const app = repositoryOf(registry, 'app');
    const other = anImage('other', []);
    await pushImage(client, app, other);
    const found = await client.resolveTag(app, '1', signal);
    assert.ok(found !== undefined);
    registry.store.open('app').tags.set('1', other.manifest.descriptor.digest);
    const manifest = await client.getManifest(app, found, signal);
    assert.deepEqual([found, manifest?.descriptor.digest], [digest, digest]);
  });

  it('gets a blob in one request', async () => {
    assert.ok(config !== undefined);
    const bytes = await client.getBlob(repositoryOf(registry, 'app'), config.descriptor, signal);
    assert.deepEqual(Buffer.from(bytes), Buffer.from(config.bytes));
    assert.equal(registry.requests.length, 1);
  });

  it('names a blob that is not there', async () => {
    const descriptor = { mediaType: 'a/b', digest: digestOf(Buffer.from('x')), size: 1 };
    await assert.rejects(client.getBlob(repositoryOf(registry, 'app'), descriptor, signal), {
      code: 'CONTENT_NOT_FOUND',
      message: `Cannot read the blob ${registry.host}/app@${descriptor.digest}: the registry does not have it.`,
    });
  });

  it('refuses a manifest whose bytes are not those of the digest', async () => {
    registry.addFault({
      match: { path: '/manifests/' },
      action: { kind: 'truncateBody', bytes: 9 },
    });
    await assert.rejects(client.getManifest(repositoryOf(registry, 'app'), digest, signal), {
      code: 'DIGEST_MISMATCH',
    });
  });

  const damages = [
    { name: 'corrupt', action: { kind: 'corruptBody' } },
    { name: 'truncated', action: { kind: 'truncateBody', bytes: 5 } },
  ] as const;
  for (const { name, action } of damages) {
    it(`refuses a ${name} blob`, async () => {
      assert.ok(config !== undefined);
      registry.addFault({ match: { path: '/blobs/' }, action });
      await assert.rejects(
        client.getBlob(repositoryOf(registry, 'app'), config.descriptor, signal),
        { code: 'DIGEST_MISMATCH' },
      );
    });
  }

  it('refuses a manifest that is sent as another type than it says', async () => {
    registry.addFault({
      match: { path: '/manifests/' },
      action: {
        kind: 'headers',
        headers: { 'content-type': 'application/vnd.oci.image.index.v1+json' },
      },
    });
    await assert.rejects(client.getManifest(repositoryOf(registry, 'app'), '1', signal), {
      code: 'REGISTRY_RESPONSE_INVALID',
    });
  });

  it('waits as long as a throttling registry asks for, then goes on', async () => {
    const timing = fakeTiming();
    const patient = aClient({ timing });
    registry.addFault({
      match: { path: '/manifests/1', nth: 1, times: 2 },
      action: { kind: 'status', status: 429, headers: { 'retry-after': '7' }, body: 'Slow down' },
    });
    const found = await patient.getManifest(repositoryOf(registry, 'app'), '1', signal);
    assert.equal(found?.descriptor.digest, digest);
    assert.deepEqual(timing.waits, [7000, 7000]);
    await patient.close();
  });

  it('gives up on a registry that stays throttled, and says so', async () => {
    registry.addFault({
      match: {},
      action: { kind: 'status', status: 429, body: 'Ref A: ##vso[x]' },
    });
    await assert.rejects(
      client.getManifest(repositoryOf(registry, 'app'), '1', signal),
      (error: unknown) => {
        assert.ok(error instanceof RegistryError);
        assert.equal(error.code, 'REGISTRY_THROTTLED');
        assert.equal(error.details.status, 429);
        assert.ok(!error.message.includes('##'));
        return true;
      },
    );
    assert.equal(registry.requests.length, 8);
  });

  it('tries again when a connection breaks', async () => {
    registry.addFault({ match: { nth: 1 }, action: { kind: 'reset' } });
    registry.addFault({ match: { nth: 2 }, action: { kind: 'reset', afterBytes: 20 } });
    assert.ok(await client.getManifest(repositoryOf(registry, 'app'), '1', signal));
    assert.equal(registry.requests.length, 3);
  });

  it('says that a registry that does not answer is unavailable', async () => {
    const gone = await startRegistry();
    await gone.close();
    await assert.rejects(client.getManifest(repositoryOf(gone, 'app'), '1', signal), {
      code: 'REGISTRY_UNAVAILABLE',
      message: new RegExp(`^Cannot read the manifest ${gone.host}/app:1: no answer .*ECONNREFUSED`),
    });
  });

  it('does not ask again when a server error is definite', async () => {
    registry.addFault({
      match: {},
      action: { kind: 'status', status: 500, body: '{"errors":[{"code":"MANIFEST_INVALID"}]}' },
    });
    await assert.rejects(client.getManifest(repositoryOf(registry, 'app'), '1', signal), {
      code: 'REGISTRY_REJECTED',
    });
    assert.equal(registry.requests.length, 1);
  });

  it('ends with the reason of the abort', async () => {
    const abort = new AbortController();
    registry.setOptions({ latencyMs: 5000 });
    const pending = client.getManifest(repositoryOf(registry, 'app'), '1', abort.signal);
    setTimeout(() => {
      abort.abort(new RangeError('cancelled'));
    }, 30);
    await assert.rejects(pending, new RangeError('cancelled'));
  });

  it('keeps no more requests in flight than allowed', async () => {
    const narrow = aClient({ maxInFlight: 3 });
    registry.setOptions({ latencyMs: 10 });
    const app = repositoryOf(registry, 'app');
    await Promise.all(Array.from({ length: 20 }, () => narrow.resolveTag(app, '1', signal)));
    assert.equal(Math.max(...registry.requests.map(({ inFlight }) => inFlight)), 3);
    await narrow.close();
  });
});
