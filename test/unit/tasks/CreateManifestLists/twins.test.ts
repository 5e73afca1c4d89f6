import assert from 'node:assert/strict';
import { definite } from '../../../../shared/core/errors.ts';
import type { ImageInfo } from '../../../../shared/image-info/model.ts';
import type { Plan } from '../../../../tasks/CreateManifestLists/plan.ts';
import { imageOf, pushImage } from '../../../support/release.ts';
import { MANIFEST, PLATFORMS, manifestOf } from './declared.ts';
import { aBuild } from './support.ts';
import type { Build } from './support.ts';

const IMPORT = { ...MANIFEST, missingPlatforms: 'import' } as const;
const PUBLISHED = { registry: 'mcr.example', name: 'app' };

/** The small release, and a list `1.0-multi` of an arm image that was built, with a platform that was not. */
function multiBuild(missing: object, change: (text: string) => string = (text) => text): Build {
  const other = { sharedTags: { '1.0-multi': {} }, platforms: [missing, PLATFORMS.arm] };
  const declared = JSON.stringify(manifestOf(PLATFORMS.amd64, PLATFORMS.arm64)).replace(
    '"images":[',
    `"images":[${JSON.stringify(other)},`,
  );
  const arm = {
    ...{ name: 'arm', tags: ['1.0-arm'] },
    platform: { architecture: 'arm', variant: 'v7' },
  };
  const multi = { repo: 'app', sharedTags: ['1.0-multi'], platforms: [arm] };
  const release = ['amd64', 'arm64'].map((architecture) => ({
    ...{ name: architecture, tags: [`1.0-${architecture}`], platform: { architecture } },
  }));
  const app = { repo: 'app', sharedTags: ['1.0', 'latest'], platforms: release };
  return aBuild({
    images: [app, multi],
    files: { '/working/manifest.json': Buffer.from(declared) },
    split: (info) => [JSON.parse(change(JSON.stringify(info))) as ImageInfo],
  });
}

/** What the list `1.0-multi` has, and the rows of its image. */
function multiOf({ lists, imageInfo }: Plan): {
  readonly platforms: Plan['lists'][number]['platforms'];
  readonly rows: ReturnType<typeof imageOf>['platforms'];
} {
  const list = lists.find(({ tags }) => tags.includes('1.0-multi'));
  const image = imageInfo.repos[0]?.images.find(
    ({ manifest }) => manifest?.sharedTags.includes('1.0-multi') === true,
  );
  return {
    platforms: definite(list, 'the list').platforms,
    rows: definite(image, 'the image').platforms,
  };
}

/** Makes the rows of the image for amd64 say that it was not built anew. */
const unchanged = (text: string): string =>
  text.replaceAll(/("simpleTags":\["1\.0-amd64"\].*?"isUnchanged":)false/g, '$1true');

describe('CreateManifestLists with a tagless platform that is missing', () => {
  const tagless = { ...PLATFORMS.amd64, tags: {} };

  it('takes the image that this run rebuilt under a tag, not the published one', async () => {
    const build = multiBuild(tagless);
    const old = pushImage(build.registry, PUBLISHED, { name: 'old' });
    build.registry.addManifest(PUBLISHED, old, ['1.0-amd64']);
    const plan = await build.plan(IMPORT);
    const [built] = imageOf(plan.imageInfo, 'app').platforms;
    const { platforms, rows } = multiOf(plan);
    const { dockerfile, digest } = definite(built, 'the row with a tag');
    assert.deepEqual(
      rows.map((row) => [row.dockerfile, row.simpleTags.length, row.isUnchanged]),
      [
        [dockerfile, 0, false],
        ['src/arm/Dockerfile', 1, false],
      ],
    );
    assert.equal(rows[0]?.digest, digest);
    assert.ok(platforms.every(({ isImported }) => isImported === undefined));
    assert.ok(plan.copies.every(({ withReferrers }) => !withReferrers));
  });

  it('takes an image that the build took over as that, and needs nothing to be published', async () => {
    const { rows } = multiOf(await multiBuild(tagless, unchanged).plan(IMPORT));
    assert.deepEqual(
      rows.map(({ isUnchanged }) => isUnchanged),
      [true, false],
    );
  });

  it('does not take an image of another build argument', async () => {
    const build = multiBuild({ ...tagless, buildArgs: { a: '1' } });
    await assert.rejects(build.plan(IMPORT), {
      code: 'PLATFORM_MISSING',
      message: /no tag is declared for it$/,
    });
  });
});

describe('CreateManifestLists with a published image that is also one of the build', () => {
  it('says only of the imported row that it is imported', async () => {
    const build = multiBuild(
      { ...PLATFORMS.amd64, dockerfile: 'src/else', tags: { x: {} } },
      unchanged,
    );
    const same = pushImage(build.registry, PUBLISHED, {
      ...{ name: 'amd64', platform: { architecture: 'amd64' } },
    });
    build.registry.addManifest(PUBLISHED, same, ['x']);
    const plan = await build.plan(IMPORT);
    const imported = plan.lists.map(({ tags, platforms }) => [
      tags[0],
      platforms.map(({ isImported }) => isImported === true),
    ]);
    assert.deepEqual(imported, [
      ['1.0', [false, false]],
      ['latest', [false, false]],
      ['1.0-multi', [false, true]],
    ]);
    assert.deepEqual(multiOf(plan).platforms[1]?.digest, same.descriptor.digest);
  });
});
