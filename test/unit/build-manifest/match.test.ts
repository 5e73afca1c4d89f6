import assert from 'node:assert/strict';
import { releaseLine } from '../../../shared/build-manifest/lookup.ts';
import { incompleteImages, indexManifest } from '../../../shared/build-manifest/match.ts';
import type { BuildManifest, ManifestImage } from '../../../shared/build-manifest/model.ts';
import type { ImageData, PlatformData } from '../../../shared/image-info/model.ts';
import { sampleInfo, sampleManifest, samplePlatform } from '../image-info/samples.ts';
import { loaded, PLATFORM, withImages } from './samples.ts';

function imageAt(manifest: BuildManifest, index: number): ManifestImage {
  const image = manifest.repos[0]?.images[index];
  assert.ok(image !== undefined);
  return image;
}

function declaredPlatform(changes: object = {}): object {
  return { ...PLATFORM, tags: { '1.0-amd64': {} }, ...changes };
}

describe('build-manifest indexManifest platformOf', () => {
  const manifest = loaded(withImages({ productVersion: '1.0.7', platforms: [declaredPlatform()] }));
  const index = indexManifest(manifest);
  const row = samplePlatform({ simpleTags: ['other'] });

  const found: readonly {
    name: string;
    image: Partial<ImageData>;
    changes: Partial<PlatformData>;
  }[] = [
    { name: 'the same identifier', image: {}, changes: {} },
    { name: 'another patch of the product', image: { productVersion: '1.0.12' }, changes: {} },
    { name: 'the other reading of the path', image: {}, changes: { dockerfile: 'src' } },
  ];
  for (const { name, image, changes } of found) {
    it(`finds a row with ${name}`, () => {
      const platform = { ...row, ...changes };
      const match = index.platformOf(
        'app',
        { productVersion: '1.0.7', platforms: [], ...image },
        platform,
      );
      assert.equal(match?.image, imageAt(manifest, 0));
      assert.equal(match.platform, match.image.platforms[0]);
    });
  }

  const other: readonly {
    name: string;
    repo?: string;
    productVersion?: string;
    changes?: Partial<PlatformData>;
  }[] = [
    { name: 'of another repository', repo: 'web' },
    { name: 'of another release line', productVersion: '1.1.0' },
    { name: 'of a prerelease', productVersion: '1.0.0-preview.1' },
    { name: 'without tags', changes: { simpleTags: [] } },
    { name: 'of another Dockerfile', changes: { dockerfile: 'src/other/Dockerfile' } },
    { name: 'of another architecture', changes: { architecture: 'arm64' } },
    { name: 'of another operating system', changes: { osType: 'Windows' } },
    { name: 'of another version of it', changes: { osVersion: 'jammy' } },
    { name: 'of a path in another case', changes: { dockerfile: 'SRC/Dockerfile' } },
  ];
  for (const { name, repo = 'app', productVersion = '1.0.7', changes } of other) {
    it(`finds nothing for a row ${name}`, () => {
      const image = { productVersion, platforms: [] };
      assert.equal(index.platformOf(repo, image, { ...row, ...changes }), undefined);
    });
  }

  const twins = loaded(
    withImages(
      { sharedTags: { a: {} }, platforms: [declaredPlatform({ tags: { 'a-1': {} } })] },
      { sharedTags: { b: {} }, platforms: [declaredPlatform({ tags: { 'b-1': {} } })] },
    ),
  );
  const told = [
    { name: 'their own tags', simpleTags: ['b-1'], sharedTags: ['a'], expected: 1 },
    { name: 'the shared tags', simpleTags: ['new'], sharedTags: ['b'], expected: 1 },
    { name: 'their order when no tag tells', simpleTags: ['new'], sharedTags: [], expected: 0 },
  ] as const;
  for (const { name, simpleTags, sharedTags, expected } of told) {
    it(`tells platforms of one Dockerfile apart by ${name}`, () => {
      const image = { manifest: sampleManifest(...sharedTags), platforms: [] };
      const match = indexManifest(twins).platformOf('app', image, samplePlatform({ simpleTags }));
      assert.equal(match?.image, imageAt(twins, expected));
    });
  }
});

describe('build-manifest indexManifest imageOf and keyOf', () => {
  const manifest = loaded(
    withImages(
      { platforms: [declaredPlatform({ dockerfile: 'a' })] },
      { platforms: [declaredPlatform({ dockerfile: 'b', tags: { b: {} } })] },
    ),
  );
  const index = indexManifest(manifest);
  const platforms = ['x', 'b', 'a'].map((folder) =>
    samplePlatform({ dockerfile: `${folder}/Dockerfile` }),
  );

  it('takes the declared image of the first platform that is declared', () => {
    assert.equal(index.imageOf('app', { platforms }), imageAt(manifest, 1));
  });

  it('gives parts of one declared image one key, and other images another', () => {
    const keys = platforms.map((platform) => index.keyOf('app', { platforms: [platform] }));
    assert.equal(keys[0], undefined);
    assert.equal(index.keyOf('app', { platforms }), keys[1]);
    assert.notEqual(keys[1], keys[2]);
  });
});

describe('build-manifest incompleteImages', () => {
  const arm64 = { architecture: 'arm64', tags: { '1.0-arm64': {} } };
  const manifest = loaded(
    withImages(
      { sharedTags: { '1.0': {} }, platforms: [declaredPlatform(), declaredPlatform(arm64)] },
      { platforms: [declaredPlatform({ dockerfile: 'absent', tags: { absent: {} } })] },
    ),
  );
  const built = samplePlatform();
  const sibling = samplePlatform({ architecture: 'arm64', simpleTags: ['1.0-arm64'] });

  it('names the declared platforms that were not built, but not images that are wholly absent', () => {
    const image = imageAt(manifest, 0);
    assert.deepEqual(incompleteImages(manifest, sampleInfo([{ platforms: [built] }])), [
      { image, missing: [image.platforms[1]] },
    ]);
  });

  it('looks for the platforms of an image in all rows of the repository', () => {
    const split = sampleInfo([{ platforms: [built] }, { platforms: [sibling] }]);
    assert.deepEqual(incompleteImages(manifest, split), []);
  });

  it('does not take for present what only a row of another image has a tag of: no list would have it', () => {
    const declared = loaded(
      withImages(
        { sharedTags: { a: {} }, platforms: [declaredPlatform({ tags: { 'a-1': {} } })] },
        {
          sharedTags: { b: {} },
          platforms: [declaredPlatform({ tags: { 'b-1': {} } }), declaredPlatform(arm64)],
        },
      ),
    );
    const info = sampleInfo([
      {
        manifest: sampleManifest('a'),
        platforms: [samplePlatform({ simpleTags: ['a-1', 'b-1'] })],
      },
      { manifest: sampleManifest('b'), platforms: [sibling] },
    ]);
    const image = imageAt(declared, 1);
    assert.deepEqual(incompleteImages(declared, info), [{ image, missing: [image.platforms[0]] }]);
  });

  it('misses no platform that is one image with another one of its Dockerfile', () => {
    const twin = declaredPlatform({ tags: { '1.0-fips': {} } });
    const declared = loaded(withImages({ platforms: [declaredPlatform(), twin] }));
    const both = samplePlatform({ simpleTags: ['1.0-amd64', '1.0-fips'] });
    assert.deepEqual(incompleteImages(declared, sampleInfo([{ platforms: [both] }])), []);
    const [image] = incompleteImages(declared, sampleInfo([{ platforms: [built] }]));
    assert.deepEqual(image?.missing, [imageAt(declared, 0).platforms[1]]);
  });
});

describe('build-manifest releaseLine', () => {
  const pairs = [
    { a: undefined, b: undefined, equal: true },
    { a: '8.0.1', b: '8.0.30', equal: true },
    { a: '8.0', b: '8.0.1.2', equal: true },
    { a: '08.0', b: '8.0', equal: true },
    { a: '11.0.0-rc.1', b: '11.0.0-rc.1', equal: true },
    { a: 'latest', b: 'latest', equal: true },
    { a: '8.0', b: undefined, equal: false },
    { a: '8.0', b: '8.1', equal: false },
    { a: '8.0', b: '80', equal: false },
    { a: '11.0.0-rc.1', b: '11.0.0-rc.2', equal: false },
    { a: '11.0.0-rc.1', b: '11.0.0', equal: false },
    { a: '8.0.1.2.3', b: '8.0.1', equal: false },
  ] as const;
  for (const { a, b, equal } of pairs) {
    it(`says ${equal} for ${a ?? 'none'} and ${b ?? 'none'}`, () => {
      assert.equal(releaseLine(a) === releaseLine(b), equal);
    });
  }
});
