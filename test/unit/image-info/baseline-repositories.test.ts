import assert from 'node:assert/strict';
import { mergeIntoBaseline } from '../../../shared/image-info/baseline.ts';
import type { BaselineMerge } from '../../../shared/image-info/baseline.ts';
import type { ImageInfo, RepoData } from '../../../shared/image-info/model.ts';
import { tagDigestsOf } from '../../../shared/image-info/select.ts';
import { checkedImageDigest } from '../../../shared/image-info/image-digest.ts';
import { AMD64, ARM64, REBUILT } from './baseline-support.ts';
import { sampleDigest, sampleInfo, sampleManifest, samplePlatformOf } from './samples.ts';

const S390X = samplePlatformOf('s390x');

/** A document of repositories, names may be equal. */
function documentOf(...repos: readonly RepoData[]): ImageInfo {
  return { schemaVersion: '2.0', repos };
}

describe('image-info mergeIntoBaseline, a repository that a document names twice', () => {
  const twice = documentOf(
    { repo: 'app', images: [{ platforms: [AMD64] }], xFirst: 1, xBoth: 1 },
    { repo: 'other', images: [] },
    { repo: 'app', images: [{ platforms: [ARM64] }], xBoth: 2 },
  );

  it('loses no published row of the second entry, and changes neither document', () => {
    const merge = { baseline: twice, release: sampleInfo([{ platforms: [S390X] }]) };
    const before = structuredClone(merge);
    const { imageInfo, removed } = mergeIntoBaseline(merge);
    assert.deepEqual(
      imageInfo,
      documentOf(
        {
          ...{ repo: 'app', xFirst: 1, xBoth: 2 },
          images: [{ platforms: [AMD64] }, { platforms: [ARM64] }, { platforms: [S390X] }],
        },
        { repo: 'other', images: [] },
      ),
    );
    assert.deepEqual(removed, []);
    assert.deepEqual(merge, before);
  });

  it('loses none of a repository either that the release does not name', () => {
    const merge = { baseline: twice, release: sampleInfo([{ platforms: [S390X] }], 'z') };
    const [app] = mergeIntoBaseline(merge).imageInfo.repos;
    assert.deepEqual(app?.images, [{ platforms: [AMD64] }, { platforms: [ARM64] }]);
  });

  it('has no published row twice, and no tag for two digests, when the release names it twice', () => {
    const published = { ...AMD64, simpleTags: ['1.0-amd64', 'latest'] };
    const renamed = { ...REBUILT, dockerfile: 'new/Dockerfile', simpleTags: ['latest'] };
    const release = documentOf(
      ...sampleInfo([{ platforms: [renamed] }]).repos,
      ...sampleInfo([{ platforms: [ARM64] }]).repos,
    );
    const baseline = sampleInfo([{ platforms: [published] }]);
    const { imageInfo } = mergeIntoBaseline({ baseline, release });
    assert.deepEqual(
      imageInfo,
      sampleInfo([{ platforms: [renamed] }, { platforms: [AMD64] }, { platforms: [ARM64] }]),
    );
    assert.deepEqual(mergeIntoBaseline({ baseline: imageInfo, release }).imageInfo, imageInfo);
  });
});

describe('image-info mergeIntoBaseline, tags of syndicated lists', () => {
  const list = { ...sampleManifest('latest'), digest: sampleDigest('list') };
  const syndicated = { ...list, syndicatedDigests: [sampleDigest('mirrored', 'mirror')] };
  const release = sampleInfo([{ manifest: syndicated, platforms: [AMD64] }]);
  const { digest } = checkedImageDigest(sampleDigest('mirrored', 'mirror'));
  const digests = [{ repo: 'mirror', digest, tags: ['latest'] }];

  function mirror(seed: string): readonly RepoData[] {
    const manifest = { ...sampleManifest('latest', 'old'), digest: sampleDigest(seed, 'mirror') };
    const row = { ...ARM64, digest: sampleDigest('arm64', 'mirror') };
    return sampleInfo([{ manifest, platforms: [row] }], 'mirror').repos;
  }

  function publishOver(...repos: readonly RepoData[]): ReturnType<typeof mergeIntoBaseline> {
    const merge: BaselineMerge = { baseline: documentOf(...repos), release, digests };
    const first = mergeIntoBaseline(merge);
    const again = mergeIntoBaseline({ ...merge, baseline: first.imageInfo });
    assert.deepEqual(again, { imageInfo: first.imageInfo, movedTags: [], removed: [] });
    return first;
  }

  it('are taken from what had them in a repository that the release does not name', () => {
    const { imageInfo, movedTags, removed } = publishOver(...mirror('old list'));
    const tags = tagDigestsOf(imageInfo);
    assert.equal(tags['mirror:latest'], undefined);
    assert.ok(tags['mirror:old'] !== undefined && tags['mirror:1.0-arm64'] !== undefined);
    assert.deepEqual(movedTags, ['mirror:latest']);
    assert.deepEqual(removed, []);
  });

  it('are taken from a platform too, which is gone with its last one', () => {
    const row = { ...ARM64, digest: sampleDigest('arm64', 'mirror'), simpleTags: ['latest'] };
    const { imageInfo, removed } = publishOver(
      ...sampleInfo([{ platforms: [row] }], 'mirror').repos,
    );
    assert.deepEqual(imageInfo.repos[1], { repo: 'mirror', images: [] });
    assert.deepEqual(removed, ['mirror: src/Dockerfile (noble, arm64)']);
  });

  it('stay with a list of the same digest', () => {
    const { imageInfo, movedTags } = publishOver(...mirror('mirrored'));
    assert.deepEqual(imageInfo.repos[1], mirror('mirrored')[0]);
    assert.deepEqual(movedTags, []);
  });

  it('are taken in a repository that the release names as well', () => {
    const own = { ...samplePlatformOf('s390x'), digest: sampleDigest('s390x', 'mirror') };
    const { imageInfo, movedTags } = mergeIntoBaseline({
      baseline: documentOf(...mirror('old list')),
      release: documentOf(...release.repos, ...sampleInfo([{ platforms: [own] }], 'mirror').repos),
      digests,
    });
    assert.equal(tagDigestsOf(imageInfo)['mirror:latest'], undefined);
    assert.deepEqual(movedTags, ['mirror:latest']);
  });
});
