import assert from 'node:assert/strict';
import { mergeIntoBaseline } from '../../../shared/image-info/baseline.ts';
import type { BaselineMerge } from '../../../shared/image-info/baseline.ts';
import type { ImageData, ImageInfo } from '../../../shared/image-info/model.ts';
import { AMD64, ARM64, REBUILT, publish, row } from './baseline-support.ts';
import { sampleDigest, sampleInfo, sampleManifest, samplePlatformOf } from './samples.ts';

const S390X = samplePlatformOf('s390x');

describe('image-info mergeIntoBaseline, which row replaces which', () => {
  const cases: readonly {
    readonly name: string;
    readonly baseline: readonly ImageData[];
    readonly release: readonly ImageData[];
    readonly expected: readonly ImageData[];
  }[] = [
    {
      name: 'replaces a published row of another patch version',
      baseline: [{ productVersion: '8.0.1', platforms: [row('old', '8.0.1-amd64')] }],
      release: [{ productVersion: '8.0.2', platforms: [row('new', '8.0.2-amd64')] }],
      expected: [{ productVersion: '8.0.2', platforms: [row('new', '8.0.2-amd64')] }],
    },
    {
      name: 'leaves a published row of another minor version',
      baseline: [{ productVersion: '8.0.1', platforms: [row('old', '8.0')] }],
      release: [{ productVersion: '8.1.0', platforms: [row('new', '8.1')] }],
      expected: [
        { productVersion: '8.0.1', platforms: [row('old', '8.0')] },
        { productVersion: '8.1.0', platforms: [row('new', '8.1')] },
      ],
    },
    {
      name: 'prefers a row with one tag in common, also when it comes later',
      baseline: [{ platforms: [row('z', 'z')] }, { platforms: [row('a', 'a', 'old')] }],
      release: [{ platforms: [row('new', 'a', 'new')] }],
      expected: [{ platforms: [row('new', 'a', 'new')] }, { platforms: [row('z', 'z')] }],
    },
    {
      name: 'prefers a row with one tag in common, also when it comes first',
      baseline: [{ platforms: [row('a', 'a')] }, { platforms: [row('z', 'z')] }],
      release: [{ platforms: [row('new', 'a')] }],
      expected: [{ platforms: [row('new', 'a')] }, { platforms: [row('z', 'z')] }],
    },
    {
      name: 'replaces the first where no tag tells',
      baseline: [{ platforms: [row('a', 'a')] }, { platforms: [row('b', 'b')] }],
      release: [{ platforms: [row('new', 'c')] }],
      expected: [{ platforms: [row('b', 'b')] }, { platforms: [row('new', 'c')] }],
    },
    {
      name: 'replaces each row once',
      baseline: [{ platforms: [row('a', 'a'), row('b', 'b')] }],
      release: [{ platforms: [row('c', 'c'), row('d', 'd')] }],
      expected: [{ platforms: [row('c', 'c'), row('d', 'd')] }],
    },
    {
      name: 'takes what is left of a published image into one released image only',
      baseline: [{ platforms: [AMD64, ARM64, S390X] }],
      release: [{ platforms: [REBUILT] }, { platforms: [ARM64] }],
      expected: [{ platforms: [REBUILT, S390X] }, { platforms: [ARM64] }],
    },
    {
      name: 'takes the members of the first of two published images that it replaces',
      baseline: [
        { platforms: [AMD64], xImage: 'first' },
        { platforms: [ARM64], xImage: 'second' },
      ],
      release: [{ platforms: [REBUILT, ARM64] }],
      expected: [{ platforms: [REBUILT, ARM64], xImage: 'first' }],
    },
    {
      name: 'leaves an image what it is when one of its platforms goes to another',
      baseline: [
        { platforms: [AMD64] },
        { productVersion: '2.0', manifest: sampleManifest('2'), platforms: [S390X] },
        { manifest: sampleManifest('1'), platforms: [ARM64, S390X], xImage: 1 },
      ],
      release: [{ platforms: [REBUILT, ARM64] }],
      expected: [
        { platforms: [REBUILT, ARM64] },
        { manifest: sampleManifest('1'), platforms: [S390X], xImage: 1 },
        { productVersion: '2.0', manifest: sampleManifest('2'), platforms: [S390X] },
      ],
    },
    {
      name: 'leaves an image and its platforms the tags that nobody took',
      baseline: [
        {
          ...{ manifest: sampleManifest('1', 'latest'), xImage: 1 },
          platforms: [{ ...AMD64, simpleTags: ['a', 'floating'] }, ARM64],
        },
      ],
      release: [
        {
          manifest: sampleManifest('latest'),
          platforms: [{ ...S390X, simpleTags: ['floating'] }],
        },
      ],
      expected: [
        {
          ...{ manifest: sampleManifest('1'), xImage: 1 },
          platforms: [{ ...AMD64, simpleTags: ['a'] }, ARM64],
        },
        {
          manifest: sampleManifest('latest'),
          platforms: [{ ...S390X, simpleTags: ['floating'] }],
        },
      ],
    },
    {
      name: 'leaves a published list without platforms',
      baseline: [
        { platforms: [AMD64] },
        { manifest: { ...sampleManifest('1'), digest: sampleDigest('list') }, platforms: [] },
      ],
      release: [{ platforms: [REBUILT] }],
      expected: [
        { manifest: { ...sampleManifest('1'), digest: sampleDigest('list') }, platforms: [] },
        { platforms: [REBUILT] },
      ],
    },
    {
      name: 'sorts the digests of syndicated lists, each once',
      baseline: [],
      release: [
        {
          manifest: {
            ...sampleManifest('1'),
            syndicatedDigests: ['z', 'a', 'z'].map((repo) => sampleDigest('list', repo)),
          },
          platforms: [AMD64],
        },
      ],
      expected: [
        {
          manifest: {
            ...sampleManifest('1'),
            syndicatedDigests: ['a', 'z'].map((repo) => sampleDigest('list', repo)),
          },
          platforms: [AMD64],
        },
      ],
    },
  ];
  for (const { name, baseline, release, expected } of cases) {
    it(name, () => {
      assert.deepEqual(publish(baseline, release), expected);
    });
  }

  it('tells of a tag that an image loses to another platform of its own', () => {
    const renamed = { ...REBUILT, dockerfile: 'next/Dockerfile' };
    const { movedTags, removed } = mergeIntoBaseline({
      baseline: sampleInfo([{ platforms: [AMD64, ARM64] }]),
      release: sampleInfo([{ platforms: [renamed, ARM64] }]),
    });
    assert.deepEqual(movedTags, ['app:1.0-amd64']);
    assert.deepEqual(removed, ['app: src/Dockerfile (noble, amd64)']);
  });
});

describe('image-info mergeIntoBaseline, what rows say', () => {
  const commitUrl = `https://example/blob/${'a'.repeat(40)}/Dockerfile`;
  const options = [
    { name: 'without an override', merge: {} },
    { name: 'with one that is the same commit', merge: { commitOverride: 'a'.repeat(40) } },
  ] as const;
  for (const { name, merge } of options) {
    it(`keeps the commit of a new row ${name}, and sorts its tags`, () => {
      const released = { ...AMD64, commitUrl, simpleTags: ['b', 'a', 'b'] };
      assert.deepEqual(publish([], [{ platforms: [released] }], merge), [
        { platforms: [{ ...released, simpleTags: ['a', 'b'] }] },
      ]);
    });
  }

  it('leaves out an unchanged row of a changed image that nobody has published', () => {
    const unchanged = { ...AMD64, isUnchanged: true };
    assert.deepEqual(publish([], [{ platforms: [unchanged, ARM64] }]), [{ platforms: [ARM64] }]);
  });

  it('leaves the tags of a published row that is left out as they are', () => {
    const unchanged = { ...AMD64, simpleTags: ['new'], isUnchanged: true };
    assert.deepEqual(publish([{ platforms: [AMD64] }], [{ platforms: [unchanged, ARM64] }]), [
      { platforms: [AMD64, ARM64] },
    ]);
  });

  it('gives a published row of the same digest the tags of an unchanged one that is included', () => {
    const unchanged = { ...AMD64, simpleTags: ['z', 'new'], isUnchanged: true };
    const published = { ...AMD64, commitUrl: 'https://example/published' };
    assert.deepEqual(
      publish([{ platforms: [published] }], [{ platforms: [unchanged] }], {
        includeUnchanged: true,
      }),
      [{ platforms: [{ ...published, simpleTags: ['new', 'z'] }] }],
    );
  });
});

describe('image-info mergeIntoBaseline, members that nobody knows', () => {
  function withMembers(info: ImageInfo, members: Readonly<Record<string, number>>): ImageInfo {
    return { ...info, ...members, repos: info.repos.map((repo) => ({ ...repo, ...members })) };
  }

  it('are those of both documents and of both repositories, of the release where both have one', () => {
    const merge: BaselineMerge = {
      baseline: withMembers(sampleInfo([{ platforms: [AMD64] }]), { xOld: 1, xBoth: 1 }),
      release: withMembers(sampleInfo([{ platforms: [REBUILT] }]), { xNew: 2, xBoth: 2 }),
    };
    assert.deepEqual(
      mergeIntoBaseline(merge).imageInfo,
      withMembers(sampleInfo([{ platforms: [REBUILT] }]), { xOld: 1, xBoth: 2, xNew: 2 }),
    );
  });

  it('are those of the published document alone when nothing is released, which stays in its order', () => {
    const [app] = sampleInfo([{ platforms: [AMD64] }]).repos;
    assert.ok(app);
    const repos = [{ ...app, repo: 'z' }, app];
    const baseline = { ...sampleInfo([]), xOld: 1, repos };
    const release = { ...sampleInfo([]), xNew: 2 };
    assert.deepEqual(mergeIntoBaseline({ baseline, release }).imageInfo, baseline);
  });
});
