import assert from 'node:assert/strict';
import { digestOf } from '../../../shared/oci/digest.ts';
import { headerOf, pushBlob, withRegistry } from '../../support/registry/raw-client.ts';
import type { Send } from '../../support/registry/raw-client.ts';

const HELLO = digestOf(Buffer.from('hello world'));

async function begin(send: Send, query = ''): Promise<string> {
  const begun = await send(`/v2/app/blobs/uploads/${query}`, { method: 'POST' });
  assert.equal(begun.status, 202);
  return headerOf(begun, 'location');
}

describe('embedded registry blobs', () => {
  it('gives back what was put, with digest and length', async () => {
    await withRegistry({}, async (send) => {
      await pushBlob(send, 'app', 'hello world');
      const got = await send(`/v2/app/blobs/${HELLO}`);
      assert.equal(got.status, 200);
      assert.equal(got.body.toString(), 'hello world');
      assert.equal(headerOf(got, 'docker-content-digest'), HELLO);
      const head = await send(`/v2/app/blobs/${HELLO}`, { method: 'HEAD' });
      assert.equal(head.status, 200);
      assert.equal(headerOf(head, 'content-length'), '11');
      assert.equal(head.body.byteLength, 0);
    });
  });

  it('keeps repositories apart', async () => {
    await withRegistry({}, async (send) => {
      await pushBlob(send, 'app', 'hello world');
      await pushBlob(send, 'other', 'something else');
      const missing = await send(`/v2/other/blobs/${HELLO}`);
      assert.deepEqual([missing.status, missing.code()], [404, 'BLOB_UNKNOWN']);
      const nowhere = await send(`/v2/nobody/blobs/${HELLO}`);
      assert.deepEqual([nowhere.status, nowhere.code()], [404, 'NAME_UNKNOWN']);
      const invalid = await send('/v2/app/blobs/sha256:abc');
      assert.deepEqual([invalid.status, invalid.code()], [400, 'DIGEST_INVALID']);
    });
  });

  it('takes an empty blob', async () => {
    await withRegistry({}, async (send) => {
      const digest = await pushBlob(send, 'app', '');
      const got = await send(`/v2/app/blobs/${digest}`);
      assert.deepEqual([got.status, got.body.byteLength], [200, 0]);
    });
  });

  it('takes a sha512 blob, announced or not', async () => {
    const digest = digestOf(Buffer.from('hello world'), 'sha512');
    for (const query of ['?digest-algorithm=sha512', '']) {
      await withRegistry({}, async (send) => {
        const location = await begin(send, query);
        const path = `${location}&digest=${digest}`;
        const put = await send(path, { method: 'PUT', body: 'hello world' });
        assert.equal(put.status, 201);
        assert.equal((await send(`/v2/app/blobs/${digest}`)).body.toString(), 'hello world');
      });
    }
  });

  it('refuses an unknown digest algorithm', async () => {
    await withRegistry({}, async (send) => {
      const begun = await send('/v2/app/blobs/uploads/?digest-algorithm=md5', { method: 'POST' });
      assert.deepEqual([begun.status, begun.code()], [400, 'DIGEST_INVALID']);
    });
  });

  it('refuses content that does not have the digest, and forgets it', async () => {
    await withRegistry({}, async (send, { uploads }) => {
      const location = await begin(send);
      const put = await send(`${location}&digest=${HELLO}`, { method: 'PUT', body: 'hello moon' });
      assert.deepEqual([put.status, put.code()], [400, 'DIGEST_INVALID']);
      assert.equal((await send(`/v2/app/blobs/${HELLO}`, { method: 'HEAD' })).status, 404);
      assert.equal(uploads.size, 0);
    });
  });

  it('needs the digest to finish, and the whole location', async () => {
    await withRegistry({}, async (send) => {
      const location = await begin(send);
      const bare = await send(location, { method: 'PUT', body: 'hello world' });
      assert.deepEqual([bare.status, bare.code()], [400, 'DIGEST_INVALID']);
      const path = `${location.split('?')[0] ?? ''}?digest=${HELLO}`;
      const stateless = await send(path, { method: 'PUT', body: 'hello world' });
      assert.deepEqual([stateless.status, stateless.code()], [404, 'BLOB_UPLOAD_UNKNOWN']);
    });
  });

  it('forgets a cancelled upload', async () => {
    await withRegistry({}, async (send) => {
      const location = await begin(send);
      assert.equal((await send(location, { method: 'DELETE' })).status, 204);
      assert.equal((await send(location)).status, 404);
    });
  });

  it('deletes a blob of one repository', async () => {
    await withRegistry({}, async (send) => {
      await pushBlob(send, 'app', 'hello world');
      await pushBlob(send, 'other', 'hello world');
      assert.equal((await send(`/v2/app/blobs/${HELLO}`, { method: 'DELETE' })).status, 202);
      assert.equal((await send(`/v2/app/blobs/${HELLO}`)).status, 404);
      assert.equal((await send(`/v2/app/blobs/${HELLO}`, { method: 'DELETE' })).status, 404);
      assert.equal((await send(`/v2/other/blobs/${HELLO}`)).status, 200);
    });
  });

  it('answers 405 to deletes when they are off', async () => {
    await withRegistry({ deleteEnabled: false }, async (send) => {
      await pushBlob(send, 'app', 'hello world');
      const deleted = await send(`/v2/app/blobs/${HELLO}`, { method: 'DELETE' });
      assert.deepEqual([deleted.status, deleted.code()], [405, 'UNSUPPORTED']);
    });
  });
});

describe('embedded registry single POST', () => {
  const path = `/v2/app/blobs/uploads/?digest=${HELLO}`;

  it('takes a whole blob', async () => {
    await withRegistry({}, async (send) => {
      const posted = await send(path, { method: 'POST', body: 'hello world' });
      assert.equal(posted.status, 201);
      assert.equal((await send(headerOf(posted, 'location'))).body.toString(), 'hello world');
    });
  });

  it('begins an upload when it is off', async () => {
    await withRegistry({ singlePost: false }, async (send) => {
      const posted = await send(path, { method: 'POST', body: 'hello world' });
      assert.equal(posted.status, 202);
      const location = headerOf(posted, 'location');
      assert.equal(headerOf(await send(location), 'range'), '0-0');
    });
  });
});

describe('embedded registry chunks', () => {
  const chunk = (range: string, body: string): Parameters<Send>[1] => ({
    method: 'PATCH',
    headers: { 'content-range': range },
    body,
  });

  it('joins chunks in order and tells how much it has', async () => {
    await withRegistry({}, async (send) => {
      const location = await begin(send);
      const first = await send(location, chunk('0-5', 'hello '));
      assert.deepEqual([first.status, headerOf(first, 'range')], [202, '0-5']);
      const status = await send(location);
      assert.deepEqual([status.status, headerOf(status, 'range')], [204, '0-5']);
      await send(headerOf(first, 'location'), chunk('6-8', 'wor'));
      const put = await send(`${location}&digest=${HELLO}`, {
        method: 'PUT',
        headers: { 'content-range': '9-10' },
        body: 'ld',
      });
      assert.equal(put.status, 201);
      assert.equal((await send(`/v2/app/blobs/${HELLO}`)).body.toString(), 'hello world');
    });
  });

  it('takes a stream without a range', async () => {
    await withRegistry({}, async (send) => {
      const location = await begin(send);
      await send(location, { method: 'PATCH', body: 'hello world' });
      const put = await send(`${location}&digest=${HELLO}`, { method: 'PUT' });
      assert.equal(put.status, 201);
    });
  });

  const refused = [
    { what: 'out of order', range: '7-10', status: 416, code: 'BLOB_UPLOAD_INVALID' },
    { what: 'of another length than its range', range: '6-20', status: 400, code: 'SIZE_INVALID' },
    {
      what: 'without a proper range',
      range: 'bytes 6-9',
      status: 400,
      code: 'BLOB_UPLOAD_INVALID',
    },
  ];
  for (const { what, range, status, code } of refused) {
    it(`refuses a chunk ${what} and keeps what it has`, async () => {
      await withRegistry({}, async (send) => {
        const location = await begin(send);
        await send(location, chunk('0-5', 'hello '));
        const bad = await send(location, chunk(range, 'moon'));
        assert.deepEqual([bad.status, bad.code()], [status, code]);
        assert.equal(headerOf(await send(location), 'range'), '0-5');
        await send(location, chunk('6-10', 'world'));
        const put = await send(`${location}&digest=${HELLO}`, { method: 'PUT' });
        assert.equal(put.status, 201);
      });
    });
  }

  it('announces its smallest chunk and refuses to go on after a smaller one', async () => {
    await withRegistry({ chunkMinLength: 6 }, async (send) => {
      const begun = await send('/v2/app/blobs/uploads/', { method: 'POST' });
      assert.equal(headerOf(begun, 'oci-chunk-min-length'), '6');
      const location = headerOf(begun, 'location');
      assert.equal((await send(location, chunk('0-5', 'hello '))).status, 202);
      assert.equal((await send(location, chunk('6-8', 'wor'))).status, 202);
      const late = await send(location, chunk('9-10', 'ld'));
      assert.deepEqual([late.status, late.code()], [400, 'SIZE_INVALID']);
    });
  });
});

describe('embedded registry ranges', () => {
  const ranges = [
    { range: 'bytes=0-4', status: 206, body: 'hello', contentRange: 'bytes 0-4/11' },
    { range: 'bytes=6-', status: 206, body: 'world', contentRange: 'bytes 6-10/11' },
    { range: 'bytes=6-99', status: 206, body: 'world', contentRange: 'bytes 6-10/11' },
    { range: 'bytes=-5', status: 206, body: 'world', contentRange: 'bytes 6-10/11' },
    { range: 'bytes=4-2', status: 200, body: 'hello world', contentRange: '' },
    { range: 'bytes=0-1,3-4', status: 200, body: 'hello world', contentRange: '' },
    { range: 'lines=1-2', status: 200, body: 'hello world', contentRange: '' },
  ];
  for (const { range, status, body, contentRange } of ranges) {
    it(`answers ${range} with ${status}`, async () => {
      await withRegistry({}, async (send) => {
        await pushBlob(send, 'app', 'hello world');
        const got = await send(`/v2/app/blobs/${HELLO}`, { headers: { range } });
        assert.equal(got.status, status);
        assert.equal(got.body.toString(), body);
        assert.equal(headerOf(got, 'content-range'), contentRange);
      });
    });
  }

  for (const range of ['bytes=11-', 'bytes=-0']) {
    it(`answers ${range} with 416 and the size`, async () => {
      await withRegistry({}, async (send) => {
        await pushBlob(send, 'app', 'hello world');
        const got = await send(`/v2/app/blobs/${HELLO}`, { headers: { range } });
        assert.equal(got.status, 416);
        assert.equal(headerOf(got, 'content-range'), 'bytes */11');
      });
    });
  }

  it('answers with the whole blob when ranges are off', async () => {
    await withRegistry({ rangeRequests: false }, async (send) => {
      await pushBlob(send, 'app', 'hello world');
      const headers = { range: 'bytes=6-' };
      const got = await send(`/v2/app/blobs/${HELLO}`, { headers });
      assert.deepEqual([got.status, got.body.toString()], [200, 'hello world']);
      assert.equal(headerOf(got, 'accept-ranges'), '');
    });
  });
});

describe('embedded registry mounts', () => {
  const mount = (from: string): string => `/v2/new/blobs/uploads/?mount=${HELLO}${from}`;

  it('mounts a blob of another repository', async () => {
    await withRegistry({}, async (send) => {
      await pushBlob(send, 'app', 'hello world');
      const mounted = await send(mount('&from=app'), { method: 'POST' });
      assert.equal(mounted.status, 201);
      assert.equal(headerOf(mounted, 'location'), `/v2/new/blobs/${HELLO}`);
      assert.equal((await send(`/v2/new/blobs/${HELLO}`)).body.toString(), 'hello world');
    });
  });

  it('mounts a blob of the same repository', async () => {
    await withRegistry({}, async (send) => {
      await pushBlob(send, 'new', 'hello world');
      assert.equal((await send(mount('&from=new'), { method: 'POST' })).status, 201);
    });
  });

  const unmountable = [
    { what: 'from a repository that lacks the blob', from: '&from=other', options: {} },
    { what: 'without a repository', from: '', options: {} },
    { what: 'when mounts are off', from: '&from=app', options: { mount: false } },
  ];
  for (const { what, from, options } of unmountable) {
    it(`begins an upload ${what}`, async () => {
      await withRegistry(options, async (send) => {
        await pushBlob(send, 'app', 'hello world');
        const begun = await send(mount(from), { method: 'POST' });
        assert.equal(begun.status, 202);
        const location = headerOf(begun, 'location');
        const put = await send(`${location}&digest=${HELLO}`, {
          method: 'PUT',
          body: 'hello world',
        });
        assert.equal(put.status, 201);
      });
    });
  }
});
