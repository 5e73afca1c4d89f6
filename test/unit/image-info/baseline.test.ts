import assert from 'node:assert/strict';
import { mergeIntoBaseline } from '../../../shared/image-info/baseline.ts';
import type { BaselineMerge } from '../../../shared/image-info/baseline.ts';
import type { ImageData, ImageInfo } from '../../../shared/image-info/model.ts';
import { AMD64, ARM64, REBUILT, publish } from './baseline-support.ts';
import { sampleDigest, sampleInfo, sampleManifest } from './samples.ts';

describe('image-info mergeIntoBaseline, rows', () => {
  const cases: readonly {
    readonly name: string;
    readonly baseline: readonly ImageData[];
    readonly release: readonly ImageData[];
    readonly expected: readonly ImageData[];
    readonly options?: Omit<BaselineMerge, 'baseline' | 'release'>;
  }[] = [
    {
      name: 'replaces a platform as a whole, what the new one does not say included',
      baseline: [
        {
          platforms: [
            {
              ...AMD64,
              baseImageDigest: sampleDigest('base'),
              created: '2026-01-01T00:00:00Z',
              layers: [{ digest: 'sha256:a', size: 1 }],
              components: ['old'],
            },
          ],
        },
      ],
      release: [{ platforms: [REBUILT] }],
      expected: [{ platforms: [REBUILT] }],
    },
    {
      name: 'replaces tags, also by none, and sorts them',
      baseline: [
        { manifest: sampleManifest('old', 'z'), platforms: [{ ...AMD64, simpleTags: ['a', 'o'] }] },
      ],
      release: [
        { manifest: sampleManifest('z', 'b'), platforms: [{ ...AMD64, simpleTags: ['z2', 'a'] }] },
      ],
      expected: [
        { manifest: sampleManifest('b', 'z'), platforms: [{ ...AMD64, simpleTags: ['a', 'z2'] }] },
      ],
    },
    {
      name: 'replaces syndicated digests and removes a list that is no more',
      baseline: [
        {
          manifest: { ...sampleManifest('1'), syndicatedDigests: [sampleDigest('s', 'old')] },
          platforms: [AMD64],
        },
        { manifest: sampleManifest('2'), platforms: [ARM64] },
      ],
      release: [{ manifest: sampleManifest('1'), platforms: [AMD64] }, { platforms: [ARM64] }],
      expected: [{ manifest: sampleManifest('1'), platforms: [AMD64] }, { platforms: [ARM64] }],
    },
    {
      name: 'keeps the platforms of an image that were not built, and sorts',
      baseline: [{ platforms: [ARM64, AMD64] }],
      release: [{ platforms: [REBUILT] }],
      expected: [{ platforms: [REBUILT, ARM64] }],
    },
    {
      name: 'keeps other images and sorts by product version and platform',
      baseline: [
        { productVersion: '8.0.1', platforms: [AMD64] },
        { productVersion: '10.0.1', platforms: [{ ...AMD64, simpleTags: ['10'] }] },
      ],
      release: [{ productVersion: '8.0.2', platforms: [REBUILT] }],
      expected: [
        { productVersion: '10.0.1', platforms: [{ ...AMD64, simpleTags: ['10'] }] },
        { productVersion: '8.0.2', platforms: [REBUILT] },
      ],
    },
    {
      name: 'matches by major and minor version, whatever patch, suffix and date in the tags',
      baseline: [
        { productVersion: '11.0.0-preview.7', platforms: [{ ...AMD64, simpleTags: ['0701'] }] },
      ],
      release: [
        { productVersion: '11.0.0-rc.1', platforms: [{ ...REBUILT, simpleTags: ['0801'] }] },
      ],
      expected: [
        { productVersion: '11.0.0-rc.1', platforms: [{ ...REBUILT, simpleTags: ['0801'] }] },
      ],
    },
    {
      name: 'keeps a tagged and a tagless platform of one Dockerfile apart',
      baseline: [{ platforms: [{ ...AMD64, simpleTags: [] }] }],
      release: [{ platforms: [REBUILT] }],
      expected: [{ platforms: [REBUILT] }, { platforms: [{ ...AMD64, simpleTags: [] }] }],
    },
    {
      name: 'tells platforms that differ in build arguments apart by their tags',
      baseline: [
        { platforms: [{ ...AMD64, simpleTags: ['a', 'x'] }] },
        { platforms: [{ ...AMD64, simpleTags: ['b'] }] },
      ],
      release: [{ platforms: [{ ...REBUILT, simpleTags: ['b'] }] }],
      expected: [
        { platforms: [{ ...REBUILT, simpleTags: ['b'] }] },
        { platforms: [{ ...AMD64, simpleTags: ['a', 'x'] }] },
      ].toReversed(),
    },
    {
      name: 'takes a platform from the image it was in before',
      baseline: [{ manifest: sampleManifest('old'), platforms: [AMD64, ARM64] }],
      release: [
        { manifest: sampleManifest('1'), platforms: [AMD64] },
        { manifest: sampleManifest('2'), platforms: [ARM64] },
      ],
      expected: [
        { manifest: sampleManifest('1'), platforms: [AMD64] },
        { manifest: sampleManifest('2'), platforms: [ARM64] },
      ],
    },
    {
      name: 'leaves out an image whose platforms are all in another now',
      baseline: [{ platforms: [AMD64] }, { manifest: sampleManifest('1'), platforms: [ARM64] }],
      release: [{ manifest: sampleManifest('1'), platforms: [AMD64, ARM64] }],
      expected: [{ manifest: sampleManifest('1'), platforms: [AMD64, ARM64] }],
    },
    {
      name: 'joins what a build manifest says is one image, and nothing else',
      baseline: [
        { productVersion: 'a', platforms: [ARM64] },
        { productVersion: 'b', platforms: [AMD64] },
      ],
      release: [{ productVersion: 'a', platforms: [REBUILT] }],
      options: { imageKeyOf: (_repo, { productVersion }) => productVersion },
      expected: [{ productVersion: 'a', platforms: [REBUILT, ARM64] }],
    },
  ];
  for (const { name, baseline, release, expected, options } of cases) {
    it(name, () => {
      assert.deepEqual(publish(baseline, release, options), expected);
    });
  }

  it('keeps members that nobody knows, of the document, its repositories and images', () => {
    const baseline = {
      ...sampleInfo([{ platforms: [AMD64], xImage: 1, xBoth: 'old' }]),
      xRoot: 1,
    };
    const release = sampleInfo([{ platforms: [REBUILT], xBoth: 'new' }]);
    const { imageInfo } = mergeIntoBaseline({ baseline, release });
    assert.deepEqual(imageInfo, {
      ...sampleInfo([{ platforms: [REBUILT], xImage: 1, xBoth: 'new' }]),
      xRoot: 1,
    });
  });

  it('sorts repositories, and leaves those that the release does not name as they are', () => {
    const unsorted = [{ platforms: [ARM64, AMD64] }, { platforms: [] }];
    const baseline: ImageInfo = {
      schemaVersion: '2.0',
      repos: ['z', 'b'].map((repo) => ({ repo, images: unsorted })),
    };
    const { imageInfo } = mergeIntoBaseline({
      baseline,
      release: sampleInfo([{ platforms: [REBUILT] }], 'c'),
    });
    assert.deepEqual(
      imageInfo.repos.map(({ repo }) => repo),
      ['b', 'c', 'z'],
    );
    assert.deepEqual(imageInfo.repos[0]?.images, unsorted);
  });
});
