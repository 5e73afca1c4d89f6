import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { digestOf } from '../../../shared/oci/digest.ts';
import { MediaType } from '../../../shared/oci/media-types.ts';
import {
  artifact,
  digestOfDocument,
  headerOf,
  pushBlob,
  pushManifest,
  withRegistry,
} from '../../support/registry/raw-client.ts';

const MISSING = digestOf(Buffer.from('nobody has this'));
const descriptor = (digest: string, mediaType = 'application/octet-stream'): object => ({
  mediaType,
  digest,
  size: 11,
});

describe('embedded registry manifests', () => {
  it('gives back the exact bytes and type by tag and by digest', async () => {
    await withRegistry({}, async (send) => {
      const body = `  ${JSON.stringify(artifact())}\n\n`;
      const digest = digestOf(Buffer.from(body));
      const put = await send('/v2/app/manifests/v1', {
        method: 'PUT',
        headers: { 'content-type': `${MediaType.ociManifest}; charset=utf-8` },
        body,
      });
      assert.equal(put.status, 201);
      assert.equal(headerOf(put, 'docker-content-digest'), digest);
      for (const reference of ['v1', digest, digest.replace(':', '%3A')]) {
        const got = await send(`/v2/app/manifests/${reference}`);
        assert.equal(got.status, 200);
        assert.equal(got.body.toString(), body);
        assert.equal(headerOf(got, 'content-type'), MediaType.ociManifest);
      }
      const head = await send('/v2/app/manifests/v1', { method: 'HEAD' });
      assert.equal(headerOf(head, 'content-length'), String(body.length));
      assert.equal(headerOf(head, 'docker-content-digest'), digest);
    });
  });

  it('says nothing of the digest when the header is off', async () => {
    await withRegistry({ digestHeader: false }, async (send) => {
      await pushManifest(send, '/v2/app/manifests/v1', artifact());
      const head = await send('/v2/app/manifests/v1', { method: 'HEAD' });
      assert.deepEqual([head.status, head.headers['docker-content-digest']], [200, undefined]);
    });
  });

  it('tells an unknown repository from an unknown manifest', async () => {
    await withRegistry({}, async (send) => {
      assert.equal((await send('/v2/app/manifests/v1')).code(), 'NAME_UNKNOWN');
      await pushManifest(send, '/v2/app/manifests/v1', artifact());
      assert.equal((await send('/v2/app/manifests/v2')).code(), 'MANIFEST_UNKNOWN');
    });
  });

  it('moves a tag and keeps what it was', async () => {
    await withRegistry({}, async (send) => {
      const [one, two] = [artifact(), artifact({ annotations: { n: '2' } })];
      await pushManifest(send, '/v2/app/manifests/v1', one);
      await pushManifest(send, '/v2/app/manifests/v1', two);
      const now = await send('/v2/app/manifests/v1');
      assert.equal(headerOf(now, 'docker-content-digest'), digestOfDocument(two));
      assert.equal((await send(`/v2/app/manifests/${digestOfDocument(one)}`)).status, 200);
    });
  });

  it('takes sha512 digests', async () => {
    await withRegistry({}, async (send) => {
      const body = JSON.stringify(artifact());
      const path = `/v2/app/manifests/${digestOf(Buffer.from(body), 'sha512')}`;
      assert.equal((await pushManifest(send, path, artifact())).status, 201);
      assert.equal((await send(path)).body.toString(), body);
    });
  });

  it('refuses a digest that the bytes do not have', async () => {
    await withRegistry({}, async (send) => {
      const put = await pushManifest(send, `/v2/app/manifests/${MISSING}`, artifact());
      assert.deepEqual([put.status, put.code()], [400, 'DIGEST_INVALID']);
    });
  });

  const malformed = [
    { what: 'text that is not JSON', body: '{', type: MediaType.ociManifest },
    { what: 'a list', body: '[]', type: MediaType.ociManifest },
    { what: 'another type than its own', body: artifact(), type: MediaType.dockerManifest },
    { what: 'a type that is no manifest', body: { schemaVersion: 2 }, type: 'application/json' },
    { what: 'another schema version', body: { schemaVersion: 1 }, type: MediaType.ociManifest },
    { what: 'an image with manifests', body: artifact({ manifests: [] }) },
    { what: 'an index with layers', body: artifact({ mediaType: MediaType.ociIndex }) },
    { what: 'a bad digest', body: artifact({ config: { digest: 'sha256:abc' } }) },
    { what: 'layers that are no list', body: artifact({ layers: {} }) },
  ];
  for (const {
    what,
    body,
    type = String((body as { mediaType?: unknown }).mediaType),
  } of malformed) {
    it(`refuses ${what}`, async () => {
      await withRegistry({}, async (send) => {
        const put = await send('/v2/app/manifests/v1', {
          method: 'PUT',
          headers: { 'content-type': type },
          body: typeof body === 'string' ? body : JSON.stringify(body),
        });
        assert.deepEqual([put.status, put.code()], [400, 'MANIFEST_INVALID']);
      });
    });
  }

  const large = artifact({ annotations: { filler: 'x'.repeat(4 * 1024 * 1024) } });
  it('refuses a manifest that is too large, announced or not', async () => {
    await withRegistry({}, async (send) => {
      const announced = await pushManifest(send, '/v2/app/manifests/v1', large);
      assert.equal(announced.status, 413);
      const streamed = await send('/v2/app/manifests/v1', {
        method: 'PUT',
        headers: { 'content-type': MediaType.ociManifest },
        body: Readable.from([Buffer.from(JSON.stringify(large))]),
      });
      assert.equal(streamed.status, 413);
      assert.equal((await send('/v2/app/manifests/v1')).status, 404);
    });
  });

  it('takes a larger manifest when it is told to', async () => {
    await withRegistry({ manifestMaxLength: 5 * 1024 * 1024 }, async (send) => {
      assert.equal((await pushManifest(send, '/v2/app/manifests/v1', large)).status, 201);
    });
  });
});

describe('embedded registry references of manifests', () => {
  const child = (digest: string): Readonly<Record<string, unknown>> => ({
    schemaVersion: 2,
    mediaType: MediaType.ociIndex,
    manifests: [descriptor(digest, MediaType.ociManifest)],
  });
  const incomplete = [
    { what: 'config', document: artifact({ config: descriptor(MISSING) }) },
    { what: 'layer', document: artifact({ layers: [descriptor(MISSING)] }) },
    { what: 'child', document: child(MISSING) },
  ];
  for (const { what, document } of incomplete) {
    it(`refuses a manifest whose ${what} is missing, unless it is told not to look`, async () => {
      await withRegistry({}, async (send, registry) => {
        const put = await pushManifest(send, '/v2/app/manifests/v1', document);
        assert.deepEqual([put.status, put.code()], [400, 'MANIFEST_BLOB_UNKNOWN']);
        assert.match(put.body.toString(), new RegExp(MISSING));
        assert.equal((await send('/v2/app/manifests/v1')).status, 404);
        registry.setOptions({ validateReferences: false });
        assert.equal((await pushManifest(send, '/v2/app/manifests/v1', document)).status, 201);
      });
    });
  }

  it('takes a complete image and an index of it', async () => {
    await withRegistry({}, async (send) => {
      const config = await pushBlob(send, 'app', 'a config');
      const layer = await pushBlob(send, 'app', 'a layer');
      const image = artifact({ config: descriptor(config), layers: [descriptor(layer)] });
      const digest = digestOfDocument(image);
      assert.equal((await pushManifest(send, `/v2/app/manifests/${digest}`, image)).status, 201);
      assert.equal((await pushManifest(send, '/v2/app/manifests/v1', child(digest))).status, 201);
    });
  });

  it('asks neither for foreign layers nor for the subject', async () => {
    await withRegistry({}, async (send) => {
      const foreign = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
      const document = artifact({
        layers: [descriptor(MISSING, foreign)],
        subject: descriptor(MISSING),
      });
      assert.equal((await pushManifest(send, '/v2/app/manifests/v1', document)).status, 201);
    });
  });
});

describe('embedded registry tags of manifests', () => {
  const digest = digestOfDocument(artifact());
  const path = `/v2/app/manifests/${digest}?tag=a&tag=b`;

  it('sets the tags of a PUT by digest and names them', async () => {
    await withRegistry({}, async (send) => {
      const put = await pushManifest(send, path, artifact());
      assert.deepEqual([put.status, put.headers['oci-tag']], [201, ['a', 'b']]);
      assert.equal((await send('/v2/app/manifests/b')).status, 200);
    });
  });

  it('ignores them when they are off', async () => {
    await withRegistry({ tagParameters: false }, async (send) => {
      const put = await pushManifest(send, path, artifact());
      assert.deepEqual([put.status, put.headers['oci-tag']], [201, undefined]);
      assert.equal((await send('/v2/app/manifests/b')).status, 404);
    });
  });

  for (const bad of ['-v1', 'a'.repeat(129), 'a%20b', 'sha256:abc']) {
    it(`refuses the tag ${bad.slice(0, 10)}`, async () => {
      await withRegistry({}, async (send) => {
        const put = await pushManifest(send, `/v2/app/manifests/${bad}`, artifact());
        assert.equal(put.status, 400);
      });
    });
  }

  for (const bad of ['App', 'app//x', 'a..b', 'app-', '-app']) {
    it(`refuses the repository name ${bad}`, async () => {
      await withRegistry({}, async (send) => {
        const put = await pushManifest(send, `/v2/${bad}/manifests/v1`, artifact());
        assert.deepEqual([put.status, put.code()], [400, 'NAME_INVALID']);
      });
    });
  }

  it('deletes a tag and leaves its manifest', async () => {
    await withRegistry({}, async (send) => {
      await pushManifest(send, path, artifact());
      assert.equal((await send('/v2/app/manifests/a', { method: 'DELETE' })).status, 202);
      assert.equal((await send('/v2/app/manifests/a')).status, 404);
      assert.equal((await send('/v2/app/manifests/b')).status, 200);
    });
  });

  it('deletes a manifest with its tags', async () => {
    await withRegistry({}, async (send) => {
      await pushManifest(send, path, artifact());
      const gone = `/v2/app/manifests/${digest}`;
      assert.equal((await send(gone, { method: 'DELETE' })).status, 202);
      assert.equal((await send(gone, { method: 'DELETE' })).status, 404);
      assert.equal((await send('/v2/app/manifests/a')).status, 404);
    });
  });
});

describe('embedded registry conditional requests', () => {
  const other = artifact({ annotations: { n: '2' } });
  const etag = `"${digestOfDocument(artifact())}"`;
  const puts = [
    { what: 'If-Match of what is there', headers: { 'if-match': etag }, status: 201 },
    { what: 'If-Match of anything', headers: { 'if-match': '*' }, status: 201 },
    { what: 'If-Match of something else', headers: { 'if-match': '"other"' }, status: 412 },
    { what: 'If-None-Match of anything', headers: { 'if-none-match': '*' }, status: 412 },
    { what: 'If-None-Match of something else', headers: { 'if-none-match': '"x"' }, status: 201 },
  ];
  for (const { what, headers, status } of puts) {
    it(`answers a PUT with ${what} with ${status}, and with 201 when conditions are off`, async () => {
      await withRegistry({}, async (send, registry) => {
        const path = '/v2/app/manifests/v1';
        await pushManifest(send, path, artifact());
        const asked = {
          method: 'PUT' as const,
          headers: { 'content-type': MediaType.ociManifest, ...headers },
          body: JSON.stringify(other),
        };
        assert.equal((await send(path, asked)).status, status);
        registry.setOptions({ conditionalPut: false });
        assert.equal((await send(path, asked)).status, 201);
      });
    });
  }

  it('answers a GET of what the caller has with 304', async () => {
    await withRegistry({}, async (send) => {
      await pushManifest(send, '/v2/app/manifests/v1', artifact());
      const got = await send('/v2/app/manifests/v1', { headers: { 'if-none-match': etag } });
      assert.deepEqual([got.status, got.body.byteLength], [304, 0]);
    });
  });
});
