import assert from 'node:assert/strict';
import fc from 'fast-check';
import { mergeIntoBaseline } from '../../../shared/image-info/baseline.ts';
import type { ImageInfo, PlatformData } from '../../../shared/image-info/model.ts';
import { withoutUnchanged } from '../../../shared/image-info/trim.ts';
import { buildFragments, imageInfos } from './arbitraries.ts';
import { AMD64, ARM64, REBUILT, publish } from './baseline-support.ts';
import { merged } from './merge-support.ts';
import { sampleDigest, sampleInfo, sampleManifest } from './samples.ts';

function platformsOf(info: ImageInfo): readonly PlatformData[] {
  return info.repos.flatMap(({ images }) => images.flatMap(({ platforms }) => platforms));
}

describe('image-info mergeIntoBaseline, unchanged rows', () => {
  const published = { ...AMD64, commitUrl: 'https://example/old' };
  const imported = { ...AMD64, isUnchanged: true };

  it('leaves them out, but keeps the list of their image', () => {
    const manifest = { ...sampleManifest('1.0'), digest: sampleDigest('new list') };
    assert.deepEqual(
      publish(
        [{ manifest: sampleManifest('1.0'), platforms: [published] }],
        [{ manifest, platforms: [imported, ARM64] }],
      ),
      [{ manifest, platforms: [published, ARM64] }],
    );
  });

  it('releases them when told to, without the mark, where they are new or changed', () => {
    const changed = { ...imported, digest: sampleDigest('other') };
    const options = { includeUnchanged: true };
    for (const baseline of [[], [{ platforms: [published] }]]) {
      assert.deepEqual(publish(baseline, [{ platforms: [changed] }], options), [
        { platforms: [{ ...changed, isUnchanged: false }] },
      ]);
    }
  });

  it('keeps the published row of the same digest, which says more', () => {
    assert.deepEqual(
      publish([{ platforms: [published] }], [{ platforms: [imported] }], {
        includeUnchanged: true,
      }),
      [{ platforms: [published] }],
    );
  });

  it('takes in what is released, and nothing else: a list alone, but no image of which nothing was made', () => {
    const list = { ...sampleManifest('1.0'), digest: sampleDigest('list') };
    const images = [
      { manifest: list, platforms: [] },
      { manifest: { ...list, digest: '', sharedTags: ['2.0'] }, platforms: [] },
    ];
    const [image, ...others] = publish([], images);
    assert.deepEqual(image?.manifest?.sharedTags, list.sharedTags);
    assert.deepEqual(others, []);
    assert.deepEqual(withoutUnchanged(sampleInfo(images)), sampleInfo(images.slice(0, 1)));
  });

  it('changes nothing when nothing was built', () => {
    const baseline = sampleInfo([{ platforms: [ARM64, AMD64] }, { platforms: [] }], 'z');
    const release = sampleInfo([{ platforms: [imported] }]);
    assert.deepEqual(mergeIntoBaseline({ baseline, release }), {
      imageInfo: baseline,
      movedTags: [],
      removed: [],
    });
  });
});

describe('image-info mergeIntoBaseline, commit override', () => {
  const internal = 'a'.repeat(40);
  const earlier = 'b'.repeat(40);
  const commitOverride = 'c'.repeat(40);
  const url = (commit: string): string => `https://example/blob/${commit}/src/Dockerfile`;
  const cases = [
    { name: 'a new row', baseline: [], expected: commitOverride },
    {
      name: 'a row with another digest',
      baseline: [{ ...AMD64, digest: sampleDigest('old'), commitUrl: url(internal) }],
      expected: commitOverride,
    },
    {
      name: 'a row with another commit',
      baseline: [{ ...AMD64, commitUrl: url(earlier) }],
      expected: commitOverride,
    },
    {
      name: 'no row that stays the same',
      baseline: [{ ...AMD64, commitUrl: url(internal) }],
      expected: internal,
    },
  ];
  for (const { name, baseline, expected } of cases) {
    it(`replaces the commit of ${name}`, () => {
      const release = [{ platforms: [{ ...AMD64, commitUrl: url(internal) }] }];
      const [image] = publish([{ platforms: baseline }], release, { commitOverride }).slice(-1);
      assert.equal(image?.platforms[0]?.commitUrl, url(expected));
    });
  }

  it('does not replace 40 digits of a longer hash', () => {
    const commitUrl = `https://example/${'b'.repeat(64)}/blob/${internal}/Dockerfile`;
    const [image] = publish([], [{ platforms: [{ ...AMD64, commitUrl }] }], { commitOverride });
    assert.equal(
      image?.platforms[0]?.commitUrl,
      `https://example/${'b'.repeat(64)}/blob/${commitOverride}/Dockerfile`,
    );
  });

  it('leaves published rows that are not released, and URLs without a commit', () => {
    const kept = { ...ARM64, commitUrl: url(earlier) };
    assert.deepEqual(
      publish([{ platforms: [AMD64, kept] }], [{ platforms: [REBUILT] }], { commitOverride }),
      [{ platforms: [REBUILT, kept] }],
    );
  });
});

describe('image-info mergeIntoBaseline, tags that move', () => {
  const floating = sampleManifest('latest', '1.0');
  const other = { ...ARM64, dockerfile: 'next/Dockerfile', simpleTags: ['2.0-arm64'] };

  it('takes a shared tag from the image that had it', () => {
    const result = mergeIntoBaseline({
      baseline: sampleInfo([{ manifest: floating, platforms: [AMD64] }]),
      release: sampleInfo([{ manifest: sampleManifest('2.0', 'latest'), platforms: [other] }]),
    });
    assert.deepEqual(result, {
      imageInfo: sampleInfo([
        { manifest: sampleManifest('2.0', 'latest'), platforms: [other] },
        { manifest: sampleManifest('1.0'), platforms: [AMD64] },
      ]),
      movedTags: ['app:latest'],
      removed: [],
    });
  });

  it('removes platforms and lists that have lost their last tag', () => {
    const renamed = { ...REBUILT, dockerfile: 'next/Dockerfile' };
    const result = mergeIntoBaseline({
      baseline: sampleInfo([{ manifest: sampleManifest('1.0'), platforms: [AMD64, ARM64] }]),
      release: sampleInfo([{ manifest: sampleManifest('1.0'), platforms: [renamed] }]),
    });
    assert.deepEqual(result, {
      imageInfo: sampleInfo([
        { manifest: sampleManifest('1.0'), platforms: [renamed] },
        { platforms: [ARM64] },
      ]),
      movedTags: ['app:1.0', 'app:1.0-amd64'],
      removed: ['app: src/Dockerfile (noble, amd64)'],
    });
  });
});

describe('image-info mergeIntoBaseline, any documents', () => {
  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(buildFragments, buildFragments, fc.boolean(), (one, other, includeUnchanged) => {
        const release = merged(other);
        const options = { includeUnchanged, commitOverride: 'c'.repeat(40) };
        const first = mergeIntoBaseline({ baseline: merged(one), release, ...options });
        const second = mergeIntoBaseline({ baseline: first.imageInfo, release, ...options });
        assert.deepEqual(second, { imageInfo: first.imageInfo, movedTags: [], removed: [] });
      }),
    );
  });

  it('has every released row, every other published row that has a tag left, and no mark', () => {
    fc.assert(
      fc.property(buildFragments, buildFragments, (one, other) => {
        const [baseline, release] = [merged(one), merged(other)];
        const { imageInfo } = mergeIntoBaseline({ baseline, release, includeUnchanged: true });
        const digests = (info: ImageInfo): readonly string[] => [
          ...new Set(platformsOf(info).map(({ digest }) => digest)),
        ];
        assert.deepEqual(
          digests(imageInfo).toSorted(),
          [...new Set([...digests(baseline), ...digests(release)])].toSorted(),
        );
        assert.ok(platformsOf(imageInfo).every(({ isUnchanged }) => !isUnchanged));
      }),
    );
  });

  it('takes documents of any shape', () => {
    fc.assert(
      fc.property(imageInfos, imageInfos, (baseline, release) => {
        const { imageInfo } = mergeIntoBaseline({ baseline, release });
        const released = platformsOf(release).filter((row) => !row.isUnchanged);
        assert.ok(platformsOf(imageInfo).length >= released.length);
      }),
    );
  });
});
