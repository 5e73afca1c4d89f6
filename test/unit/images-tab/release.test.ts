import assert from 'node:assert/strict';
import fc from 'fast-check';
import { imagesOf, mergeReports } from '../../../shared/images-tab/release.ts';
import type { Image, Release } from '../../../shared/images-tab/release.ts';
import {
  SAMPLE_IMAGES,
  createReportOf,
  publishReportOf,
  releaseOf,
  reportDocument,
  sha256,
  signReportOf,
} from '../../support/images-tab/sample-reports.ts';

function imageIn(release: Release, name: string): Image {
  const found = imagesOf(release).find(({ repo, tags }) =>
    tags.some((tag) => `${repo}:${tag.name}` === name),
  );
  assert.ok(found !== undefined, name);
  return found;
}

describe('images-tab mergeReports', () => {
  it('puts lists over their platforms, and images without a list beside them', () => {
    const release = mergeReports(releaseOf(SAMPLE_IMAGES));
    assert.deepEqual(
      release.repositories.map(({ name, images }) => [
        name,
        ...images.map(({ what, platforms }) => `${what} ${platforms.length}`),
      ]),
      [
        ['shop/api', 'list 4', 'list 2'],
        ['shop/migrations', 'platform 0'],
        ['shop/web', 'list 2'],
        ['shop/worker', 'list 2'],
      ],
    );
    assert.deepEqual(release.targets, ['contoso.azurecr.io/public']);
    assert.equal(imageIn(release, 'shop/api:latest').bytes, 361_200_000);
  });

  it('tells for each tag what became of it', () => {
    const release = mergeReports(releaseOf(SAMPLE_IMAGES));
    assert.deepEqual(imageIn(release, 'shop/api:latest').tags[2], {
      ...{ name: 'latest', change: 'changed', previousDigest: sha256('old shop/api:latest') },
    });
    assert.equal(imageIn(release, 'shop/migrations:1.8.0-noble-amd64').change, 'new');
    assert.equal(imageIn(release, 'shop/web:latest').change, 'unchanged');
  });

  it('tells who signed, and that nobody did', () => {
    const create = reportDocument(createReportOf(SAMPLE_IMAGES));
    const signed = mergeReports([create, reportDocument(signReportOf(SAMPLE_IMAGES))]);
    const { signature } = imageIn(signed, 'shop/api:latest');
    assert.equal(signature.state, 'signed');
    assert.match(signature.certificate?.subject ?? '', /CN=Contoso/);
    const unsigned = imageIn(mergeReports([create]), 'shop/api:latest');
    assert.equal(unsigned.signature.state, 'unsigned');
    assert.equal(unsigned.copy, undefined);
    assert.equal(unsigned.change, undefined);
  });

  it('shows the same tree to a run that only publishes', () => {
    const release = mergeReports([reportDocument(publishReportOf(SAMPLE_IMAGES))]);
    assert.equal(imagesOf(release).length, 15);
    assert.equal(imageIn(release, 'shop/api:latest').platforms.length, 4);
  });

  it('joins slices of parallel jobs, and takes content that any of them copied for copied', () => {
    const publish = publishReportOf(SAMPLE_IMAGES);
    const kept = publish.copies.map((copy) => ({ ...copy, state: 'kept' as const }));
    const slices = [
      reportDocument({ ...publish, tags: [] }, { job: 'slice 1' }),
      reportDocument(
        { ...publish, copies: kept },
        { job: 'tags', createdAt: '2026-03-05T00:00:00Z' },
      ),
    ];
    const image = imageIn(mergeReports(slices), 'shop/api:latest');
    assert.equal(image.copy, 'copied');
    assert.equal(image.change, 'changed');
  });

  it('tells the change of an image without tags by its content', () => {
    const [image] = createReportOf(SAMPLE_IMAGES).images;
    assert.ok(image !== undefined);
    const { repo, digest } = image;
    const changeOf = (state: 'copied' | 'kept'): unknown => {
      const images = [{ repo, digest, what: 'platform' as const, tags: [], platforms: [] }];
      const report = { kind: 'publish' as const, images, target: 'x', tags: [] };
      const release = mergeReports([
        reportDocument({ ...report, copies: [{ repo, digest, state }] }),
      ]);
      return imagesOf(release)[0]?.change;
    };
    assert.deepEqual([changeOf('copied'), changeOf('kept')], ['new', 'unchanged']);
  });

  it('tells the change of an image without tags by the image-info that was published before', () => {
    const published = publishReportOf(SAMPLE_IMAGES);
    const images = published.images.map((image) => ({ ...image, tags: [] }));
    const release = mergeReports([reportDocument({ ...published, images, tags: [] })]);
    const changeIn = (repo: string): unknown =>
      release.repositories.find(({ name }) => name === repo)?.images[0]?.change;
    assert.deepEqual(['shop/api', 'shop/migrations', 'shop/web'].map(changeIn), [
      'changed',
      'new',
      'unchanged',
    ]);
  });

  it('tells which tags a rollback moved and removed, and what it undid', () => {
    const [image] = createReportOf(SAMPLE_IMAGES).images;
    assert.ok(image !== undefined);
    const { repo, digest } = image;
    const release = mergeReports([
      reportDocument({
        ...{ kind: 'publish', images: [image], target: 'x', copies: [] },
        tags: [
          { ...{ repo, tag: '2.4', digest }, previousDigest: sha256('published') },
          { ...{ repo, tag: '2.4.1', digest }, previousDigest: digest, isGone: true },
        ],
        undone: '2026-03-03T05:06:07.000Z',
      }),
    ]);
    assert.deepEqual(
      imageIn(release, `${repo}:2.4`).tags.map(({ name, change }) => `${name} ${String(change)}`),
      ['2.4 changed', '2.4.1 removed', 'latest undefined'],
    );
    assert.deepEqual(release.undone, ['2026-03-03T05:06:07.000Z']);
  });

  it('takes a platform that another repository describes from there, without its tags', () => {
    const images = createReportOf(SAMPLE_IMAGES).images;
    const platform = images.find(({ what }) => what === 'platform');
    assert.ok(platform !== undefined);
    const list = {
      ...{ repo: 'other', digest: sha256('list'), what: 'list' as const, tags: ['1'] },
      platforms: [platform.digest, sha256('unknown')],
    };
    const release = mergeReports([reportDocument({ kind: 'create', images: [...images, list] })]);
    const [known, unknown] = imageIn(release, 'other:1').platforms;
    assert.deepEqual([known?.repo, known?.tags, known?.bytes], ['other', [], platform.bytes]);
    assert.equal(unknown?.platform, undefined);
    assert.equal(imageIn(release, 'other:1').bytes, undefined);
  });

  it('comes to an end whatever lists claim to hold', () => {
    const digests = ['a', 'b', 'c'].map(sha256);
    const image = fc.record({
      repo: fc.constantFrom('one', 'two'),
      digest: fc.constantFrom(...digests),
      what: fc.constantFrom('list' as const, 'platform' as const),
      tags: fc.array(fc.constantFrom('x', 'y'), { maxLength: 2 }),
      platforms: fc.array(fc.constantFrom(...digests), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(image, { maxLength: 6 }), (images) => {
        const release = mergeReports([reportDocument({ kind: 'create', images })]);
        assert.ok(imagesOf(release).length <= 6);
      }),
    );
  });
});
