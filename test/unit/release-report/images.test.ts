import assert from 'node:assert/strict';
import type { ImageInfo, LayerData } from '../../../shared/image-info/model.ts';
import { reportedImages } from '../../../shared/release-report/images.ts';

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const LAYERS: readonly LayerData[] = [
  { digest: digest('1'), size: 40 },
  { digest: digest('2'), size: 2 },
];

function row(
  letter: string,
  layers = LAYERS,
): ImageInfo['repos'][number]['images'][number]['platforms'][number] {
  return {
    dockerfile: `src/${letter}/Dockerfile`,
    simpleTags: [`1.0-${letter}`],
    digest: letter === '' ? '' : `mcr.example/app@${digest(letter)}`,
    osType: 'Linux',
    osVersion: 'noble',
    architecture: 'amd64',
    commitUrl: '',
    layers,
    isUnchanged: false,
  };
}

function info(image: Partial<ImageInfo['repos'][number]['images'][number]>): ImageInfo {
  const images = [{ platforms: [], ...image }];
  return { schemaVersion: '2.0', repos: [{ repo: 'app', images }] };
}

describe('release-report reportedImages', () => {
  it('names a list with its platforms, and each platform with what it runs on and its size', () => {
    const manifest = {
      digest: `mcr.example/app@${digest('f')}`,
      syndicatedDigests: [`mcr.example/other@${digest('e')}`, ''],
      sharedTags: ['1.0', 'latest'],
    };
    const platform = { os: 'linux', architecture: 'amd64', osVersion: 'noble' };
    const image = (letter: string): object => ({
      ...{ repo: 'app', digest: digest(letter), what: 'platform', tags: [`1.0-${letter}`] },
      ...{ platforms: [], platform, bytes: 42 },
    });
    assert.deepEqual(reportedImages(info({ manifest, platforms: [row('a'), row('b')] })), [
      {
        ...{ repo: 'app', digest: digest('f'), what: 'list', tags: ['1.0', 'latest'] },
        platforms: [digest('a'), digest('b')],
      },
      { repo: 'other', digest: digest('e'), what: 'list', tags: [], platforms: [] },
      image('a'),
      image('b'),
    ]);
  });

  it('names a digest of two rows once, with the tags of both', () => {
    const again = { ...row('a'), simpleTags: ['extra'] };
    assert.deepEqual(
      reportedImages(info({ platforms: [row('a'), again] })).map(({ tags }) => tags),
      [['1.0-a', 'extra']],
    );
  });

  it('leaves out what has no digest yet', () => {
    const manifest = { syndicatedDigests: [], sharedTags: ['1.0'] };
    assert.deepEqual(reportedImages(info({ manifest, platforms: [row('')] })), []);
  });

  for (const { name, layers } of [
    { name: 'no layers', layers: [] },
    { name: 'a layer of unknown size', layers: [...LAYERS, { digest: digest('3'), size: 0 }] },
  ]) {
    it(`tells no size of an image with ${name}`, () => {
      const [image] = reportedImages(info({ platforms: [row('a', layers)] }));
      assert.equal(image?.bytes, undefined);
    });
  }
});
