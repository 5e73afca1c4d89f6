import assert from 'node:assert/strict';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { digestOf } from '../../../shared/oci/digest.ts';
import type { Digest } from '../../../shared/oci/digest.ts';
import { MediaType } from '../../../shared/oci/media-types.ts';
import type { StepResult } from '../../support/agent/step-finish.ts';
import { buildManifestOf } from '../../support/product/build-manifest.ts';
import { buildProduct } from '../../support/product/product.ts';
import { assertSucceeded } from './support/expect.ts';
import { PRODUCT, SIGNER, taskLabs } from './support/labs.ts';
import type { Lab } from './support/labs.ts';
import { BUILD_PREFIX, PUBLIC_PREFIX, writeFiles, writeTrust } from './support/stages.ts';
import { holesIn, tagsIn } from './support/tree.ts';

type Inputs = Readonly<Record<string, string>>;

/** Takes what the build left through all three tasks, with a gate that verifies. */
async function release(lab: Lab, inputs: Inputs): Promise<StepResult> {
  const handOver = async (step: StepResult, folder: string): Promise<void> => {
    assertSucceeded(step);
    const target = join(lab.agent.workspace, folder);
    await mkdir(target, { recursive: true });
    await cp(dirname(step.outputs['imageInfoPath'] ?? ''), target, { recursive: true });
  };
  await handOver(await lab.create({ inputs }), 'image-info');
  await handOver(await lab.sign(), 'image-info-signed');
  const trust = await writeTrust(lab.agent, SIGNER);
  const published = await lab.publish({
    inputs: { ...trust, requireSignatures: 'verified', imageInfoSignature: 'require' },
  });
  assertSucceeded(published);
  return published;
}

const VIEW = { prefix: PUBLIC_PREFIX, referrersApi: true };

describe('a release of syndicated lists', () => {
  const labs = taskLabs();
  after(() => labs.dispose());

  /** A build whose tags `latest` are in another repository too, under these tags. */
  async function syndicated(destinationTags: (name: string) => readonly string[]): Promise<Lab> {
    const lab = await labs.open('built');
    const text = JSON.stringify(buildManifestOf(PRODUCT, 'mirror'), (key, value: unknown) => {
      const { destinationTags: [name = ''] = [] } = (key === 'syndication' ? value : {}) as {
        readonly destinationTags?: readonly string[];
      };
      return name === ''
        ? value
        : { repo: `mirror/${name}`, destinationTags: destinationTags(name) };
    });
    await writeFiles(lab.agent.sources, { 'manifest.json': text });
    return lab;
  }

  it('has their shared tags there, and signatures of lists and platforms', async () => {
    const lab = await syndicated(() => []);
    const published = await release(lab, { manifest: 'manifest.json' });
    const tags = tagsIn(lab.target.store, PUBLIC_PREFIX);
    const mirrored = Object.keys(tags).filter((name) => name.startsWith('public/mirror/'));
    assert.deepEqual(mirrored.toSorted(), [
      'public/mirror/api:latest',
      'public/mirror/web:latest',
      'public/mirror/worker:latest',
    ]);
    for (const name of ['api', 'web', 'worker']) {
      assert.equal(tags[`public/mirror/${name}:latest`], tags[`public/shop/${name}:latest`]);
    }
    assert.deepEqual(holesIn(lab.target.store, VIEW), []);
    assert.equal(published.outputs['publishedTagCount'], '21');
  }).timeout(60_000);

  it('says which lists get no tag, for image-info does not know tags of other names', async () => {
    const lab = await syndicated((name) => [`${name}-latest`]);
    const published = await release(lab, { manifest: 'manifest.json' });
    const warnings = published.issues.map(({ message }) => message);
    assert.equal(warnings.length, 3, warnings.join('\n'));
    assert.match(
      warnings[0] ?? '',
      /^mirror\/api@sha256:\S+ gets no tag: at the source none of 2\.1, 2\.1\.0, latest of mirror\/api leads to it\.$/,
    );
    assert.equal(published.outputs['publishedTagCount'], '18');
  }).timeout(60_000);
});

/** Puts another digest in the place of one in a file. */
async function exchange(file: string, digest: Digest, other: Digest): Promise<void> {
  const text = await readFile(file, 'utf8');
  assert.ok(text.includes(digest), file);
  await writeFile(file, text.replaceAll(digest, other));
}

/** Lets every image of a repository stand in an index of its own with an attestation, as BuildKit pushes it. */
async function attest({ agent, source }: Lab, repo: string): Promise<readonly Digest[]> {
  const content = source.store.open(`${BUILD_PREFIX}/${repo}`);
  const put = (document: object, mediaType: string): Digest => {
    const bytes = Buffer.from(JSON.stringify(document));
    const digest = digestOf(bytes);
    content.manifests.set(digest, { digest, mediaType, bytes });
    return digest;
  };
  const blob = (text: string, mediaType: string): object => {
    const bytes = Buffer.from(text);
    content.blobs.set(digestOf(bytes), bytes);
    return { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
  };
  const attestations: Digest[] = [];
  const built = buildProduct(PRODUCT).filter(
    ({ image, isSuperseded }) => image.repo === repo && !isSuperseded,
  );
  for (const { leg, attempt, manifest } of built) {
    const { digest, size, mediaType } = manifest.descriptor;
    const attestation = {
      schemaVersion: 2,
      mediaType: MediaType.ociManifest,
      config: blob(
        '{"architecture":"unknown","os":"unknown"}',
        'application/vnd.oci.image.config.v1+json',
      ),
      layers: [blob(`{"subject":"${digest}"}`, 'application/vnd.in-toto+json')],
    };
    const attested = put(attestation, MediaType.ociManifest);
    attestations.push(attested);
    const entry = {
      mediaType: MediaType.ociManifest,
      digest: attested,
      size: Buffer.byteLength(JSON.stringify(attestation)),
      annotations: {
        'vnd.docker.reference.type': 'attestation-manifest',
        'vnd.docker.reference.digest': digest,
      },
      platform: { architecture: 'unknown', os: 'unknown' },
    };
    const manifests = [{ mediaType, digest, size }, entry];
    const index = { schemaVersion: 2, mediaType: MediaType.ociIndex, manifests };
    const path = join(`${leg}-image-info-${attempt}`, 'image-info.json');
    await exchange(join(agent.workspace, path), digest, put(index, MediaType.ociIndex));
  }
  return attestations;
}

describe('a release of images that BuildKit attests to', () => {
  const labs = taskLabs();
  after(() => labs.dispose());

  it('keeps the attestations in the signed lists, and needs no signature of their own', async () => {
    const lab = await labs.open('built');
    const attestations = await attest(lab, 'shop/web');
    const published = await release(lab, { attestations: 'keep' });
    const { tags, manifests } = lab.target.store.open(`${PUBLIC_PREFIX}/shop/web`);
    const list = manifests.get(tags.get('latest') ?? digestOf(Buffer.alloc(0)));
    const { manifests: entries } = JSON.parse(Buffer.from(list?.bytes ?? []).toString()) as {
      readonly manifests: readonly { readonly digest: Digest }[];
    };
    assert.deepEqual(
      entries
        .slice(-attestations.length)
        .map(({ digest }) => digest)
        .toSorted(),
      [...attestations.toSorted()],
    );
    for (const digest of attestations) assert.ok(manifests.has(digest), digest);
    const holes = holesIn(lab.target.store, VIEW);
    assert.deepEqual(
      holes.filter((hole) => !attestations.some((digest) => hole.includes(digest))),
      [],
    );
    assert.equal(published.outputs['publishedImageCount'], '12');
    assert.ok(published.lines.some((line) => line.includes(', 3 attestations (0 already there)')));
  }).timeout(60_000);
});
