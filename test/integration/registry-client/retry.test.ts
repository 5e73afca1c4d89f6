import assert from 'node:assert/strict';
import { STANDARD_PROFILE } from '../../../shared/registry/profiles.ts';
import { documentOf } from '../../../shared/oci/manifest-document.ts';
import { MediaType } from '../../../shared/oci/media-types.ts';
import type { RegistryError } from '../../../shared/registry/errors.ts';
import type { RegistryClient } from '../../../shared/registry/registry-client.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import type { EmbeddedRegistry } from '../../support/registry/registry.ts';
import { virtualTiming } from '../../support/virtual-timing.ts';
import { aClient, anImage, pushImage, repositoryOf } from './support.ts';
import { silentLog } from '../../support/silent-log.ts';

const { signal } = new AbortController();

describe('RegistryClient manifests under trouble', () => {
  let registry: EmbeddedRegistry;
  const clients: RegistryClient[] = [];
  const warnings: string[] = [];
  const image = anImage('app', []);
  const other = anImage('other', []);
  const { digest } = image.manifest.descriptor;

  const open = (...[options]: Parameters<typeof aClient>): RegistryClient => {
    const log = { ...silentLog, warn: (line: string) => warnings.push(line) };
    const opened = aClient({ timing: virtualTiming(), log, ...options });
    clients.push(opened);
    return opened;
  };
  const methods = (): readonly string[] =>
    registry.requests.map(({ method, status }) => `${method} ${status ?? ''}`);

  beforeEach(async () => {
    registry = await startRegistry();
    await pushImage(open(), repositoryOf(registry, 'app'), image);
    registry.resetRequests();
    warnings.length = 0;
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map(async (each) => each.close()));
    await registry.close();
  });

  const put = async (by: RegistryClient, tag?: string): Promise<void> => {
    const write = { manifest: image.manifest, ...(tag === undefined ? {} : { tag }) };
    await by.putManifest(repositoryOf(registry, 'app'), write, signal);
  };

  for (const status of [408, 429, 500, 502, 503, 504]) {
    for (const tag of [undefined, '1']) {
      it(`X3 M9 puts a manifest ${tag === undefined ? 'by digest' : 'under a tag'} again after ${status}`, async () => {
        registry.addFault({ match: { method: 'PUT', nth: 1 }, action: { kind: 'status', status } });
        await put(open(), tag);
        assert.deepEqual(methods(), [`PUT ${status}`, 'PUT 201']);
      });
    }
  }

  it('X3 puts the same bytes again when the reply was lost', async () => {
    registry.addFault({
      match: { method: 'PUT', nth: 1 },
      action: { kind: 'dropReplyAfterCommit' },
    });
    await put(open(), '1');
    assert.deepEqual(methods(), ['PUT 0', 'PUT 201']);
  });

  it('X1 does not repeat what a 5xx says for good', async () => {
    registry.addFault({
      match: { method: 'PUT' },
      action: { kind: 'status', status: 500, body: '{"errors":[{"code":"MANIFEST_INVALID"}]}' },
    });
    await assert.rejects(put(open(), '1'), { code: 'REGISTRY_REJECTED' });
    assert.equal(methods().filter((line) => line.startsWith('PUT')).length, 1);
  });

  const missing = [
    { name: 'MANIFEST_UNKNOWN', body: '{"errors":[{"code":"MANIFEST_UNKNOWN"}]}' },
    { name: 'NAME_UNKNOWN', body: '{"errors":[{"code":"NAME_UNKNOWN"}]}' },
    { name: 'NOT_FOUND', body: '{"errors":[{"code":"NOT_FOUND"}]}' },
    { name: 'HTML', body: '<html>no</html>' },
    { name: 'plain text', body: '404 page not found' },
    { name: 'nothing', body: '' },
  ];
  for (const { name, body } of missing) {
    it(`M13 takes 404 with ${name} for absent`, async () => {
      registry.addFault({ match: {}, action: { kind: 'status', status: 404, body } });
      const app = repositoryOf(registry, 'app');
      assert.equal(await open().getManifest(app, digest, signal), undefined);
      assert.equal(await open().resolveTag(app, '1', signal), undefined);
    });
  }

  it('M13 takes 403 for a tag as absent only where missing tags are denied', async () => {
    registry.addFault({ match: { path: '/missing' }, action: { kind: 'status', status: 403 } });
    const app = repositoryOf(registry, 'app');
    const denying = open({ profileOf: () => ({ ...STANDARD_PROFILE, deniesMissingTags: true }) });
    assert.equal(await denying.resolveTag(app, 'missing', signal), undefined);
    await assert.rejects(open().resolveTag(app, 'missing', signal), { code: 'REGISTRY_DENIED' });
    await assert.rejects(denying.getManifest(app, 'missing', signal), { code: 'REGISTRY_DENIED' });
  });

  it('M3 reads a manifest whose HEAD has no digest, and one whose HEAD names another', async () => {
    const app = repositoryOf(registry, 'app');
    registry.addFault({ match: { method: 'HEAD' }, action: { kind: 'wrongDigestHeader' } });
    assert.equal(await open().resolveTag(app, digest, signal), digest);
    registry.clearFaults();
    registry.setOptions({ digestHeader: false });
    assert.equal(await open().resolveTag(app, digest, signal), digest);
    assert.deepEqual(methods(), ['HEAD 200', 'GET 200', 'HEAD 200', 'GET 200']);
  });

  it('M2 warns of a tag whose header names another digest, and uses the content', async () => {
    await put(open(), '1');
    registry.addFault({ match: { method: 'GET' }, action: { kind: 'wrongDigestHeader' } });
    const found = await open().getManifest(repositoryOf(registry, 'app'), '1', signal);
    assert.equal(found?.descriptor.digest, digest);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', new RegExp(`but its content is ${digest}, which is used`));
  });

  for (const status of [200, 202]) {
    it(`M8 takes ${status} for stored`, async () => {
      registry.addFault({ match: { method: 'PUT' }, action: { kind: 'status', status } });
      await put(open());
      assert.deepEqual(methods(), [`PUT ${status}`]);
    });
  }

  it('M8 asks where a tag points to when the registry does not say what it stored', async () => {
    registry.setOptions({ digestHeader: false });
    await put(open(), '1');
    assert.deepEqual(methods(), ['PUT 201', 'HEAD 200', 'GET 200']);
    const action = { kind: 'status', status: 201 } as const;
    registry.addFault({ match: { method: 'PUT' }, action });
    await assert.rejects(put(open(), '2'), { code: 'TAG_MOVED' });
  });

  it('M8 fails when the registry says that it stored another digest', async () => {
    registry.addFault({ match: { method: 'PUT' }, action: { kind: 'wrongDigestHeader' } });
    await assert.rejects(put(open(), '1'), { code: 'DIGEST_MISMATCH' });
  });

  it('M10 puts a manifest once per tag', async () => {
    const by = open();
    for (const tag of ['1', '1.0', 'latest']) await put(by, tag);
    assert.deepEqual(methods(), ['PUT 201', 'PUT 201', 'PUT 201']);
  });

  const immutable = { profileOf: () => ({ ...STANDARD_PROFILE, immutableTags: true }) };

  it('M12 does not put a tag again that has its digest where tags may not be moved', async () => {
    await put(open(), '1');
    registry.resetRequests();
    await put(open(immutable), '1');
    assert.deepEqual(methods(), ['HEAD 200']);
    await put(open(immutable), '2');
    assert.deepEqual(methods(), ['HEAD 200', 'HEAD 404', 'PUT 201']);
  });

  for (const status of [400, 403, 405, 409, 412]) {
    it(`M12 is content with ${status} for a locked tag that has the digest, and with no other`, async () => {
      await put(open(), '1');
      registry.resetRequests();
      registry.addFault({ match: { method: 'PUT' }, action: { kind: 'status', status } });
      await put(open(), '1');
      assert.deepEqual(methods(), [`PUT ${status}`, 'HEAD 200']);
      registry.clearFaults();
      const app = repositoryOf(registry, 'app');
      await pushImage(open(), app, other);
      await open().putManifest(app, { manifest: other.manifest, tag: '1' }, signal);
      registry.addFault({ match: { method: 'PUT' }, action: { kind: 'status', status } });
      await assert.rejects(put(open(), '1'), { name: 'RegistryError' });
    });
  }

  const refusals = [
    { status: 405, body: '', of: 'tag' },
    { status: 409, body: 'TAG_INVALID', of: 'tag' },
    { status: 412, body: '', of: 'tag' },
    { status: 400, body: 'The tag is immutable.', of: 'tag' },
    { status: 403, body: 'The tag 1 is locked.', of: 'tag' },
    { status: 400, body: 'Blocked by policy.', of: 'content' },
    { status: 403, body: '', of: 'content' },
    { status: 412, body: 'Quota has been exceeded.', of: 'content' },
  ];
  for (const { status, body, of } of refusals) {
    it(`M12 takes ${status} ${JSON.stringify(body)} to a tag for a refusal of the ${of}, and says what to do`, async () => {
      registry.addFault({ match: { method: 'PUT' }, action: { kind: 'status', status, body } });
      await assert.rejects(
        put(open(), '1'),
        ({ hint }: RegistryError) => (hint ?? '').includes('protects this tag') === (of === 'tag'),
      );
    });
  }

  const largeIndex = documentOf(
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: MediaType.ociIndex,
        manifests: [],
        annotations: { text: 'x'.repeat(4 * 1024 * 1024) },
      }),
    ),
    MediaType.ociIndex,
  );

  it('M6 warns before it writes a manifest over 4 MiB', async () => {
    registry.setOptions({ manifestMaxLength: 8 * 1024 * 1024 });
    const app = repositoryOf(registry, 'app');
    await open().putManifest(app, { manifest: largeIndex, tag: 'large' }, signal);
    assert.deepEqual(warnings, [
      `The manifest ${registry.host}/app:large has ${largeIndex.descriptor.size} bytes; registries need not take more than 4194304.`,
    ]);
  });

  it('M6 says that a manifest is too large for the registry', async () => {
    const app = repositoryOf(registry, 'app');
    await assert.rejects(open().putManifest(app, { manifest: largeIndex, tag: 'large' }, signal), {
      code: 'CONTENT_TOO_LARGE',
      message: `Cannot push the manifest ${registry.host}/app:large: its ${largeIndex.descriptor.size} bytes are more than the registry, or a proxy before it, takes.`,
    });
  });
});
