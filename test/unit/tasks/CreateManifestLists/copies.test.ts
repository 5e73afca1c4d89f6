import assert from 'node:assert/strict';
import { definite } from '../../../../shared/core/errors.ts';
import { MediaType } from '../../../../shared/oci/media-types.ts';
import { executePlan } from '../../../../tasks/CreateManifestLists/execute.ts';
import type { Plan } from '../../../../tasks/CreateManifestLists/plan.ts';
import { renderPlan } from '../../../../tasks/CreateManifestLists/report.ts';
import { SMALL_RELEASE, fragmentsOf, imageOf } from '../../../support/release.ts';
import { jsonManifest, pushImage } from '../../../support/release.ts';
import { MANIFEST, PLATFORMS, manifestOf } from './declared.ts';
import { aBuild, inputsOf } from './support.ts';
import type { Build } from './support.ts';

const APP = { registry: 'build.example', name: 'run/1/app' };
const MIRROR = { registry: 'build.example', name: 'run/1/mirror/app' };
const BASE = { registry: 'build.example', name: 'run/1/base' };

async function execute({ registry, files }: Build, plan: Plan): Promise<void> {
  const { signal } = new AbortController();
  await executePlan(plan, inputsOf().output, { writers: { registry, files }, signal });
}

function syndicatedTo(mirror: string, platform: object): object {
  return { ...platform, tags: { '1.0-x': { syndication: { repo: mirror } } } };
}

describe('CreateManifestLists syndication', () => {
  const both = { '/working/manifest.json': manifestOf(PLATFORMS.amd64, PLATFORMS.arm64) };

  it('plans the same list under the syndicated tags of the other repository', async () => {
    const { lists, imageInfo } = await aBuild({ files: both }).plan(MANIFEST);
    assert.deepEqual(
      lists.map(({ repo, repository, tags }) => ({ repo, repository, tags })),
      [
        { repo: 'app', repository: APP, tags: ['1.0', 'latest'] },
        { repo: 'mirror/app', repository: MIRROR, tags: ['latest'] },
      ],
    );
    const [own, mirrored] = lists;
    assert.equal(own?.content, mirrored?.content);
    assert.deepEqual(imageOf(imageInfo, 'app').manifest?.syndicatedDigests, [
      `mcr.example/mirror/app@${own?.digest ?? ''}`,
    ]);
  });

  it('brings the platforms there first, each once', async () => {
    const build = aBuild({ files: both });
    const plan = await build.plan(MANIFEST);
    const digests = plan.lists[0]?.platforms.map(({ digest }) => digest) ?? [];
    assert.deepEqual(plan.copies, [
      {
        ...{ from: APP, to: MIRROR, withReferrers: false },
        images: digests.map((digest) => ({ digest, tags: [] })),
      },
    ]);
    await execute(build, plan);
    assert.equal(
      build.registry.tags()['build.example/run/1/mirror/app:latest'],
      plan.lists[1]?.digest,
    );
  });

  it('lists only platforms that are syndicated themselves, where some are', async () => {
    const declared = manifestOf(syndicatedTo('mirror/app', PLATFORMS.amd64), PLATFORMS.arm64);
    const build = aBuild({ files: { '/working/manifest.json': declared } });
    const { lists, imageInfo } = await build.plan(MANIFEST);
    assert.deepEqual(
      lists.map(({ platforms }) => platforms.map(({ platform }) => platform)),
      [['linux/amd64', 'linux/arm64/v8'], ['linux/amd64']],
    );
    assert.deepEqual(imageOf(imageInfo, 'app').manifest?.syndicatedDigests, [
      `mcr.example/mirror/app@${lists[1]?.digest ?? ''}`,
    ]);
  });

  it('names the tags of platforms that are syndicated and not made there, with and without a list', async () => {
    const probe = { os: 'linux', osVersion: 'noble', dockerfile: 'src/probe' };
    const declared = JSON.stringify(manifestOf(syndicatedTo('mirror/app', PLATFORMS.amd64)));
    const tags = { '2.0': { syndication: { repo: 'old/probe', destinationTags: ['b', 'a'] } } };
    const manifest = JSON.parse(declared) as { repos: object[] };
    const repos = [
      manifest.repos[0],
      { name: 'tools/probe', images: [{ platforms: [{ ...probe, tags }] }] },
    ];
    const images = SMALL_RELEASE.map(({ platforms, ...image }) => ({
      ...{ ...image, platforms: platforms.slice(0, 1) },
    }));
    const files = { '/working/manifest.json': { ...manifest, repos } };
    const { warnings } = await aBuild({ images, files }).plan(MANIFEST);
    const reason = 'tags of platforms are not syndicated, only shared tags.';
    assert.deepEqual(warnings, [
      `mirror/app does not get 1.0-x: ${reason}`,
      `old/probe does not get a, b: ${reason}`,
    ]);
  });

  it('makes no list there of other platforms when those that are syndicated were not built', async () => {
    const declared = manifestOf(syndicatedTo('mirror/app', PLATFORMS.amd64), PLATFORMS.arm64);
    const build = aBuild({
      files: { '/working/manifest.json': declared },
      split: (info) =>
        fragmentsOf(info).filter((one) => !JSON.stringify(one).includes('src/amd64/Dockerfile')),
    });
    const plan = await build.plan({ ...MANIFEST, missingPlatforms: 'allow' });
    assert.deepEqual(
      plan.lists.map(({ repo }) => repo),
      ['app'],
    );
    assert.deepEqual(plan.copies, []);
    assert.deepEqual(imageOf(plan.imageInfo, 'app').manifest?.syndicatedDigests, []);
    assert.deepEqual(plan.warnings, [
      'app:1.0 lacks linux/amd64 (src/amd64/Dockerfile).',
      'mirror/app:latest is not made: this run has none of the platforms that are syndicated there.',
    ]);
  });

  it('replaces what an earlier run recorded', async () => {
    const build = aBuild({
      files: both,
      split: (info) => {
        const image = imageOf(info, 'app');
        const manifest = {
          sharedTags: ['1.0', 'latest'],
          syndicatedDigests: [`mcr.example/mirror/app@sha256:${'0'.repeat(64)}`],
        };
        const repos = [{ repo: 'app', images: [{ ...image, manifest }] }];
        return [{ ...info, repos }];
      },
    });
    const { imageInfo, lists } = await build.plan(MANIFEST);
    const digest = lists[1]?.digest ?? '';
    assert.deepEqual(imageOf(imageInfo, 'app').manifest?.syndicatedDigests, [
      `mcr.example/mirror/app@${digest}`,
    ]);
  });
});

describe('CreateManifestLists planCopies', () => {
  it('brings a platform from the repository that its digest names', async () => {
    const build = aBuild({
      split: (info) => [
        JSON.parse(
          JSON.stringify(info).replaceAll('mcr.example/app@', 'mcr.example/base@'),
        ) as typeof info,
      ],
    });
    const { registry } = build;
    const [spec] = SMALL_RELEASE[0]?.platforms ?? [];
    const manifest = pushImage(registry, BASE, definite(spec, 'a platform'));
    const { digest } = manifest.descriptor;
    registry.remove(APP, digest);
    const plan = await build.plan();
    assert.deepEqual(plan.copies, [
      { from: BASE, to: APP, withReferrers: false, images: [{ digest, tags: [] }] },
    ]);
    assert.equal(
      renderPlan(plan)[0],
      'copy 1 image from build.example/run/1/base to build.example/run/1/app',
    );
    await execute(build, plan);
    assert.deepEqual((await build.plan()).copies, []);
  });
});

describe('CreateManifestLists with attestations of BuildKit', () => {
  /** A build whose job for amd64 pushed an index with an attestation. */
  async function attestedBuild(): Promise<
    Build & { readonly attestation: string; readonly index: string }
  > {
    const build = aBuild({ split: (info) => [info] });
    const provenance = pushImage(build.registry, APP, { name: 'provenance' }).descriptor;
    const image = pushImage(build.registry, APP, { name: 'amd64' }).descriptor;
    const annotations = {
      'vnd.docker.reference.digest': image.digest,
      'vnd.docker.reference.type': 'attestation-manifest',
    };
    const platform = { architecture: 'unknown', os: 'unknown' };
    const document = jsonManifest({
      mediaType: MediaType.ociIndex,
      schemaVersion: 2,
      manifests: [image, { ...provenance, platform, annotations }],
    });
    build.registry.addManifest(APP, document);
    const { digest } = document.descriptor;
    const path = definite(build.fragments[0], 'a fragment');
    const text = Buffer.from(build.files.contents.get(path) ?? []).toString('utf8');
    await build.files.write(path, Buffer.from(text.replace(image.digest, digest)));
    return { ...build, attestation: provenance.digest, index: digest };
  }

  it('lists the image as if it had been pushed alone, and records it', async () => {
    const expected = await aBuild().plan();
    const build = await attestedBuild();
    const plan = await build.plan();
    assert.deepEqual(
      plan.lists.map(({ content }) => content),
      expected.lists.map(({ content }) => content),
    );
    assert.deepEqual(plan.imageInfo, expected.imageInfo);
    assert.equal(plan.lists[0]?.platforms[0]?.takenFrom, build.index);
    assert.match(renderPlan(plan).join('\n'), /linux\/amd64 [0-9a-f]{12} \(out of index /);
    assert.deepEqual(plan.warnings, []);
  });

  it('lists the attestation behind all images when it is to be kept', async () => {
    const build = await attestedBuild();
    const plan = await build.plan({ attestations: 'keep' });
    const list = JSON.parse(plan.lists[0]?.content ?? '') as {
      readonly manifests: readonly { readonly digest: string; readonly annotations?: object }[];
    };
    assert.equal(list.manifests.length, 3);
    assert.equal(list.manifests[2]?.digest, build.attestation);
    assert.equal(Object.keys(list.manifests[2].annotations ?? {}).length, 2);
    assert.equal(plan.lists[0]?.platforms.length, 2);
    await execute(build, plan);
  });
});
