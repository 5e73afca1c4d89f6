import assert from 'node:assert/strict';
import {
  NO_FILTER,
  filterRelease,
  isFiltering,
  platformsOf,
} from '../../../shared/images-tab/filter.ts';
import type { Filter } from '../../../shared/images-tab/filter.ts';
import { imageName } from '../../../shared/images-tab/labels.ts';
import { mergeReports } from '../../../shared/images-tab/release.ts';
import {
  SAMPLE_IMAGES,
  createReportOf,
  publishReportOf,
  releaseOf,
  reportDocument,
  signReportOf,
} from '../../support/images-tab/sample-reports.ts';

const RELEASE = mergeReports(releaseOf(SAMPLE_IMAGES));

function left(filter: Partial<Filter>, release = RELEASE): readonly string[] {
  return filterRelease(release, { ...NO_FILTER, ...filter }).repositories.flatMap(
    ({ name, images }) =>
      images.map((image) =>
        [`${name} ${imageName(image)}`, ...image.platforms.map(imageName)].join(' > '),
      ),
  );
}

describe('images-tab filterRelease', () => {
  it('leaves a release as it is without a filter', () => {
    assert.equal(filterRelease(RELEASE, { ...NO_FILTER, text: '  ' }), RELEASE);
    assert.equal(isFiltering(NO_FILTER), false);
  });

  const cases: readonly { readonly filter: Partial<Filter>; readonly shows: readonly string[] }[] =
    [
      {
        filter: { text: 'WEB' },
        shows: ['shop/web 5.0 > linux/amd64 > linux/arm64/v8'],
      },
      {
        filter: { text: 'shop/web:latest' },
        shows: ['shop/web 5.0 > linux/amd64 > linux/arm64/v8'],
      },
      { filter: { text: 'worker arm64' }, shows: ['shop/worker 2.4 > linux/arm64/v8'] },
      { filter: { text: '10.0.20348' }, shows: ['shop/api 2.4 > windows/amd64'] },
      { filter: { platform: 'linux/arm' }, shows: ['shop/api 2.4 > linux/arm/v7'] },
      {
        filter: { text: 'api', platform: 'windows/amd64' },
        shows: ['shop/api 2.4 > windows/amd64'],
      },
      { filter: { change: 'new' }, shows: ['shop/migrations linux/amd64'] },
      { filter: { copy: 'unpublished' }, shows: [] },
      { filter: { text: 'contoso', change: 'new' }, shows: ['shop/migrations linux/amd64'] },
      { filter: { text: 'nothing of the kind' }, shows: [] },
    ];
  for (const { filter, shows } of cases) {
    it(`shows what fits ${JSON.stringify(filter)}`, () => {
      assert.deepEqual(left(filter), shows);
    });
  }

  it('finds a digest by its beginning', () => {
    const [image] = RELEASE.repositories[3]?.images ?? [];
    assert.equal(left({ text: image?.digest.slice(0, 20) ?? '' }).length, 1);
  });

  it('finds what is not signed, below its list', () => {
    const documents = [
      createReportOf(SAMPLE_IMAGES),
      signReportOf(SAMPLE_IMAGES, { failed: [1] }),
      publishReportOf(SAMPLE_IMAGES),
    ].map((report) => reportDocument(report));
    const release = mergeReports(documents);
    assert.deepEqual(left({ signature: 'unsigned' }, release), ['shop/api 2.4 > linux/amd64']);
    assert.equal(left({ signature: 'signed' }, release).length, 5);
  });
});

describe('images-tab platformsOf', () => {
  it('names each platform once, without variants', () => {
    assert.deepEqual(platformsOf(RELEASE), [
      'linux/amd64',
      'linux/arm',
      'linux/arm64',
      'windows/amd64',
    ]);
  });
});
