import assert from 'node:assert/strict';
import type { ImageData, ImageInfo } from '../../../../shared/image-info/model.ts';
import { wantedLists } from '../../../../tasks/CreateManifestLists/lists.ts';
import type { SyndicatedList } from '../../../../tasks/CreateManifestLists/lists.ts';
import { imageOf } from '../../../support/release.ts';
import { sampleManifest, samplePlatform, samplePlatformOf } from '../../image-info/samples.ts';
import { MANIFEST, PLATFORMS, manifestOf } from './declared.ts';
import { aBuild } from './support.ts';
import type { BuildChanges } from './support.ts';

const MIRRORED = { syndication: { repo: 'mirror/app' } };

/** Fragments of build jobs that record no shared tags, one platform each. */
function untaggedFragments(info: ImageInfo): readonly ImageInfo[] {
  return imageOf(info, 'app').platforms.map((platform) => ({
    ...info,
    repos: [{ repo: 'app', images: [{ platforms: [platform] }] }],
  }));
}

function declaring(manifest: object, changes: BuildChanges = {}): ReturnType<typeof aBuild> {
  return aBuild({ ...changes, files: { '/working/manifest.json': manifest } });
}

describe('CreateManifestLists with a build manifest', () => {
  it('makes one list of platforms whose jobs recorded no shared tags, and records the tags', async () => {
    const build = declaring(manifestOf(PLATFORMS.amd64, PLATFORMS.arm64), {
      split: untaggedFragments,
    });
    const { lists, imageInfo } = await build.plan(MANIFEST);
    assert.deepEqual(
      lists.map(({ repo, tags, platforms }) => [repo, tags, platforms.length]),
      [
        ['app', ['1.0', 'latest'], 2],
        ['mirror/app', ['latest'], 2],
      ],
    );
    assert.deepEqual(imageOf(imageInfo, 'app').manifest?.sharedTags, ['1.0', 'latest']);
  });

  it('does not miss platforms of an image that has no list', async () => {
    const manifest = manifestOf(PLATFORMS.amd64, PLATFORMS.arm64) as { repos: object[] };
    const probe = { os: 'linux', osVersion: 'noble', tags: { '2.0': {} } };
    const repos = [
      manifest.repos[0],
      {
        name: 'tools/probe',
        images: [
          {
            platforms: [
              { ...probe, dockerfile: 'src/probe' },
              { ...probe, dockerfile: 'src/other', architecture: 'arm64', tags: { a: {} } },
            ],
          },
        ],
      },
    ];
    const { warnings } = await declaring({ ...manifest, repos }).plan(MANIFEST);
    assert.deepEqual(warnings, []);
  });

  it('syndicates a platform of which one tag of several is syndicated', async () => {
    const tags = { one: {}, two: MIRRORED };
    const build = declaring(manifestOf({ ...PLATFORMS.amd64, tags }, PLATFORMS.arm64));
    const { lists } = await build.plan(MANIFEST);
    assert.deepEqual(
      lists[1]?.platforms.map(({ platform }) => platform),
      ['linux/amd64'],
    );
  });

  it('syndicates platforms without a tag beside those with one there', async () => {
    const tagless = (info: ImageInfo): readonly ImageInfo[] => {
      const image = imageOf(info, 'app');
      const platforms = image.platforms.map((row) =>
        row.architecture === 'arm64' ? { ...row, simpleTags: [] } : row,
      );
      return [{ ...info, repos: [{ repo: 'app', images: [{ ...image, platforms }] }] }];
    };
    const build = declaring(
      manifestOf(
        { ...PLATFORMS.amd64, tags: { '1.0-amd64': MIRRORED } },
        { ...PLATFORMS.arm64, tags: {} },
      ),
      { split: tagless },
    );
    const { lists } = await build.plan(MANIFEST);
    assert.equal(lists[1]?.platforms.length, 2);
  });
});

describe('CreateManifestLists with an old image of a declared platform beside the new one', () => {
  const manifest = manifestOf(PLATFORMS.amd64, PLATFORMS.arm64);
  /** The fragments, and one that has another image of the Dockerfile for amd64 under a tag that is not declared. */
  const withOld =
    (digestOf: (image: ImageData) => string | undefined) =>
    (info: ImageInfo): readonly ImageInfo[] => {
      const image = imageOf(info, 'app');
      const platforms = image.platforms.slice(0, 1).map((row) => ({
        ...{ ...row, simpleTags: ['1.0-amd64-20260101'] },
        digest: digestOf(image) ?? row.digest,
      }));
      return [{ ...info, repos: [{ repo: 'app', images: [{ ...image, platforms }] }] }, info];
    };

  it('refuses to list both, naming the images and their tags', async () => {
    const build = declaring(manifest, { split: withOld((image) => image.platforms[1]?.digest) });
    await assert.rejects(build.gather(MANIFEST), {
      code: 'BUILD_MANIFEST_MISMATCH',
      message:
        /problem:\n {2}app: src\/amd64\/Dockerfile .*: is there twice, but once in app:1\.0 .*: sha256:\w+ \(1\.0-amd64\) and sha256:\w+ \(1\.0-amd64-20260101\)$/,
    });
    assert.deepEqual(build.registry.reads, []);
  });

  it('accepts both tags of one image', async () => {
    const build = declaring(manifest, { split: withOld(() => undefined) });
    const { lists } = await build.plan(MANIFEST);
    assert.equal(lists[0]?.platforms.length, 2);
  });
});

describe('lists wantedLists of two repositories', () => {
  it('refuses a syndicated tag that a list of that repository has itself', () => {
    const info: ImageInfo = {
      schemaVersion: '2.0',
      repos: ['app', 'other'].map((repo) => ({
        repo,
        images: [{ manifest: sampleManifest('1.0'), platforms: [samplePlatform()] }],
      })),
    };
    const syndicated: readonly SyndicatedList[] = [
      { repo: 'app', tags: ['1.0'], members: [samplePlatformOf('amd64')] },
    ];
    const lists = wantedLists(info, (repo) => ({
      ...{ sharedTags: ['1.0'], undeclared: [], missing: [] },
      syndicated: repo === 'other' ? syndicated : [],
    }));
    assert.deepEqual(lists, {
      ok: false,
      problems: [{ path: 'app:1.0', message: 'is the tag of two lists' }],
    });
  });
});
