import assert from 'node:assert/strict';
import { EMPTY_CONFIG, EMPTY_CONFIG_BYTES } from '../../../shared/oci/signature-manifest.ts';
import { STANDARD_PROFILE } from '../../../shared/registry/profiles.ts';
import type { RegistryClient } from '../../../shared/registry/registry-client.ts';
import { digestOf } from '../../../shared/oci/digest.ts';
import type { Fault } from '../../support/registry/faults.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import type { EmbeddedRegistry } from '../../support/registry/registry.ts';
import { aBlob, aClient, methodCounts, repositoryOf, requestLines } from './support.ts';
import type { TestBlob } from './support.ts';

const { signal } = new AbortController();

const MiB = 1024 * 1024;

/** Too large for any one request that is refused with 413. */
const LARGE = aBlob(Buffer.alloc(2 * MiB + 12_345, 'large '));

describe('RegistryClient uploads', () => {
  let registry: EmbeddedRegistry;
  let client: RegistryClient;

  beforeEach(async () => {
    registry = await startRegistry();
    client = aClient();
  });
  afterEach(async () => {
    await client.close();
    await registry.close();
  });

  const put = async ({ descriptor, bytes }: TestBlob): Promise<void> =>
    client.putBlob(repositoryOf(registry, 'app'), { descriptor, bytes }, signal);

  const assertStored = ({ descriptor, bytes }: TestBlob): void => {
    const stored = registry.store.find('app')?.blobs.get(descriptor.digest);
    assert.ok(stored !== undefined && Buffer.from(stored).equals(bytes));
  };

  it('opens a session with an empty POST and sends all in one PUT (U1, U2)', async () => {
    await put(LARGE);
    assertStored(LARGE);
    const [post, commit] = registry.requests;
    assert.deepEqual([post?.method, post?.bytesReceived], ['POST', 0]);
    assert.deepEqual([commit?.method, commit?.bytesReceived], ['PUT', LARGE.bytes.byteLength]);
    assert.equal(commit?.contentType, 'application/octet-stream');
  });

  for (const absoluteLocations of [false, true]) {
    it(`follows a Location that is ${absoluteLocations ? 'absolute' : 'relative'}, its query as it is (U3)`, async () => {
      registry.setOptions({ absoluteLocations });
      await put(LARGE);
      assertStored(LARGE);
      assert.match(registry.requests[1]?.path ?? '', /\?state=[0-9a-f-]{36}&digest=sha256%3A/);
    });
  }

  it('sends few bytes with the POST where the registry takes them so (U5)', async () => {
    const small = aBlob('signature');
    await put(small);
    assertStored(small);
    assert.deepEqual(methodCounts(registry), { POST: 1 });
  });

  it('goes on by PUT after a 202 to a single POST, and does not try it again (U5)', async () => {
    registry.setOptions({ singlePost: false });
    await put(aBlob('one'));
    await put(aBlob('two'));
    assertStored(aBlob('one'));
    assertStored(aBlob('two'));
    assert.deepEqual(methodCounts(registry), { POST: 2, PUT: 2 });
    assert.equal(registry.requests[2]?.path, '/v2/app/blobs/uploads/');
  });

  it('begins a session of its own when one kept bytes of a single POST (U5)', async () => {
    registry.setOptions({ singlePost: false });
    registry.addFault({
      match: { method: 'POST', nth: 1 },
      action: { kind: 'headers', headers: { range: '0-8' } },
    });
    await put(aBlob('signature'));
    assertStored(aBlob('signature'));
    assert.deepEqual(methodCounts(registry), { POST: 2, PUT: 1 });
  });

  for (const status of [400, 404, 405, 411, 413, 415]) {
    it(`does without single POSTs after ${status} (U5)`, async () => {
      registry.addFault({
        match: { method: 'POST', path: 'digest=' },
        action: { kind: 'status', status },
      });
      await put(aBlob('one'));
      await put(aBlob('two'));
      assertStored(aBlob('two'));
      assert.deepEqual(methodCounts(registry), { POST: 3, PUT: 2 });
    });
  }

  it('takes no other refusal of a single POST for its form (U5)', async () => {
    registry.addFault({
      match: { method: 'POST', path: 'digest=' },
      action: { kind: 'status', status: 403 },
    });
    await assert.rejects(put(aBlob('small')), { code: 'REGISTRY_DENIED' });
    assert.equal(registry.requests.length, 1);
  });

  it('does not send more than 16 KiB with a POST (U5)', async () => {
    await put(aBlob('x'.repeat(16 * 1024 + 1)));
    assert.deepEqual(methodCounts(registry), { POST: 1, PUT: 1 });
  });

  const tooLarge: Fault = {
    match: { method: 'PUT', path: '/blobs/uploads/', nth: 1 },
    action: { kind: 'status', status: 413, body: '<html>too large</html>' },
  };

  it('sends chunks where a whole blob is too large, from then on at once (U10: 413)', async () => {
    registry.addFault(tooLarge);
    await put(LARGE);
    assertStored(LARGE);
    const patches = registry.requests.filter(({ method }) => method === 'PATCH');
    assert.deepEqual(
      patches.map(({ bytesReceived }) => bytesReceived),
      [MiB, MiB, 12_345],
    );
    assert.deepEqual(methodCounts(registry), { POST: 2, PUT: 2, PATCH: 3, DELETE: 1 });
    registry.resetRequests();
    await put(aBlob(Buffer.alloc(2 * MiB, 'next')));
    assert.deepEqual(methodCounts(registry), { POST: 1, PATCH: 2, PUT: 1 });
    assert.equal(registry.uploads.size, 0);
  });

  it('keeps to the largest chunks when several whole blobs are refused at once (U10: 413)', async () => {
    const blobs = ['a', 'b', 'c', 'd'].map((text) => aBlob(Buffer.alloc(9 * MiB, text)));
    for (const { descriptor } of blobs) {
      const path = descriptor.digest.slice('sha256:'.length);
      const match = { method: 'PUT', path, nth: 1 };
      registry.addFault({ match, action: tooLarge.action });
      registry.addFault({ match, action: { kind: 'delay', ms: 300 } });
    }
    await Promise.all(blobs.map(put));
    for (const blob of blobs) assertStored(blob);
    const patches = registry.requests.filter(({ method }) => method === 'PATCH');
    assert.deepEqual(
      patches.map(({ bytesReceived }) => bytesReceived).sort((one, other) => other - one),
      [...blobs.map(() => 8 * MiB), ...blobs.map(() => MiB)],
    );
  });

  it('makes chunks as long as the registry wants (U10: min chunk length)', async () => {
    registry.setOptions({ chunkMinLength: MiB + 1 });
    registry.addFault(tooLarge);
    await put(LARGE);
    assertStored(LARGE);
    const patches = registry.requests.filter(({ method }) => method === 'PATCH');
    assert.deepEqual(
      patches.map(({ bytesReceived }) => bytesReceived),
      [MiB + 1, MiB + 1, 12_343],
    );
  });

  it('keeps the 413 when the registry wants chunks over 64 MiB (U10)', async () => {
    registry.addFault(tooLarge);
    registry.addFault({
      match: { method: 'POST' },
      action: { kind: 'headers', headers: { 'oci-chunk-min-length': String(65 * MiB) } },
    });
    await assert.rejects(put(LARGE), { code: 'CONTENT_TOO_LARGE' });
  });

  it('keeps the 413 of a registry that does not take chunks (U11)', async () => {
    const whole = aClient({ profileOf: () => ({ ...STANDARD_PROFILE, chunkedUploads: false }) });
    registry.addFault(tooLarge);
    const { descriptor, bytes } = LARGE;
    await assert.rejects(
      whole.putBlob(repositoryOf(registry, 'app'), { descriptor, bytes }, signal),
      { code: 'CONTENT_TOO_LARGE' },
    );
    await whole.close();
  });

  it('notices that a registry drops chunks (U11: PATCH 201)', async () => {
    registry.addFault(tooLarge);
    registry.addFault({
      match: { method: 'PATCH', nth: 2 },
      action: { kind: 'status', status: 201, headers: { range: `0-${MiB - 1}` } },
    });
    await assert.rejects(put(LARGE), {
      code: 'REGISTRY_RESPONSE_INVALID',
      message: /kept 1048576 of 2097152 bytes/,
    });
  });

  it('begins again, in chunks, when one of them is lost (U10: 416)', async () => {
    registry.addFault(tooLarge);
    registry.addFault({
      match: { method: 'PATCH', nth: 2 },
      action: {
        kind: 'status',
        status: 416,
        body: JSON.stringify({ errors: [{ code: 'BLOB_UPLOAD_INVALID' }] }),
      },
    });
    await put(LARGE);
    assertStored(LARGE);
  });

  const ambiguous: readonly { readonly name: string; readonly fault: Fault }[] = [
    {
      name: 'the reply was lost (commit stored but reply dropped)',
      fault: { match: { method: 'PUT', nth: 1 }, action: { kind: 'dropReplyAfterCommit' } },
    },
    {
      name: 'a 404 came although it is stored',
      fault: {
        match: { method: 'PUT', nth: 1 },
        action: {
          kind: 'status',
          status: 404,
          body: JSON.stringify({ errors: [{ code: 'BLOB_UPLOAD_UNKNOWN' }] }),
        },
      },
    },
    {
      name: 'a 502 in HTML came although it is stored',
      fault: {
        match: { method: 'PUT', nth: 1 },
        action: { kind: 'status', status: 502, body: '<html>Bad gateway</html>' },
      },
    },
  ];
  for (const { name, fault } of ambiguous) {
    it(`looks whether the blob is there when ${name} (U12)`, async () => {
      registry.addFault(fault);
      registry.store.open('app').blobs.set(LARGE.descriptor.digest, LARGE.bytes);
      await put(LARGE);
      assert.deepEqual(methodCounts(registry), { POST: 1, PUT: 1, HEAD: 1 });
    });
  }

  it('begins a new session for each attempt when a session is lost (U14: session lost)', async () => {
    registry.addFault({
      match: { method: 'PUT', nth: 1, times: 2 },
      action: {
        kind: 'status',
        status: 404,
        body: JSON.stringify({ errors: [{ code: 'BLOB_UPLOAD_UNKNOWN' }] }),
      },
    });
    await put(LARGE);
    assertStored(LARGE);
    const sessions = registry.requests
      .filter(({ method }) => method === 'PUT')
      .map(({ path }) => path.split('?', 1)[0]);
    assert.equal(new Set(sessions).size, 3);
  });

  it('puts an empty blob (U15)', async () => {
    await put(aBlob(''));
    assertStored(aBlob(''));
  });

  it('names the algorithm of a sha512 blob when it opens the session (U16)', async () => {
    const bytes = Buffer.alloc(20_000, 'sha512');
    const digest = digestOf(bytes, 'sha512');
    const blob = { bytes, descriptor: { ...LARGE.descriptor, digest, size: bytes.byteLength } };
    await put(blob);
    assertStored(blob);
    assert.match(requestLines(registry)[0] ?? '', /\?digest-algorithm=sha512 202$/);
  });

  it('puts the content {} once per repository and run (B11)', async () => {
    const empty = { descriptor: EMPTY_CONFIG, bytes: EMPTY_CONFIG_BYTES };
    await Promise.all([put(empty), put(empty), put(empty)]);
    assert.equal(registry.requests.length, 1);
  });
});
