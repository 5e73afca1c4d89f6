import assert from 'node:assert/strict';
import { changesSince } from '../../../shared/image-info/baseline-changes.ts';
import type { ImageData, ImageInfo } from '../../../shared/image-info/model.ts';
import { sampleDigest, sampleInfo, sampleManifest, samplePlatformOf } from './samples.ts';

const AMD64 = samplePlatformOf('amd64');
const ARM64 = samplePlatformOf('arm64');
const LIST = { ...sampleManifest('1.0', 'latest'), digest: sampleDigest('list') };
const PUBLISHED: readonly ImageData[] = [{ manifest: LIST, platforms: [AMD64, ARM64] }];

const NEW: readonly ImageData[] = [{ platforms: [samplePlatformOf('s390x')] }];

/** What a release changes, each as `name: previous name, parts`; names are the seeds of digests. */
function changes(release: readonly ImageData[], repo = 'app'): readonly string[] {
  const seeds = ['amd64', 'arm64', 'list', 'rebuilt', 'new list'];
  const nameOf = (digest: string | undefined): string =>
    seeds.find((seed) => digest !== undefined && sampleDigest(seed).endsWith(digest)) ?? 'none';
  return changesSince(sampleInfo(PUBLISHED), sampleInfo(release, repo)).map(
    ({ digest, previousDigest, changed }) =>
      `${nameOf(digest)}: ${nameOf(previousDigest)}, ${changed.join(' and ')}`,
  );
}

describe('image-info changesSince', () => {
  it('finds nothing changed in what is published', () => {
    assert.deepEqual(changes(PUBLISHED), ['list: list, ', 'amd64: amd64, ', 'arm64: arm64, ']);
  });

  it('tells what of a rebuilt platform differs, and that its list does', () => {
    const rebuilt = {
      ...AMD64,
      ...{ digest: sampleDigest('rebuilt'), baseImageDigest: sampleDigest('base') },
      ...{ commitUrl: 'https://example.com/1', simpleTags: ['1.1-amd64'] },
    };
    const manifest = { ...LIST, digest: sampleDigest('new list') };
    assert.deepEqual(changes([{ manifest, platforms: [rebuilt, ARM64] }]), [
      'new list: list, content',
      'rebuilt: amd64, content and base image and commit and tags',
      'arm64: arm64, ',
    ]);
  });

  const tags: readonly (readonly string[])[] = [['1.0'], ['1.0', 'latest', '2.0'], ['1.0', '2.0']];
  for (const sharedTags of tags) {
    it(`tells that a list has the tags ${sharedTags.join(' and ')} now`, () => {
      assert.deepEqual(changes([{ manifest: { ...LIST, sharedTags }, platforms: [AMD64] }]), [
        ...['list: list, tags', 'amd64: amd64, '],
      ]);
    });
  }

  it('names the repository of what changed and of what is new', () => {
    const rows = changesSince(sampleInfo(PUBLISHED), sampleInfo([...PUBLISHED, ...NEW]));
    assert.deepEqual([...new Set(rows.map(({ repo }) => repo))], ['app']);
  });

  it('does not mind the order of tags', () => {
    const manifest = { ...LIST, sharedTags: ['latest', '1.0'] };
    assert.deepEqual(changes([{ manifest, platforms: [AMD64] }]), [
      'list: list, ',
      'amd64: amd64, ',
    ]);
  });

  it('takes for new what no row of the repository was before', () => {
    assert.deepEqual(changes(PUBLISHED, 'other'), [
      'list: none, ',
      'amd64: none, ',
      'arm64: none, ',
    ]);
  });

  it('takes for published what the second entry of a repository has', () => {
    const twice = (one: readonly ImageData[], other: readonly ImageData[]): ImageInfo => ({
      ...sampleInfo([]),
      repos: [...sampleInfo(one).repos, ...sampleInfo(other).repos],
    });
    const rows = changesSince(
      twice([{ platforms: [AMD64] }], [{ platforms: [ARM64] }]),
      twice([{ platforms: [ARM64] }], [{ platforms: [AMD64] }]),
    );
    assert.deepEqual(
      rows.map(({ digest, previousDigest }) => previousDigest === digest),
      [true, true],
    );
  });

  it('leaves out what has no digest', () => {
    const platforms = [{ ...AMD64, digest: '' }];
    assert.deepEqual(changes([{ manifest: sampleManifest('1.0'), platforms }]), []);
  });
});
