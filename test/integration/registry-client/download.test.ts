import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RegistryClient } from '../../../shared/registry/registry-client.ts';
import { EMPTY_CONFIG, EMPTY_CONFIG_BYTES } from '../../../shared/oci/signature-manifest.ts';
import type { FaultAction } from '../../support/registry/faults.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import type { EmbeddedRegistry } from '../../support/registry/registry.ts';
import { aBlob, aClient, repositoryOf, requestLines } from './support.ts';
import type { TestBlob } from './support.ts';

const { signal } = new AbortController();

/** Long enough to be cut anywhere, and to come in several pieces. */
const BLOB = aBlob('0123456789abcdef'.repeat(20_000));
const { digest } = BLOB.descriptor;

describe('RegistryClient downloads', () => {
  let registry: EmbeddedRegistry;
  let client: RegistryClient;

  beforeEach(async () => {
    registry = await startRegistry();
    client = aClient({ network: { timeouts: { stallMs: 200 } } });
    registry.store.open('app').blobs.set(digest, BLOB.bytes);
  });
  afterEach(async () => {
    await client.close();
    await registry.close();
  });

  const get = async ({ descriptor }: Pick<TestBlob, 'descriptor'> = BLOB): Promise<Uint8Array> =>
    client.getBlob(repositoryOf(registry, 'app'), descriptor, signal);

  const strike = (action: FaultAction, nth = 1): void => {
    registry.addFault({ match: { path: '/blobs/', nth }, action });
  };

  const assertWhole = async (): Promise<void> => {
    assert.deepEqual(Buffer.from(await get()), Buffer.from(BLOB.bytes));
  };

  const breaks: readonly { readonly name: string; readonly action: FaultAction }[] = [
    { name: 'after k bytes', action: { kind: 'reset', afterBytes: 100_000 } },
    { name: 'by a stall (B8)', action: { kind: 'stall', ms: 3000 } },
  ];
  for (const { name, action } of breaks) {
    it(`asks for the rest when a body breaks ${name} (B7)`, async () => {
      strike(action);
      await assertWhole();
      assert.equal(registry.requests.length, 2);
      const [, second] = registry.requests;
      assert.match(second?.range ?? '', /^bytes=[1-9]\d*-$/);
      assert.equal(second?.status, 206);
    });
  }

  it('begins again when nothing came before the break (B7: reset after headers)', async () => {
    strike({ kind: 'reset', afterBytes: 0 });
    await assertWhole();
    assert.deepEqual(
      registry.requests.map(({ range }) => range),
      [undefined, undefined],
    );
  });

  it('tries again after a reset before the response (B7)', async () => {
    strike({ kind: 'reset' });
    await assertWhole();
  });

  it('goes on over several breaks (B7)', async () => {
    for (const nth of [1, 2, 3]) strike({ kind: 'reset', afterBytes: 70_000 }, nth);
    await assertWhole();
    assert.equal(registry.requests.length, 4);
  });

  it('takes the whole blob again from a registry without ranges (B7: 200 to a range request)', async () => {
    registry.setOptions({ rangeRequests: false });
    strike({ kind: 'reset', afterBytes: 100_000 });
    await assertWhole();
    assert.equal(registry.requests.length, 2);
  });

  it('asks no more for a range of a registry that does not know them (B7)', async () => {
    registry.setOptions({ rangeRequests: false });
    strike({ kind: 'reset', afterBytes: 100_000 });
    strike({ kind: 'reset', afterBytes: 200_000 }, 2);
    await assertWhole();
    assert.deepEqual(
      registry.requests.map(({ range }) => range !== undefined),
      [false, true, false],
    );
  });

  const wrongRanges: readonly { readonly name: string; readonly action: FaultAction }[] = [
    { name: '416', action: { kind: 'status', status: 416 } },
    {
      name: '206 with a wrong range',
      action: {
        kind: 'headers',
        headers: { 'content-range': `bytes 0-9/${BLOB.bytes.byteLength}` },
      },
    },
    {
      name: '206 without a range',
      action: { kind: 'headers', headers: { 'content-range': null } },
    },
  ];
  for (const { name, action } of wrongRanges) {
    it(`takes the whole blob again after ${name} (B7)`, async () => {
      strike({ kind: 'reset', afterBytes: 100_000 });
      strike(action, 2);
      await assertWhole();
      assert.deepEqual(
        registry.requests.map(({ range }) => range !== undefined),
        [false, true, false],
      );
    });
  }

  it('gives up on a body that always breaks, and says why (B7)', async () => {
    registry.addFault({ match: { path: '/blobs/' }, action: { kind: 'reset', afterBytes: 10 } });
    await assert.rejects(get(), { code: 'REGISTRY_UNAVAILABLE', message: new RegExp(digest) });
    assert.ok(registry.requests.length <= 9);
  });

  it('finds a part that is damaged by its digest, also after a break (B5, B7)', async () => {
    strike({ kind: 'reset', afterBytes: 100_000 });
    strike({ kind: 'corruptBody' }, 2);
    await assert.rejects(get(), { code: 'DIGEST_MISMATCH' });
  });

  for (const bytes of [BLOB.bytes.subarray(1), Buffer.concat([BLOB.bytes, Buffer.from('x')])]) {
    it(`refuses a body of ${bytes.byteLength - BLOB.bytes.byteLength} bytes more than the descriptor says before reading it (B6)`, async () => {
      registry.store.open('app').blobs.set(digest, bytes);
      await assert.rejects(get(), { code: 'DIGEST_MISMATCH', message: /has \d+ bytes, not/ });
      assert.equal(registry.requests.length, 1);
    });
  }

  it('asks the registry for another address when one of the storage has expired (B9)', async () => {
    const storage = await startRegistry();
    storage.store.open('app').blobs.set(digest, BLOB.bytes);
    const location = `${storage.url}/v2/app/blobs/${digest}?sig=abc`;
    registry.addFault({
      match: { path: '/blobs/' },
      action: { kind: 'status', status: 307, headers: { location } },
    });
    storage.addFault({ match: { nth: 1 }, action: { kind: 'status', status: 403 } });
    await assertWhole();
    assert.deepEqual([registry.requests.length, storage.requests.length], [2, 2]);
    await storage.close();
  });

  it('takes a 403 of the registry itself for what it is (B9)', async () => {
    strike({ kind: 'status', status: 403 });
    await assert.rejects(get(), { code: 'REGISTRY_DENIED' });
    assert.equal(registry.requests.length, 1);
  });

  it('says so when the registry does not have a large blob', async () => {
    registry.store.open('app').blobs.delete(digest);
    await assert.rejects(get(), {
      code: 'CONTENT_NOT_FOUND',
      message: `Cannot read the blob ${registry.host}/app@${digest}: the registry does not have it.`,
    });
  });

  it('takes content from the descriptor when it is right, without a request (B10)', async () => {
    const blob = aBlob('inline');
    const data = Buffer.from(blob.bytes).toString('base64');
    const bytes = await get({ descriptor: { ...blob.descriptor, data } });
    assert.deepEqual(Buffer.from(bytes), Buffer.from(blob.bytes));
    assert.equal(registry.requests.length, 0);
  });

  for (const data of ['d3Jvbmc=', '', '!!']) {
    it(`asks for content whose data is ${JSON.stringify(data)} instead (B10: data field wrong)`, async () => {
      const descriptor = { ...BLOB.descriptor, data };
      assert.deepEqual(Buffer.from(await get({ descriptor })), Buffer.from(BLOB.bytes));
      assert.equal(registry.requests.length, 1);
    });
  }

  it('never asks for the content {} (B11)', async () => {
    const { mediaType, digest: empty, size } = EMPTY_CONFIG;
    const bytes = await get({ descriptor: { mediaType, digest: empty, size } });
    assert.deepEqual(Buffer.from(bytes), Buffer.from(EMPTY_CONFIG_BYTES));
    assert.equal(registry.requests.length, 0);
  });

  it('follows the redirect of a HEAD without credentials (B1)', async () => {
    const storage = createServer((request, response) => {
      assert.equal(request.headers.authorization, undefined);
      response.end();
    }).listen(0, '127.0.0.1');
    await once(storage, 'listening');
    const { port } = storage.address() as AddressInfo;
    registry.addFault({
      match: { method: 'HEAD' },
      action: {
        kind: 'status',
        status: 307,
        headers: { location: `http://127.0.0.1:${port}/blob` },
      },
    });
    const other = await startRegistry();
    const image = { schemaVersion: 2, config: BLOB.descriptor, layers: [] };
    const pushed = aBlob(JSON.stringify(image), 'application/vnd.oci.image.manifest.v1+json');
    registry.setOptions({ validateReferences: false });
    const counts = await client.copyManifest(
      {
        manifest: { descriptor: pushed.descriptor, bytes: pushed.bytes },
        from: repositoryOf(other, 'app'),
        to: repositoryOf(registry, 'new'),
        mount: false,
      },
      signal,
    );
    assert.equal(counts.present, 1);
    assert.ok(!requestLines(registry).some((line) => line.startsWith('POST')));
    storage.close();
    await other.close();
  });
});
