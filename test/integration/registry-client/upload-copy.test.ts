import assert from 'node:assert/strict';
import type { CopyCounts } from '../../../shared/ports/registry.ts';
import type { RegistryClient } from '../../../shared/registry/registry-client.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import type { EmbeddedRegistry } from '../../support/registry/registry.ts';
import { imageOf, seed } from './graphs.ts';
import {
  USER,
  aBlob,
  aClient,
  asUser,
  methodCounts,
  repositoryOf,
  requestLines,
} from './support.ts';

const { signal } = new AbortController();

const MiB = 1024 * 1024;

/** Long enough to be cut, stalled and sent in chunks. */
const LARGE = aBlob(Buffer.alloc(2 * MiB + 12_345, 'large '));

describe('RegistryClient uploads from another registry', () => {
  let source: EmbeddedRegistry;
  let target: EmbeddedRegistry;
  let client: RegistryClient;
  const image = imageOf([aBlob('{}'.repeat(10)), LARGE]);

  beforeEach(async () => {
    [source, target] = await Promise.all([startRegistry(), startRegistry()]);
    client = aClient({ network: { timeouts: { stallMs: 300 } } });
    seed(source, 'app', [image]);
  });
  afterEach(async () => {
    await client.close();
    await Promise.all([source.close(), target.close()]);
  });

  const copy = async (abort = signal): Promise<CopyCounts> =>
    client.copyManifest(
      {
        manifest: image.root,
        from: repositoryOf(source, 'app'),
        to: repositoryOf(target, 'app'),
        mount: true,
      },
      abort,
    );

  const assertCopied = (): void => {
    const stored = target.store.find('app')?.blobs.get(LARGE.descriptor.digest);
    assert.ok(stored !== undefined && Buffer.from(stored).equals(LARGE.bytes));
    assert.ok(target.store.manifest('app', image.root.descriptor.digest));
  };

  it('goes on with the upload when the source breaks and resumes (B7)', async () => {
    source.addFault({
      match: { method: 'GET', path: LARGE.descriptor.digest, nth: 1 },
      action: { kind: 'reset', afterBytes: MiB },
    });
    await copy();
    assertCopied();
    assert.deepEqual(methodCounts(target), { POST: 2, PUT: 3 });
  });

  it('opens the source anew when a token ends in the middle of an upload (A12)', async () => {
    const user = aClient(asUser());
    target.setOptions({ auth: { kind: 'bearer', ...USER } });
    target.addFault({
      match: { method: 'PUT', path: '/blobs/uploads/', nth: 1 },
      action: {
        ...{ kind: 'status', status: 401 },
        headers: { 'www-authenticate': `Bearer realm="${target.url}/token",service="test"` },
      },
    });
    const to = repositoryOf(target, 'app');
    const from = repositoryOf(source, 'app');
    const { descriptor } = LARGE;
    await user.copyManifest({ manifest: imageOf([LARGE]).root, from, to, mount: true }, signal);
    await user.close();
    const stored = target.store.find('app')?.blobs.get(descriptor.digest);
    assert.ok(stored !== undefined && Buffer.from(stored).equals(LARGE.bytes));
    const sent = target.requests.filter(
      ({ method, path }) => method === 'PUT' && path.includes('uploads'),
    );
    assert.deepEqual(
      sent.map(({ status }) => status),
      [401, 201],
    );
    const opened = source.requests.filter(({ path }) => path.includes(descriptor.digest));
    assert.equal(opened.length, 2);
  });

  it('goes on within one registry, whose slot the upload holds (X8)', async () => {
    const narrow = aClient({ maxInFlight: 1 });
    source.addFault({
      match: { method: 'GET', path: LARGE.descriptor.digest, nth: 1 },
      action: { kind: 'reset', afterBytes: MiB },
    });
    const to = repositoryOf(source, 'other');
    const from = repositoryOf(source, 'app');
    await narrow.copyManifest({ manifest: image.root, from, to, mount: false }, signal);
    assert.ok(source.store.manifest('other', image.root.descriptor.digest));
    await narrow.close();
  });

  it('opens the source anew for a new session (U14: reset after k bytes of an upload)', async () => {
    target.addFault({
      match: { method: 'PUT', path: '/blobs/', nth: 1, times: 2 },
      action: { kind: 'resetUpload', afterBytes: 1000 },
    });
    await copy();
    assertCopied();
  });

  it('sends chunks of a stream (U10)', async () => {
    target.addFault({
      match: { method: 'PUT', path: LARGE.descriptor.digest.slice(7), nth: 1 },
      action: { kind: 'status', status: 413 },
    });
    await copy();
    assertCopied();
    assert.equal(methodCounts(target)['PATCH'], 3);
  });

  it('cancels the session of a blob whose source is damaged (U13)', async () => {
    source.addFault({ match: { path: '/blobs/' }, action: { kind: 'corruptBody' } });
    await assert.rejects(copy(), { code: 'DIGEST_MISMATCH' });
    assert.equal(target.uploads.size, 0);
    assert.equal(target.store.find('app')?.manifests.size ?? 0, 0);
  });

  it('asks a source that is gone no longer than it takes to know, and cancels (U13)', async () => {
    source.addFault({
      match: { method: 'GET', path: '/blobs/' },
      action: { kind: 'reset', afterBytes: 5 },
    });
    await assert.rejects(copy(), { code: 'REGISTRY_UNAVAILABLE', message: /read the blob/ });
    assert.ok(source.requests.length <= 20);
    assert.equal(target.uploads.size, 0);
  });

  it('cancels its sessions on abort, within two seconds (U13)', async () => {
    const abort = new AbortController();
    source.addFault({
      match: { method: 'GET', path: '/blobs/' },
      action: { kind: 'stall', ms: 10_000 },
    });
    const patient = copy(abort.signal);
    const until = Date.now() + 5000;
    // The source is asked once the session is known; of one that is not, nobody could say that it is not needed.
    while (source.requests.length < 2 && Date.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.equal(target.uploads.size, 2);
    abort.abort(new RangeError('cancelled'));
    await assert.rejects(patient, new RangeError('cancelled'));
    assert.equal(target.uploads.size, 0);
  });

  it('does not wait for a registry that does not answer to a cancelled upload (U13)', async () => {
    const abort = new AbortController();
    source.addFault({
      match: { method: 'GET', path: '/blobs/' },
      action: { kind: 'stall', ms: 10_000 },
    });
    target.addFault({ match: { method: 'DELETE' }, action: { kind: 'delay', ms: 10_000 } });
    const patient = copy(abort.signal);
    setTimeout(() => {
      abort.abort(new RangeError('cancelled'));
    }, 150);
    const begun = Date.now();
    await assert.rejects(patient, new RangeError('cancelled'));
    assert.ok(Date.now() - begun < 5000);
  });

  for (const status of [400, 401, 403, 404, 405]) {
    it(`uploads after a mount was refused with ${status} (U6)`, async () => {
      target.addFault({ match: { path: 'mount=' }, action: { kind: 'status', status } });
      await copy();
      assertCopied();
    });
  }

  it('never names a repository of another registry in a mount, and always names one (U6, U7, U8)', async () => {
    await copy();
    const mounts = requestLines(target).filter((line) => line.includes('mount='));
    assert.equal(mounts.length, 2);
    for (const line of mounts) assert.match(line, /&from=app 202$/);
  });
});
