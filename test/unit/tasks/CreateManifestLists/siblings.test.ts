import assert from 'node:assert/strict';
import { indexManifest } from '../../../../shared/build-manifest/match.ts';
import type { BuildManifest } from '../../../../shared/build-manifest/model.ts';
import type { ImageInfo } from '../../../../shared/image-info/model.ts';
import { findSiblings, publishedLocation } from '../../../../tasks/CreateManifestLists/siblings.ts';
import type { Siblings } from '../../../../tasks/CreateManifestLists/siblings.ts';
import { MemoryRegistry } from '../../../support/memory-registry.ts';
import { imageOf, pushImage } from '../../../support/release.ts';
import { PLATFORM, loaded, withImages } from '../../build-manifest/samples.ts';
import { sampleInfo, samplePlatform } from '../../image-info/samples.ts';

const LOCATION = { registry: 'mcr.example', prefix: '' };
const TAGLESS = { ...PLATFORM, tags: {} };
const TWIN = { ...PLATFORM, tags: { found: {} } };

/** Looks for the first platform of the first declared image, where everything declared is published as one image. */
async function find(
  manifest: BuildManifest,
  imageInfo: ImageInfo = sampleInfo([]),
): Promise<Siblings> {
  const registry = new MemoryRegistry();
  for (const { name, images } of manifest.repos) {
    const repository = { registry: 'mcr.example', name };
    const tags = images
      .flatMap(({ platforms }) => platforms)
      .flatMap((platform) => platform.tags.map((tag) => tag.name));
    registry.addManifest(repository, pushImage(registry, repository, { name }), tags);
  }
  const [image] = manifest.repos[0]?.images ?? [];
  assert.ok(image);
  const incomplete = [{ image, missing: image.platforms.slice(0, 1) }];
  const source = {
    manifest,
    index: indexManifest(manifest),
    imageInfo,
    location: LOCATION,
    registry,
  };
  return findSiblings(incomplete, source, new AbortController().signal);
}

describe('siblings findSiblings of a platform without tags', () => {
  it('looks under the tag of a platform that one build makes, whatever the order of its arguments', async () => {
    const one = { ...TAGLESS, buildArgs: { b: '2', a: '1' } };
    const other = { ...TWIN, buildArgs: { a: '1', b: '2' } };
    const { imageInfo } = await find(
      loaded(withImages({ platforms: [one] }, { platforms: [other] })),
    );
    assert.deepEqual(imageOf(imageInfo, 'app').platforms[0]?.simpleTags, []);
  });

  it('takes a platform of another variant for it, which the same build makes', async () => {
    const { imageInfo } = await find(
      loaded(withImages({ platforms: [TAGLESS] }, { platforms: [{ ...TWIN, variant: 'v8' }] })),
    );
    assert.equal(imageOf(imageInfo, 'app').platforms.length, 1);
  });

  const others: readonly {
    readonly name: string;
    readonly image: object;
    readonly productVersion?: string;
  }[] = [
    { name: 'dockerfile', image: { platforms: [{ ...TWIN, dockerfile: 'other' }] } },
    { name: 'architecture', image: { platforms: [{ ...TWIN, architecture: 'arm64' }] } },
    { name: 'operating system', image: { platforms: [{ ...TWIN, os: 'windows' }] } },
    { name: 'system version', image: { platforms: [{ ...TWIN, osVersion: 'jammy' }] } },
    { name: 'build argument', image: { platforms: [{ ...TWIN, buildArgs: { a: '1' } }] } },
    {
      name: 'patch of the product version',
      image: { productVersion: '1.0.2', platforms: [TWIN] },
      productVersion: '1.0.1',
    },
    { name: 'product version', image: { productVersion: '2.0', platforms: [TWIN] } },
  ];
  for (const { name, image, productVersion } of others) {
    it(`does not take a platform of another ${name} for it`, async () => {
      const manifest = loaded(withImages({ productVersion, platforms: [TAGLESS] }, image));
      await assert.rejects(find(manifest), {
        code: 'PLATFORM_MISSING',
        message: /lacks linux\/amd64 \(src\/Dockerfile\): no tag is declared for it$/,
      });
    });
  }

  it('does not take a platform of another repository for it', async () => {
    const repos = [
      { name: 'app', images: [{ platforms: [TAGLESS] }] },
      { name: 'other', images: [{ platforms: [TWIN] }] },
    ];
    await assert.rejects(find(loaded({ registry: 'mcr.example', repos })), {
      code: 'PLATFORM_MISSING',
      message: /no tag is declared for it$/,
    });
  });
});

describe('siblings findSiblings, the row that it makes', () => {
  const manifest = loaded(withImages({ productVersion: '1.2.3', platforms: [TWIN] }));

  it('is of the product version that is declared, and none where none is', async () => {
    const { imageInfo } = await find(manifest);
    assert.equal(imageOf(imageInfo, 'app').productVersion, '1.2.3');
    const versionless = await find(loaded(withImages({ platforms: [TWIN] })));
    assert.ok(!('productVersion' in imageOf(versionless.imageInfo, 'app')));
  });

  const digest = `sha256:${'a'.repeat(64)}`;
  const builds = [
    { name: 'the build does', rows: [`public.example/app@${digest}`], registry: 'public.example/' },
    {
      name: 'rows with a digest do',
      rows: ['', `a.example/app@${digest}`],
      registry: 'a.example/',
    },
    { name: 'the build does, without one', rows: [`app@${digest}`], registry: '' },
    { name: 'the manifest does, where nothing was built', rows: [''], registry: 'mcr.example/' },
  ];
  for (const { name, rows, registry } of builds) {
    it(`names the public registry as ${name}`, async () => {
      const platforms = rows.map((text) => samplePlatform({ digest: text }));
      const elsewhere = sampleInfo([{ platforms: [samplePlatform()] }], 'other').repos;
      const app = sampleInfo([{ platforms }]);
      const { imageInfo } = await find(manifest, { ...app, repos: [...elsewhere, ...app.repos] });
      const [row] = imageOf(imageInfo, 'app').platforms;
      assert.equal(row?.digest.replace(/@.*/, ''), `${registry}app`);
    });
  }
});

describe('siblings publishedLocation', () => {
  it('refuses a build manifest that names no registry, and one that is none', () => {
    for (const registry of ['', 'a b']) {
      assert.throws(() => publishedLocation(undefined, { registry, repos: [] }), {
        code: 'INPUT_INVALID',
        message: /^The task input has 1 problem:\n {2}publishedRegistry: /,
      });
    }
  });
});
