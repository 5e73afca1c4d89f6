import assert from 'node:assert/strict';
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
import type { Answer, Send } from '../../support/registry/raw-client.ts';

const SUBJECT = { mediaType: MediaType.ociManifest, digest: digestOf(Buffer.from('s')), size: 1 };
const REFERRERS = `/v2/app/referrers/${SUBJECT.digest}`;

/** What a list says on all its pages, and how many those are. */
async function pagesOf(send: Send, path: string): Promise<readonly Answer[]> {
  const page = await send(path);
  const next = /^<(.+)>; rel="next"$/.exec(headerOf(page, 'link'))?.[1];
  return next === undefined ? [page] : [page, ...(await pagesOf(send, next))];
}

const tagsOf = (page: Answer): unknown => (page.json() as { tags: unknown }).tags;
const entriesOf = (page: Answer): readonly Record<string, unknown>[] =>
  (page.json() as { manifests: readonly Record<string, unknown>[] }).manifests;

async function pushTags(send: Send): Promise<void> {
  for (const tag of ['c', 'a', 'e', 'b', 'd']) {
    await pushManifest(send, `/v2/app/manifests/${tag}`, artifact());
  }
}

describe('embedded registry tags', () => {
  const lists = [
    { query: '', tags: ['a', 'b', 'c', 'd', 'e'], hasMore: false },
    { query: '?n=2', tags: ['a', 'b'], hasMore: true },
    { query: '?n=2&last=b', tags: ['c', 'd'], hasMore: true },
    { query: '?n=2&last=d', tags: ['e'], hasMore: false },
    { query: '?last=bb', tags: ['c', 'd', 'e'], hasMore: false },
    { query: '?n=5', tags: ['a', 'b', 'c', 'd', 'e'], hasMore: false },
    { query: '?n=0', tags: [], hasMore: false },
  ];
  for (const { query, tags, hasMore } of lists) {
    it(`lists ${tags.join('') || 'nothing'} for "${query}"`, async () => {
      await withRegistry({}, async (send) => {
        await pushTags(send);
        const page = await send(`/v2/app/tags/list${query}`);
        assert.deepEqual(page.json(), { name: 'app', tags });
        assert.equal(page.headers['link'] !== undefined, hasMore);
      });
    });
  }

  it('pages unasked when it is told to', async () => {
    await withRegistry({ tagPageSize: 2 }, async (send) => {
      await pushTags(send);
      const pages = await pagesOf(send, '/v2/app/tags/list');
      assert.deepEqual(pages.map(tagsOf), [['a', 'b'], ['c', 'd'], ['e']]);
    });
  });

  it('refuses a count that is no number', async () => {
    await withRegistry({}, async (send) => {
      await pushTags(send);
      assert.equal((await send('/v2/app/tags/list?n=few')).status, 400);
    });
  });

  it('knows no tags of an unknown repository', async () => {
    await withRegistry({}, async (send) => {
      const page = await send('/v2/app/tags/list');
      assert.deepEqual([page.status, page.code()], [404, 'NAME_UNKNOWN']);
    });
  });
});

describe('embedded registry catalog', () => {
  it('lists repositories in order, page by page', async () => {
    await withRegistry({}, async (send) => {
      for (const name of ['c', 'a/b', 'b']) await pushBlob(send, name, 'content');
      const pages = await pagesOf(send, '/v2/_catalog?n=2');
      assert.deepEqual(
        pages.map((page) => page.json()),
        [{ repositories: ['a/b', 'b'] }, { repositories: ['c'] }],
      );
    });
  });
});

describe('embedded registry referrers', () => {
  it('answers with an empty index when there are none', async () => {
    await withRegistry({}, async (send) => {
      const list = await send(REFERRERS);
      assert.equal(list.status, 200);
      assert.equal(headerOf(list, 'content-type'), MediaType.ociIndex);
      assert.deepEqual(list.json(), {
        schemaVersion: 2,
        mediaType: MediaType.ociIndex,
        manifests: [],
      });
    });
  });

  it('describes each manifest of the subject, and no other', async () => {
    await withRegistry({}, async (send) => {
      const config = await pushBlob(send, 'app', '{}');
      const annotations = { 'org.example.a': 'b' };
      const typed = artifact({ artifactType: 'x/typed', subject: SUBJECT, annotations });
      const byConfig = artifact({
        config: { mediaType: 'x/config', digest: config, size: 2 },
        subject: SUBJECT,
      });
      const index = {
        schemaVersion: 2,
        mediaType: MediaType.ociIndex,
        manifests: [],
        subject: SUBJECT,
      };
      for (const [tag, document] of Object.entries({ typed, byConfig, index, z: artifact() })) {
        const put = await pushManifest(send, `/v2/app/manifests/${tag}`, document);
        const expected = tag === 'z' ? '' : SUBJECT.digest;
        assert.equal(headerOf(put, 'oci-subject'), expected);
      }
      const describe = (document: { readonly mediaType?: unknown }): object => ({
        mediaType: document.mediaType,
        digest: digestOfDocument(document),
        size: JSON.stringify(document).length,
      });
      assert.deepEqual(entriesOf(await send(REFERRERS)), [
        { ...describe(typed), artifactType: 'x/typed', annotations },
        { ...describe(byConfig), artifactType: 'x/config' },
        describe(index),
      ]);
      const others = await send(`/v2/other/referrers/${SUBJECT.digest}`);
      assert.deepEqual(entriesOf(others), []);
    });
  });

  it('forgets a deleted manifest', async () => {
    await withRegistry({}, async (send) => {
      const document = artifact({ subject: SUBJECT });
      const path = `/v2/app/manifests/${digestOfDocument(document)}`;
      await pushManifest(send, path, document);
      await send(path, { method: 'DELETE' });
      assert.deepEqual(entriesOf(await send(REFERRERS)), []);
    });
  });

  it('filters by artifact type and says so, page by page', async () => {
    await withRegistry({ referrersPageSize: 2 }, async (send) => {
      for (const n of ['1', '2', '3', '4', '5', '6']) {
        const artifactType = Number(n) % 2 === 0 ? 'x/even' : 'x/odd';
        const document = artifact({ artifactType, subject: SUBJECT, annotations: { n } });
        await pushManifest(send, `/v2/app/manifests/${n}`, document);
      }
      const all = await pagesOf(send, REFERRERS);
      assert.deepEqual(
        all.map((page) => entriesOf(page).length),
        [2, 2, 2],
      );
      const odd = await pagesOf(send, `${REFERRERS}?artifactType=x%2Fodd`);
      assert.deepEqual(
        odd.map((page) => entriesOf(page).map((entry) => entry['annotations'])),
        [[{ n: '1' }, { n: '3' }], [{ n: '5' }]],
      );
      assert.ok(odd.every((page) => headerOf(page, 'oci-filters-applied') === 'artifactType'));
      assert.equal(all.map((page) => headerOf(page, 'oci-filters-applied')).join(''), '');
    });
  });

  it('refuses a bad digest', async () => {
    await withRegistry({}, async (send) => {
      const list = await send('/v2/app/referrers/sha256:abc');
      assert.deepEqual([list.status, list.code()], [400, 'DIGEST_INVALID']);
    });
  });

  it('knows neither endpoint nor header when the API is off', async () => {
    await withRegistry({ referrersApi: false }, async (send) => {
      const document = artifact({ subject: SUBJECT });
      const put = await pushManifest(send, '/v2/app/manifests/v1', document);
      assert.deepEqual([put.status, put.headers['oci-subject']], [201, undefined]);
      const list = await send(REFERRERS);
      assert.deepEqual([list.status, list.body.toString()], [404, '404 page not found\n']);
    });
  });
});
