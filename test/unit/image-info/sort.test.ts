import assert from 'node:assert/strict';
import { sortImages, sortPlatforms } from '../../../shared/image-info/sort.ts';
import { sampleDigest, sampleManifest, samplePlatform, samplePlatformOf } from './samples.ts';

describe('sort sortPlatforms', () => {
  it('goes by platform, then tagless before tagged, then by the first tag, then by digest', () => {
    const digests = ['one', 'two'].map((seed) => sampleDigest(seed)).toSorted();
    const sorted = [
      samplePlatform({ simpleTags: [], digest: digests[0] ?? '' }),
      samplePlatform({ simpleTags: [], digest: digests[1] ?? '' }),
      samplePlatform({ simpleTags: ['z', 'a'] }),
      samplePlatform({ simpleTags: ['b'] }),
      samplePlatformOf('arm64'),
    ];
    assert.deepEqual(sortPlatforms(sorted.toReversed(), '1.0'), sorted);
  });
});

describe('sort sortImages', () => {
  it('goes by version, then by the first platform, then by the first shared tag, then by content', () => {
    const platforms = [samplePlatform()];
    const sorted = [
      { platforms: [] },
      { platforms },
      { xImage: 1, manifest: sampleManifest('z', 'a'), platforms },
      { manifest: sampleManifest('b'), platforms },
      { platforms: [samplePlatformOf('arm64')] },
      { productVersion: '10', platforms },
      { productVersion: '9', platforms: [] },
    ];
    assert.deepEqual(sortImages(sorted.toReversed()), sorted);
  });
});
