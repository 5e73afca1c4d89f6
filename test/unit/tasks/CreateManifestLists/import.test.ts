import assert from 'node:assert/strict';
import { definite } from '../../../../shared/core/errors.ts';
import type { ImageInfo } from '../../../../shared/image-info/model.ts';
import { digestOf } from '../../../../shared/oci/digest.ts';
import { executePlan } from '../../../../tasks/CreateManifestLists/execute.ts';
import { fragmentsOf, imageOf, pushImage } from '../../../support/release.ts';
import { pushReferrer } from '../../../support/release.ts';
import { MANIFEST, PLATFORMS, manifestOf } from './declared.ts';
import { aBuild, inputsOf } from './support.ts';
import type { Build } from './support.ts';

const IMPORT = { ...MANIFEST, missingPlatforms: 'import' } as const;
const PUBLISHED = { registry: 'mcr.example', name: 'app' };
const ARM64 = { name: 'arm64', platform: { architecture: 'arm64', variant: 'v8' } };
const MANIFEST_FILE = { '/working/manifest.json': manifestOf(PLATFORMS.amd64, PLATFORMS.arm64) };

/**
 * A build whose job for arm64 did not run; its image is published. Its image for amd64 is also that of images without
 * tags of platforms, one for each of the given shared tags.
 */
function partialBuild(
  files: Readonly<Record<string, unknown>> = MANIFEST_FILE,
  tagless: readonly string[] = [],
): Build {
  const split = (info: ImageInfo): readonly ImageInfo[] =>
    fragmentsOf(info)
      .filter((one) => !JSON.stringify(one).includes('src/arm64/Dockerfile'))
      .flatMap((one) => [one, ...tagless.flatMap((tag) => taglessImage(one, tag))]);
  const build = aBuild({ files, split });
  const manifest = pushImage(build.registry, PUBLISHED, ARM64);
  build.registry.addManifest(PUBLISHED, manifest, ['1.0-arm64']);
  build.registry.remove(
    { registry: 'build.example', name: 'run/1/app' },
    manifest.descriptor.digest,
  );
  return build;
}

/** The image `app` of a fragment under another shared tag, its platforms without tags. */
function taglessImage(info: ImageInfo, tag: string): readonly ImageInfo[] {
  const repos = info.repos.filter(({ repo }) => repo === 'app');
  const manifest = { sharedTags: [tag], syndicatedDigests: [] };
  return repos.map(({ repo, images }) => ({
    schemaVersion: '2.0' as const,
    repos: [
      {
        repo,
        images: images.map(({ platforms }) => ({
          ...{ manifest, platforms: platforms.map((row) => ({ ...row, simpleTags: [] })) },
        })),
      },
    ],
  }));
}

describe('CreateManifestLists import of missing platforms', () => {
  it('gives the list of a full build, and a row that is marked as unchanged', async () => {
    const full = await aBuild({ files: MANIFEST_FILE }).plan(MANIFEST);
    const plan = await partialBuild().plan(IMPORT);
    assert.deepEqual(
      plan.lists.map(({ digest, content }) => [digest, content]),
      full.lists.map(({ digest, content }) => [digest, content]),
    );
    const [, row] = imageOf(plan.imageInfo, 'app').platforms;
    const [, built] = imageOf(full.imageInfo, 'app').platforms;
    const { created, ...expected } = definite(built, 'the row of a full build');
    assert.notEqual(created, undefined);
    assert.deepEqual(row, { ...expected, isUnchanged: true });
    assert.deepEqual(plan.warnings, []);
  });

  it('copies the image with its tags and referrers, then where its list is syndicated to', async () => {
    const build = partialBuild();
    const { copies } = await build.plan(IMPORT);
    const digest = pushImage(build.registry, PUBLISHED, ARM64).descriptor.digest;
    assert.deepEqual(copies[0], {
      from: PUBLISHED,
      to: { registry: 'build.example', name: 'run/1/app' },
      withReferrers: true,
      images: [{ digest, tags: ['1.0-arm64'] }],
    });
    const [, mirrored] = copies;
    assert.deepEqual(mirrored?.to.name, 'run/1/mirror/app');
    assert.ok(mirrored.images.some((image) => image.digest === digest && image.tags.length === 0));
  });

  it('leaves the registry as a full build does, and is the same when done again', async () => {
    const { signal } = new AbortController();
    const build = partialBuild();
    const { registry, files } = build;
    const subject = pushImage(registry, PUBLISHED, ARM64).descriptor;
    const referrer = pushReferrer(registry, PUBLISHED, { subject, artifactType: 'a/sbom' });
    const writers = { registry, files };
    const { output } = inputsOf();
    await executePlan(await build.plan(IMPORT), output, { writers, signal });
    const once = registry.snapshot();
    const at = 'build.example/run/1';
    for (const line of [
      `${at}/app 1.0-arm64 -> ${subject.digest}`,
      `${at}/app manifest ${referrer.descriptor.digest}`,
      `${at}/mirror/app manifest ${subject.digest}`,
    ]) {
      assert.ok(once.includes(line), line);
    }
    await executePlan(await build.plan(IMPORT), output, { writers, signal });
    assert.deepEqual(registry.snapshot(), once);
  });

  it('looks where the inputs say', async () => {
    const build = partialBuild();
    const location = { registry: 'other.example', prefix: 'public' };
    const place = { registry: 'other.example', name: 'public/app' };
    const manifest = pushImage(build.registry, place, { ...ARM64, name: 'other' });
    build.registry.addManifest(place, manifest, ['1.0-arm64']);
    const published = { location, connection: undefined, scheme: undefined };
    const { copies } = await build.plan({ ...IMPORT, published });
    assert.deepEqual(copies[0]?.from, place);
  });

  it('finds a tagless platform under the tag of one that is built alike', async () => {
    const tagless = { ...PLATFORMS.arm64, tags: {} };
    const other = { sharedTags: { '1.0-other': {} }, platforms: [PLATFORMS.arm64] };
    const declared = JSON.stringify(manifestOf(PLATFORMS.amd64, tagless)).replace(
      '"images":[',
      `"images":[${JSON.stringify(other)},`,
    );
    const build = partialBuild({ '/working/manifest.json': Buffer.from(declared) });
    const { imageInfo } = await build.plan(IMPORT);
    assert.deepEqual(
      imageOf(imageInfo, 'app').platforms.map(({ simpleTags }) => simpleTags),
      [['1.0-amd64'], []],
    );
  });

  it('names every platform that is not published either, before anything is written', async () => {
    const tagless = { ...PLATFORMS.arm, tags: {} };
    const elsewhere = { ...PLATFORMS.arm64, dockerfile: 'src/else', tags: { '1.0-else': {} } };
    const build = partialBuild({
      '/working/manifest.json': manifestOf(PLATFORMS.amd64, elsewhere, tagless),
    });
    await assert.rejects(build.plan(IMPORT), {
      code: 'PLATFORM_MISSING',
      message: [
        '2 platforms that this run did not build cannot be imported:',
        '  app:1.0 lacks linux/arm64/v8 (src/else/Dockerfile): mcr.example/app:1.0-else is not there',
        '  app:1.0 lacks linux/arm32/v7 (src/arm/Dockerfile): no tag is declared for it',
      ].join('\n'),
    });
    assert.deepEqual(build.registry.writes, []);
  });

  it('wants to be told where images are published when the build manifest does not say', async () => {
    const declared = JSON.stringify(MANIFEST_FILE['/working/manifest.json']);
    const nowhere = Buffer.from(declared.replace('"registry":"mcr.example",', ''));
    const build = partialBuild({ '/working/manifest.json': nowhere });
    await assert.rejects(build.plan(IMPORT), {
      code: 'INPUT_INVALID',
      message: /publishedRegistry: is required: the build manifest names no registry/,
    });
  });

  it('refuses shared tags that the build did not record, whatever is imported', async () => {
    const text = JSON.stringify(MANIFEST_FILE['/working/manifest.json']);
    const more = Buffer.from(text.replace('"1.0":{}', '"1.0":{},"new":{}'));
    const build = partialBuild({ '/working/manifest.json': more });
    await assert.rejects(build.plan(IMPORT), {
      code: 'BUILD_MANIFEST_MISMATCH',
      message: /has the shared tags 1\.0, latest, but the build manifest gives 1\.0, latest, new/,
    });
    assert.deepEqual(build.registry.reads, []);
  });

  it('refuses a published image of another platform', async () => {
    const build = partialBuild();
    const wrong = pushImage(build.registry, PUBLISHED, { name: 'wrong' });
    build.registry.addManifest(PUBLISHED, wrong, ['1.0-arm64']);
    await assert.rejects(build.plan(IMPORT), {
      code: 'PLATFORM_MISMATCH',
      message: /mcr\.example\/app@sha256:.* is for linux\/amd64, but image-info says linux\/arm64/,
    });
  });

  it('fails when a published image disappears before it is copied', async () => {
    const build = partialBuild();
    const plan = await build.plan(IMPORT);
    const gone = digestOf(Buffer.from('gone'));
    const copies = plan.copies.map((step) => ({ ...step, images: [{ digest: gone, tags: [] }] }));
    const { registry, files } = build;
    const done = executePlan({ ...plan, copies }, inputsOf().output, {
      writers: { registry, files },
      signal: new AbortController().signal,
    });
    await assert.rejects(done, {
      code: 'CONTENT_NOT_FOUND',
      message: /not in the registry any more/,
    });
    assert.deepEqual(registry.writes, []);
  });

  it('keeps a published platform apart from the one of the same Dockerfile that was built', async () => {
    const variants = ['v6', 'v7'].map((variant) => ({
      ...{ name: variant, tags: [`1.0-${variant}`] },
      platform: { architecture: 'arm', variant },
    }));
    const declared = variants.map(({ platform, tags }) => ({
      ...{ os: 'linux', osVersion: 'noble', dockerfile: 'src/arm', ...platform },
      tags: Object.fromEntries(tags.map((tag) => [tag, {}])),
    }));
    const build = aBuild({
      images: [{ repo: 'app', sharedTags: ['1.0', 'latest'], platforms: variants }],
      files: { '/working/manifest.json': manifestOf(...declared) },
      split: (info) => {
        const text = JSON.stringify(info).replaceAll(/src\/v[67]/g, 'src/arm');
        return fragmentsOf(JSON.parse(text) as ImageInfo).slice(1);
      },
    });
    const [v6, v7] = variants.map((spec) => pushImage(build.registry, PUBLISHED, spec));
    const published = definite(v6, 'the image for v6');
    build.registry.addManifest(PUBLISHED, published, ['1.0-v6']);
    const { imageInfo, lists, warnings } = await build.plan(IMPORT);
    assert.deepEqual(
      imageOf(imageInfo, 'app').platforms.map(({ simpleTags, digest }) => [simpleTags, digest]),
      [
        [['1.0-v6'], `mcr.example/app@${published.descriptor.digest}`],
        [['1.0-v7'], `mcr.example/app@${definite(v7, 'the image for v7').descriptor.digest}`],
      ],
    );
    assert.deepEqual(
      lists[0]?.platforms.map(({ platform, isImported }) => [platform, isImported]),
      [
        ['linux/arm/v6', true],
        ['linux/arm/v7', undefined],
      ],
    );
    assert.deepEqual(warnings, []);
  });

  it('gives a tagless platform to each of the images that lack it', async () => {
    const tagless = [PLATFORMS.amd64, PLATFORMS.arm64].map((one) => ({ ...one, tags: {} }));
    const names = ['1.0-y', '1.0-z'];
    const others = names.map((tag) => ({ sharedTags: { [tag]: {} }, platforms: tagless }));
    const declared = JSON.stringify(manifestOf(PLATFORMS.amd64, PLATFORMS.arm64)).replace(
      '"images":[',
      `"images":[${others.map((image) => JSON.stringify(image)).join()},`,
    );
    const build = partialBuild({ '/working/manifest.json': Buffer.from(declared) }, names);
    const { lists, warnings } = await build.plan(IMPORT);
    assert.deepEqual(
      lists.map(({ repo, tags, platforms }) => [repo, tags, platforms.length]),
      [
        ['app', ['1.0', 'latest'], 2],
        ['mirror/app', ['latest'], 2],
        ['app', ['1.0-y'], 2],
        ['app', ['1.0-z'], 2],
      ],
    );
    assert.deepEqual(warnings, []);
  });

  it('refuses a list that importing does not complete', async () => {
    const tagless = { ...PLATFORMS.amd64, tags: {} };
    const variants = ['v7', 'v8'].map((variant) => ({ ...PLATFORMS.arm64, variant, tags: {} }));
    const other = { sharedTags: { '1.0-y': {} }, platforms: [tagless, ...variants] };
    const named = variants.map((one) => ({ ...one, tags: { [`1.0-${one.variant}`]: {} } }));
    const declared = JSON.stringify(manifestOf(PLATFORMS.amd64, ...named)).replace(
      '"images":[',
      `"images":[${JSON.stringify(other)},`,
    );
    const build = partialBuild({ '/working/manifest.json': Buffer.from(declared) }, ['1.0-y']);
    for (const tag of ['1.0-v7', '1.0-v8']) {
      build.registry.addManifest(PUBLISHED, pushImage(build.registry, PUBLISHED, ARM64), [tag]);
    }
    await assert.rejects(build.plan(IMPORT), {
      code: 'PLATFORM_MISSING',
      message:
        /would be incomplete:\n {2}app:1\.0-y lacks linux\/arm64\/v8 \(src\/arm64\/Dockerfile\)$/,
      hint: /cannot tell them from others/,
    });
  });
});
