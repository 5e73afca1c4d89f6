import assert from 'node:assert/strict';
import type { ImageInfo } from '../../../shared/image-info/model.ts';
import { digestOf } from '../../../shared/oci/digest.ts';
import type { Digest } from '../../../shared/oci/digest.ts';
import { MediaType } from '../../../shared/oci/media-types.ts';
import type { StepResult } from '../../support/agent/step-finish.ts';
import { buildManifestOf } from '../../support/product/build-manifest.ts';
import { assertRefused, assertSucceeded, assertUntouched } from './support/expect.ts';
import { PRODUCT, readJson, taskLabs } from './support/labs.ts';
import type { Lab } from './support/labs.ts';
import { LOST, LOST_IMAGE, MIRROR, partialBuild } from './support/partial-build.ts';
import { BUILD_PREFIX, PUBLIC_PREFIX, writeFiles } from './support/stages.ts';

/** Tags of the build location with their digests, those of the mirror included. */
function builtTags({ source }: Lab): Readonly<Record<string, string>> {
  const entries = source.store
    .names()
    .flatMap((name) =>
      [...source.store.open(name).tags].map(([tag, digest]) => [`${name}:${tag}`, digest] as const),
    );
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

async function imageInfoOf({ outputs }: StepResult): Promise<ImageInfo> {
  return (await readJson(outputs['imageInfoPath'] ?? '')) as ImageInfo;
}

describe('CreateManifestLists with missing platforms', () => {
  const labs = taskLabs();
  after(() => labs.dispose());
  const inputs = { manifest: 'manifest.json' };
  let fullTags: Readonly<Record<string, string>>;
  let fullInfo: ImageInfo;

  before(async () => {
    const lab = await labs.open('built');
    const manifest = JSON.stringify(buildManifestOf(PRODUCT, MIRROR));
    await writeFiles(lab.agent.sources, { 'manifest.json': manifest });
    const step = await lab.create({ inputs });
    assertSucceeded(step);
    fullTags = builtTags(lab);
    fullInfo = await imageInfoOf(step);
  });

  it('fails with every incomplete list and its platforms, before anything is written', async () => {
    const lab = await partialBuild(labs);
    const step = await lab.create({ inputs });
    const lacks = LOST.map(
      ({ image, dockerfile }) =>
        `${image.repo}:${image.sharedTags[0] ?? ''} lacks windows/amd64 (${dockerfile})`,
    );
    assert.equal(lacks.length, 1);
    assertRefused(step, {
      code: 'PLATFORM_MISSING',
      says: ['1 manifest list would be incomplete', ...lacks, 'set missingPlatforms to import'],
    });
    await assertUntouched(lab, step);
    assert.deepEqual(lab.source.requests, []);
  });

  it('creates lists without them and warns when that is allowed', async () => {
    const lab = await partialBuild(labs);
    const step = await lab.create({ inputs: { ...inputs, missingPlatforms: 'allow' } });
    assertSucceeded(step);
    assert.deepEqual(
      step.issues.map(({ type, message }) => [type, message]),
      [['warning', `shop/api:2.1 lacks windows/amd64 (${LOST_IMAGE?.dockerfile ?? ''}).`]],
    );
    const { repos } = await imageInfoOf(step);
    assert.deepEqual(
      repos.map(({ images }) => images.map(({ platforms }) => platforms.length)),
      [[3], [3], [2]],
    );
  });

  it('imports them with tags and referrers: the result is that of a full build', async () => {
    const lab = await partialBuild(labs);
    const from = lab.target.store.open(`${PUBLIC_PREFIX}/shop/api`);
    const digest = LOST_IMAGE?.manifest.descriptor.digest;
    assert.ok(digest !== undefined);
    const sbom = addReferrer(from, digest);
    const step = await lab.create({
      inputs: {
        ...inputs,
        missingPlatforms: 'import',
        publishedRegistry: lab.target.host,
        publishedRepositoryPrefix: PUBLIC_PREFIX,
      },
    });
    assertSucceeded(step);
    assert.deepEqual(builtTags(lab), fullTags);
    const { manifests } = lab.source.store.open(`${BUILD_PREFIX}/shop/api`);
    assert.ok(manifests.has(sbom));
    const info = await imageInfoOf(step);
    const rows = info.repos[0]?.images[0]?.platforms ?? [];
    assert.deepEqual(
      rows.filter((row) => row.isUnchanged).map((row) => row.digest.split('@')[1]),
      [digest],
    );
    assert.deepEqual(
      info.repos.map(({ images }) => images.map(({ manifest }) => manifest?.digest)),
      fullInfo.repos.map(({ images }) => images.map(({ manifest }) => manifest?.digest)),
    );
    assert.ok(step.lines.some((line) => line.endsWith(' (imported)')));
    assert.deepEqual(step.issues, []);
  });

  it('says which platforms are not published either', async () => {
    const lab = await partialBuild(labs);
    const [tag = ''] = LOST_IMAGE?.simpleTags ?? [];
    lab.target.store.open(`${PUBLIC_PREFIX}/shop/api`).tags.delete(tag);
    const step = await lab.create({
      inputs: {
        ...inputs,
        missingPlatforms: 'import',
        publishedRegistry: lab.target.host,
        publishedRepositoryPrefix: PUBLIC_PREFIX,
      },
    });
    assertRefused(step, {
      code: 'PLATFORM_MISSING',
      says: [`${lab.target.host}/${PUBLIC_PREFIX}/shop/api:${tag} is not there`],
    });
    await assertUntouched(lab, step);
  });

  it('makes lists in the repository that tags are syndicated to, with their children', () => {
    const mirror = `${BUILD_PREFIX}/${MIRROR}`;
    for (const name of ['api', 'web', 'worker']) {
      assert.equal(fullTags[`${mirror}:${name}`], fullTags[`${BUILD_PREFIX}/shop/${name}:latest`]);
    }
    const digests = fullInfo.repos.flatMap(({ repo, images }) =>
      images.map(({ manifest }) => [repo, manifest?.digest, manifest?.syndicatedDigests] as const),
    );
    assert.equal(digests.length, 3);
    for (const [repo, digest = '', syndicated] of digests) {
      assert.deepEqual(syndicated, [digest.replace(`/${repo}@`, `/${MIRROR}@`)]);
    }
  });
});

/** Adds an artifact that refers to a manifest, as a tool for SBOMs does. */
function addReferrer(
  { manifests, blobs }: ReturnType<Lab['source']['store']['open']>,
  subject: Digest,
): Digest {
  const target = [...manifests.values()].find(({ digest }) => digest === subject);
  assert.ok(target !== undefined);
  const empty = Buffer.from('{}');
  const config = { mediaType: MediaType.empty, digest: digestOf(empty), size: 2 };
  blobs.set(config.digest, empty);
  const document = {
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    artifactType: 'application/spdx+json',
    config,
    layers: [config],
    subject: {
      mediaType: target.mediaType,
      digest: target.digest,
      size: target.bytes.byteLength,
    },
  };
  const bytes = Buffer.from(JSON.stringify(document));
  const digest = digestOf(bytes);
  manifests.set(digest, {
    ...{ digest, mediaType: MediaType.ociManifest, bytes, artifactType: document.artifactType },
    subject: target.digest,
  });
  return digest;
}
