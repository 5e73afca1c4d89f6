import assert from 'node:assert/strict';
import { digestOf } from '../../../shared/oci/digest.ts';
import { mergeFragments } from '../../../shared/image-info/merge.ts';
import type { ImageInfo, PlatformData } from '../../../shared/image-info/model.ts';
import { fragmentsOf, platformOf } from './merge-support.ts';
import { sampleDigest, sampleManifest, samplePlatform, samplePlatformOf } from './samples.ts';

describe('image-info mergeFragments, conflicts', () => {
  const ours = samplePlatform({ digest: sampleDigest('one'), layers: [{ digest: 'l', size: 1 }] });
  const theirs = samplePlatform({ digest: sampleDigest('two') });

  for (const order of [[ours, theirs] as const, [theirs, ours] as const]) {
    it(`lets the changed image win over an unchanged one, ${order[0] === ours ? 'last' : 'first'}`, () => {
      const rows = order.map((row) => ({ ...row, isUnchanged: row === ours }));
      assert.deepEqual(platformOf(...rows), theirs);
    });
  }

  it('does not take an empty digest for another digest', () => {
    assert.equal(platformOf(ours, { ...theirs, digest: '' })?.digest, ours.digest);
  });

  it('lets the changed row of an image say what it is, wherever an unchanged one of it is', () => {
    const rows = [
      { ...ours, commitUrl: 'https://example/now' },
      { ...ours, commitUrl: 'https://example/before', isUnchanged: true },
    ];
    for (const order of [rows, rows.toReversed()]) {
      assert.equal(platformOf(...order)?.commitUrl, 'https://example/now');
    }
  });

  it('takes what a row without a digest says of the image', () => {
    const told = { ...theirs, digest: '', commitUrl: 'https://example/told' };
    assert.equal(platformOf({ ...ours, commitUrl: '' }, told)?.commitUrl, told.commitUrl);
  });

  it('keeps what one row says where another says nothing', () => {
    const silent = { ...ours, xNote: null, xText: '', xList: [] };
    const telling = { ...ours, xNote: 'a', xText: 'b', xList: ['c'] };
    for (const order of [[telling, silent] as const, [silent, telling] as const]) {
      const row = platformOf(...order);
      assert.deepEqual([row?.['xNote'], row?.['xText'], row?.['xList']], ['a', 'b', ['c']]);
    }
  });

  it('takes two rows without a digest for two platforms with one tag', () => {
    const rows = [samplePlatform({ digest: '' }), samplePlatformOf('arm64')].map((row) => ({
      ...{ ...row, digest: '', simpleTags: ['1.0'] },
    }));
    const result = mergeFragments(fragmentsOf(...rows.map((row) => ({ platforms: [row] }))));
    assert.deepEqual(result.ok ? [] : result.problems.map(({ path }) => path), ['app:1.0']);
  });

  const isUnchanged = true;
  const conflicts = [
    { name: 'changed images', rows: [ours, theirs] },
    {
      name: 'unchanged images',
      rows: [
        { ...ours, isUnchanged },
        { ...theirs, isUnchanged },
      ],
    },
    {
      name: 'changed images beside an unchanged one',
      rows: [{ ...ours, isUnchanged }, ours, theirs],
    },
  ];
  for (const { name, rows } of conflicts) {
    it(`names both files of two ${name} of one platform`, () => {
      const result = mergeFragments(fragmentsOf(...rows.map((row) => ({ platforms: [row] }))));
      assert.ok(!result.ok);
      const [problem, ...others] = result.problems;
      assert.deepEqual(others, []);
      assert.equal(problem?.path, 'app: src/Dockerfile (noble, amd64)');
      const [one, two] = ['one', 'two'].map((seed) => digestOf(new TextEncoder().encode(seed)));
      const files = rows.length === 2 ? [1, 2] : [2, 3];
      assert.equal(
        problem.message,
        `has two digests: ${one ?? ''} in job-${files[0] ?? 0}.json and ${two ?? ''} in job-${files[1] ?? 0}.json`,
      );
    });
  }

  it('names a tag of two images beside two digests of another one', () => {
    const one = { manifest: sampleManifest('1', 'a'), platforms: [samplePlatformOf('arm64')] };
    const other = { manifest: sampleManifest('1'), platforms: [samplePlatformOf('arm')] };
    const images = [{ platforms: [ours] }, { platforms: [theirs] }, one, other];
    const result = mergeFragments(fragmentsOf(...images));
    assert.deepEqual(result.ok ? [] : result.problems.map(({ path }) => path), [
      ...['app: src/Dockerfile (noble, amd64)', 'app:1'],
    ]);
  });

  const arm64 = samplePlatformOf('arm64');
  const doubles = [
    {
      name: 'a shared tag of two images',
      images: [
        { manifest: sampleManifest('1.0', 'latest'), platforms: [ours] },
        { manifest: sampleManifest('1.0'), platforms: [arm64] },
      ],
      tag: '1.0',
    },
    {
      name: 'a tag of two platforms',
      images: [{ platforms: [ours] }, { platforms: [{ ...arm64, simpleTags: ['1.0-amd64'] }] }],
      tag: '1.0-amd64',
    },
    {
      name: 'a tag of a list and of a platform',
      images: [
        { manifest: sampleManifest('1.0-arm64'), platforms: [ours] },
        { platforms: [arm64] },
      ],
      tag: '1.0-arm64',
    },
  ];
  for (const { name, images, tag } of doubles) {
    it(`reports ${name}, with the files`, () => {
      assert.deepEqual(mergeFragments(fragmentsOf(...images)), {
        ok: false,
        problems: [
          { path: `app:${tag}`, message: 'stands for two images (job-1.json, job-2.json)' },
        ],
      });
    });
  }

  it('says that images of one tag differ in their product versions', () => {
    const images = [
      { productVersion: '8.0.1', manifest: sampleManifest('8.0'), platforms: [ours] },
      { manifest: sampleManifest('8.0'), platforms: [arm64] },
    ];
    const message =
      'stands for two images (job-1.json, job-2.json), of the product versions 8.0.1 and none';
    assert.deepEqual(mergeFragments(fragmentsOf(...images)), {
      ok: false,
      problems: [{ path: 'app:8.0', message }],
    });
  });

  it('reports the conflicts of all repositories', () => {
    const info = (row: PlatformData): ImageInfo => ({
      schemaVersion: '2.0',
      repos: ['app', 'web'].map((repo) => ({ repo, images: [{ platforms: [row] }] })),
    });
    const result = mergeFragments([
      { file: 'a.json', imageInfo: info(ours) },
      { file: 'b.json', imageInfo: info(theirs) },
    ]);
    assert.equal(result.ok ? 0 : result.problems.length, 2);
  });
});
