import assert from 'node:assert/strict';
import { digestOf } from '../../../shared/oci/digest.ts';
import type { Digest } from '../../../shared/oci/digest.ts';
import type { ImageInfo } from '../../../shared/image-info/model.ts';
import { digestsOf, missingDigestsOf } from '../../../shared/image-info/select.ts';
import type { ReleasedDigest } from '../../../shared/image-info/select.ts';
import { sampleDigest, sampleInfo, sampleManifest, samplePlatform } from './samples.ts';

function hash(seed: string): Digest {
  return digestOf(new TextEncoder().encode(seed));
}

function expected(seed: string, changes: Partial<ReleasedDigest> = {}): ReleasedDigest {
  const repo = changes.repo ?? 'app';
  return {
    repo,
    namedRepo: repo,
    registry: 'mcr.example',
    digest: hash(seed),
    kind: 'platform',
    tags: [],
    possibleTags: [],
    isUnchanged: false,
    ...changes,
  };
}

describe('image-info digestsOf', () => {
  it('lists platforms, the list and its syndicated digests in document order', () => {
    const manifest = {
      digest: sampleDigest('list'),
      syndicatedDigests: [sampleDigest('list', 'other/app')],
      sharedTags: ['latest', '1.0'],
    };
    const platforms = [
      samplePlatform({ digest: sampleDigest('a'), simpleTags: ['z', 'b'] }),
      samplePlatform({ digest: sampleDigest('b'), simpleTags: [] }),
    ];
    assert.deepEqual(digestsOf(sampleInfo([{ manifest, platforms }])), [
      expected('a', { tags: ['b', 'z'] }),
      expected('b'),
      expected('list', { kind: 'list', tags: ['1.0', 'latest'] }),
      expected('list', { kind: 'list', repo: 'other/app', possibleTags: ['1.0', 'latest'] }),
    ]);
  });

  it('lists a digest once a repository, with all its tags', () => {
    const row = (tag: string, isUnchanged: boolean): ReturnType<typeof samplePlatform> =>
      samplePlatform({ digest: sampleDigest('a'), simpleTags: [tag], isUnchanged });
    const info: ImageInfo = {
      schemaVersion: '2.0',
      repos: [
        {
          repo: 'app',
          images: [{ platforms: [row('2', true)] }, { platforms: [row('1', false)] }],
        },
        { repo: 'web', images: [{ platforms: [row('3', true)] }] },
      ],
    };
    assert.deepEqual(digestsOf(info), [
      expected('a', { tags: ['1', '2'] }),
      expected('a', { repo: 'web', namedRepo: 'app', tags: ['3'], isUnchanged: true }),
    ]);
  });

  const lists = [
    { name: 'unchanged when all its platforms are', flags: [true, true], isUnchanged: true },
    { name: 'changed when one platform is', flags: [true, false], isUnchanged: false },
    { name: 'changed when it has no platform', flags: [], isUnchanged: false },
  ] as const;
  for (const { name, flags, isUnchanged } of lists) {
    it(`takes a list for ${name}`, () => {
      const manifest = { ...sampleManifest('1.0'), digest: sampleDigest('list') };
      const platforms = flags.map((flag, index) =>
        samplePlatform({ digest: sampleDigest(String(index)), isUnchanged: flag }),
      );
      const list = digestsOf(sampleInfo([{ manifest, platforms }])).find(
        (row) => row.kind === 'list',
      );
      assert.equal(list?.isUnchanged, isUnchanged);
    });
  }

  it('joins the tags of two images whose lists are one where they are syndicated to', () => {
    const images = ['1.0', '2.0'].map((tag, index) => ({
      manifest: { ...sampleManifest(tag), syndicatedDigests: [sampleDigest('list', 'mirror')] },
      platforms: [samplePlatform({ isUnchanged: index === 1 })],
    }));
    const mirrored = digestsOf(sampleInfo(images)).filter(({ repo }) => repo === 'mirror');
    assert.deepEqual(
      mirrored.map(({ possibleTags, isUnchanged }) => ({ possibleTags, isUnchanged })),
      [{ possibleTags: ['1.0', '2.0'], isUnchanged: false }],
    );
  });

  it('leaves rows without a digest out', () => {
    const manifest = { ...sampleManifest('1.0'), digest: '', syndicatedDigests: [''] };
    const platforms = [samplePlatform({ digest: '' })];
    assert.deepEqual(digestsOf(sampleInfo([{ manifest, platforms }, { platforms }])), []);
  });

  it('reads a digest without registry', () => {
    const platforms = [samplePlatform({ digest: `app@${hash('a')}`, simpleTags: [] })];
    assert.deepEqual(digestsOf(sampleInfo([{ platforms }])), [expected('a', { registry: '' })]);
  });
});

describe('image-info missingDigestsOf', () => {
  it('names platforms and lists that have no digest yet', () => {
    const platforms = [samplePlatform(), samplePlatform({ digest: '', architecture: 'arm64' })];
    const info = sampleInfo([
      { manifest: sampleManifest('1.0', 'latest'), platforms },
      { manifest: { ...sampleManifest('2.0'), digest: '' }, platforms: [] },
      { manifest: { ...sampleManifest('3.0'), digest: sampleDigest('list') }, platforms: [] },
      { manifest: sampleManifest(), platforms: [] },
    ]);
    assert.deepEqual(missingDigestsOf(info), [
      'app: src/Dockerfile (noble, arm64)',
      'app:1.0',
      'app:2.0',
    ]);
  });
});
