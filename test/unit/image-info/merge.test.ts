import assert from 'node:assert/strict';
import type { ImageData, ImageInfo, PlatformData } from '../../../shared/image-info/model.ts';
import { fragmentsOf, imagesOf, merged, platformOf } from './merge-support.ts';
import { sampleDigest, sampleManifest, samplePlatform, samplePlatformOf } from './samples.ts';

describe('image-info mergeFragments, which images are one', () => {
  const list = sampleManifest('1.0', 'latest');
  const amd64 = samplePlatformOf('amd64');
  const arm64 = samplePlatformOf('arm64');
  const cases: readonly { name: string; images: readonly ImageData[]; platforms: number[] }[] = [
    {
      name: 'joins images with the same shared tags, whatever their order',
      images: [
        { manifest: list, platforms: [arm64] },
        { manifest: sampleManifest('latest', '1.0'), platforms: [amd64] },
      ],
      platforms: [2],
    },
    {
      name: 'keeps images of different product versions apart',
      images: [
        { productVersion: '1.0.0', platforms: [amd64] },
        { productVersion: '1.0.1', platforms: [arm64] },
      ],
      platforms: [1, 1],
    },
    {
      name: 'joins images without shared tags that have a platform in common',
      images: [{ platforms: [amd64] }, { platforms: [arm64] }, { platforms: [arm64, amd64] }],
      platforms: [2],
    },
    {
      name: 'keeps images without shared tags and without common platforms apart',
      images: [{ platforms: [amd64] }, { platforms: [arm64] }],
      platforms: [1, 1],
    },
    {
      name: 'keeps a tagged and a tagless platform of one Dockerfile apart',
      images: [{ platforms: [amd64] }, { platforms: [{ ...amd64, simpleTags: [] }] }],
      platforms: [1, 1],
    },
    {
      name: 'joins images without platforms',
      images: [{ platforms: [] }, { platforms: [] }],
      platforms: [0],
    },
  ];
  for (const { name, images, platforms } of cases) {
    it(name, () => {
      const counts = imagesOf(fragmentsOf(...images)).map((image) => image.platforms.length);
      assert.deepEqual(counts, platforms);
    });
  }

  it('joins what a build manifest says is one image', () => {
    const fragments = fragmentsOf(
      { productVersion: '1.0.0', platforms: [amd64] },
      { productVersion: '1.0.1', manifest: list, platforms: [arm64] },
    );
    const [image, ...others] = imagesOf(fragments, { imageKeyOf: () => 'declared' });
    assert.deepEqual(others, []);
    assert.equal(image?.productVersion, '1.0.1');
    assert.deepEqual(image.manifest, list);
    assert.equal(image.platforms.length, 2);
  });

  it('falls back to shared tags where a build manifest says nothing', () => {
    const fragments = fragmentsOf(
      { manifest: list, platforms: [amd64] },
      { manifest: list, platforms: [arm64] },
    );
    assert.equal(imagesOf(fragments, { imageKeyOf: () => undefined }).length, 1);
  });
});

describe('image-info mergeFragments, platforms of one Dockerfile', () => {
  const v6 = samplePlatform({ simpleTags: ['1-v6'], digest: sampleDigest('v6') });
  const v7 = samplePlatform({ simpleTags: ['1-v7'], digest: sampleDigest('v7') });
  const cached = { ...v6, isUnchanged: true };
  const unbuilt = { ...v6, digest: '' };
  const tagless = { ...v6, simpleTags: [] };
  const cases: readonly {
    name: string;
    rows: readonly PlatformData[];
    expected?: readonly PlatformData[];
  }[] = [
    { name: 'keeps those apart that have neither a tag nor the image in common', rows: [v6, v7] },
    { name: 'does not give the tag of a cached one to one that was built', rows: [cached, v7] },
    { name: 'keeps one apart that was not built', rows: [unbuilt, v7] },
    {
      name: 'joins those that have a tag in common through another',
      rows: [v6, { ...unbuilt, simpleTags: ['2-v6'] }, { ...v6, simpleTags: ['1-v6', '2-v6'] }],
      expected: [{ ...v6, simpleTags: ['1-v6', '2-v6'] }],
    },
    {
      name: 'joins those that are one image, whatever it is called',
      rows: [v6, { ...v7, digest: sampleDigest('v6', 'other') }],
      expected: [{ ...v7, digest: sampleDigest('v6', 'other'), simpleTags: ['1-v6', '1-v7'] }],
    },
    { name: 'joins those without tags', rows: [tagless, tagless], expected: [tagless] },
    { name: 'takes the same row twice for one', rows: [v6, v7, v6], expected: [v6, v7] },
  ];
  for (const { name, rows, expected = rows } of cases) {
    const manifest = sampleManifest('1');
    it(name, () => {
      const split = fragmentsOf(...rows.map((row) => ({ manifest, platforms: [row] })));
      assert.deepEqual(imagesOf(split), [{ manifest, platforms: expected }]);
    });

    it(`${name}, in one file`, () => {
      assert.deepEqual(imagesOf(fragmentsOf({ manifest, platforms: rows })), [
        { manifest, platforms: expected },
      ]);
    });
  }

  it('does not make one image of two that have no platform in common', () => {
    const images = imagesOf(fragmentsOf({ platforms: [v7] }, { platforms: [cached] }));
    assert.deepEqual(images, [{ platforms: [cached] }, { platforms: [v7] }]);
  });
});

describe('image-info mergeFragments, fields', () => {
  it('joins and sorts tags and syndicated digests', () => {
    const [one, other] = [sampleDigest('1', 'x'), sampleDigest('2', 'x')].sort();
    const image = (digest: string | undefined, tag: string): ImageData => ({
      manifest: { syndicatedDigests: [digest ?? ''], sharedTags: ['b', 'a'] },
      platforms: [samplePlatform({ simpleTags: [tag, 'm'] })],
    });
    const [result] = imagesOf(fragmentsOf(image(other, 'z'), image(one, 'c')));
    assert.deepEqual(result?.manifest?.sharedTags, ['a', 'b']);
    assert.deepEqual(result.manifest.syndicatedDigests, [one, other]);
    assert.deepEqual(result.platforms[0]?.simpleTags, ['c', 'm', 'z']);
  });

  it('lets a later file replace a value, but not with nothing', () => {
    const base = sampleDigest('base');
    const layers = [{ digest: 'sha256:a', size: 1 }];
    const first = samplePlatform({
      baseImageDigest: base,
      commitUrl: 'https://example/1',
      layers,
      x: 1,
    });
    const second = samplePlatform({ commitUrl: '', created: '2026-01-02T03:04:05Z', x: 2 });
    assert.deepEqual(platformOf(first, second), {
      ...first,
      ...second,
      commitUrl: 'https://example/1',
      layers,
    });
  });

  it('replaces layers, never joins them', () => {
    const first = samplePlatform({ layers: [{ digest: 'sha256:a', size: 1 }] });
    const second = samplePlatform({ layers: [{ digest: 'sha256:b', size: 1 }] });
    assert.deepEqual(platformOf(first, second)?.layers, second.layers);
  });

  const unchanged = [
    { name: 'unchanged when both files say so', flags: [true, true], expected: true },
    { name: 'changed when the later file says so', flags: [true, false], expected: false },
    { name: 'changed when the earlier file says so', flags: [false, true], expected: false },
  ] as const;
  for (const { name, flags, expected } of unchanged) {
    it(`keeps a platform ${name}`, () => {
      const rows = flags.map((isUnchanged) => samplePlatform({ isUnchanged }));
      assert.equal(platformOf(...rows)?.isUnchanged, expected);
    });
  }

  it('keeps unknown members of every level', () => {
    const image = {
      x: 2,
      manifest: { ...sampleManifest('1.0'), x: 3 },
      platforms: [samplePlatform({ x: 4 })],
    };
    const info: ImageInfo = {
      schemaVersion: '2.0',
      x: 0,
      repos: [{ repo: 'app', x: 1, images: [image] }],
    };
    assert.deepEqual(merged([{ file: 'a.json', imageInfo: info }]), info);
  });

  it('is empty without fragments', () => {
    assert.deepEqual(merged([]), { schemaVersion: '2.0', repos: [] });
  });
});
