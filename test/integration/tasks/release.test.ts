import assert from 'node:assert/strict';
import type { Digest } from '../../../shared/oci/digest.ts';
import { MediaType } from '../../../shared/oci/media-types.ts';
import type { ContentStore } from '../../support/registry/store.ts';
import { assertSucceeded } from './support/expect.ts';
import { PRODUCT, SIGNER, taskLabs } from './support/labs.ts';
import type { Lab } from './support/labs.ts';
import {
  BUILD_PREFIX,
  PUBLIC_PREFIX,
  runPublish,
  runSign,
  writeSigner,
  writeTrust,
} from './support/stages.ts';
import { envelopeTypesIn, holesIn, manifestsIn, platformTagsOf, tagsIn } from './support/tree.ts';

const releases = [
  { name: 'with COSE to another registry', format: 'cose', way: 'stream', referrersApi: true },
  {
    name: 'with JWS to another prefix of the registry',
    format: 'jws',
    way: 'mount',
    referrersApi: true,
  },
  {
    name: 'from a registry without a referrers API',
    format: 'cose',
    way: 'stream',
    referrersApi: true,
    source: { referrersApi: false },
  },
  {
    name: 'to a registry without a referrers API',
    format: 'jws',
    way: 'stream',
    referrersApi: false,
    target: { referrersApi: false },
  },
  {
    name: 'within a registry without a referrers API',
    format: 'cose',
    way: 'mount',
    referrersApi: false,
    source: { referrersApi: false },
  },
  {
    name: 'between registries that mount nothing, name no digests and page their lists',
    format: 'cose',
    way: 'stream',
    referrersApi: true,
    source: { referrersPageSize: 1, digestHeader: false, absoluteLocations: true },
    target: { referrersPageSize: 1, digestHeader: false, absoluteLocations: true, mount: false },
  },
] as const;

const ENVELOPES = { cose: MediaType.cose, jws: MediaType.jws } as const;

/** The stages of a pipeline, each in a job of its own that gets only the artifact of the one before. */
async function release(lab: Lab, format: string, target: string): Promise<void> {
  const registry = lab.source.host;
  const created = await lab.create({ inputs: { artifactName: 'image-info' } });
  assertSucceeded(created);
  assert.equal(created.outputs['manifestListCount'], '3');
  assert.equal(created.outputs['noImageInfo'], 'false');
  assert.deepEqual(created.uploads, ['image-info']);

  const signing = await lab.agent.newJob();
  await signing.downloadArtifact('image-info');
  await writeSigner(signing, SIGNER);
  const signInputs = { signatureFormat: format, artifactName: 'image-info-signed' };
  const signed = await runSign({ agent: signing, registry, inputs: signInputs });
  assertSucceeded(signed);
  assert.equal(signed.outputs['signedCount'], '12');
  assert.equal(signed.outputs['skippedCount'], '0');
  assert.deepEqual(signed.uploads, ['image-info-signed']);
  const [summary] = signed.summaries;
  assert.equal(summary?.name, 'Signatures.md');
  assert.match(summary.content, /^\*\*12 digests signed, 0 signed already, 0 failed\*\*$/m);

  const publishing = await lab.agent.newJob();
  await publishing.downloadArtifact('image-info-signed');
  const trust = await writeTrust(publishing, SIGNER);
  const publishInputs = { ...trust, artifactName: 'image-info-final' };
  const sites = { source: registry, target };
  const published = await runPublish({ agent: publishing, ...sites, inputs: publishInputs });
  assertSucceeded(published);
  assert.equal(published.outputs['publishedImageCount'], '12');
  assert.equal(published.outputs['publishedTagCount'], '18');
  assert.deepEqual(published.uploads, ['image-info-final']);
}

/** All tags that the release must have at the target: those of platforms as built, those of lists as created. */
function wantedTags(source: ContentStore): Readonly<Record<string, Digest | undefined>> {
  const created = tagsIn(source, BUILD_PREFIX);
  const shared = PRODUCT.images.flatMap(({ repo, sharedTags }) =>
    sharedTags.map((tag) => [
      `${PUBLIC_PREFIX}/${repo}:${tag}`,
      created[`${BUILD_PREFIX}/${repo}:${tag}`],
    ]),
  );
  const lists = Object.fromEntries(shared) as Record<string, Digest | undefined>;
  return { ...platformTagsOf(PUBLIC_PREFIX, PRODUCT), ...lists };
}

describe('tasks release', () => {
  const labs = taskLabs();
  after(() => labs.dispose());

  for (const { name, format, way, referrersApi, ...options } of releases) {
    it(`goes from fragments to published tags ${name}`, async () => {
      const lab = await labs.open('built', options);
      const target = way === 'mount' ? lab.source : lab.target;
      await release(lab, format, target.host);
      assert.deepEqual(tagsIn(target.store, PUBLIC_PREFIX), wantedTags(lab.source.store));
      assert.deepEqual(holesIn(target.store, { prefix: PUBLIC_PREFIX, referrersApi }), []);
      assert.deepEqual(envelopeTypesIn(target.store, PUBLIC_PREFIX), [ENVELOPES[format]]);
      const built = manifestsIn(lab.source.store, BUILD_PREFIX);
      const copied = manifestsIn(target.store, PUBLIC_PREFIX);
      assert.equal(copied.size, 24);
      for (const [key, bytes] of copied) assert.equal(bytes, built.get(key), key);
    }).timeout(60_000);
  }

  it('mounts every blob within one registry', async () => {
    const lab = await labs.open('signed');
    lab.source.resetRequests();
    assertSucceeded(await lab.publish({ target: lab.source.host }));
    const { requests } = lab.source;
    const mounts = requests.filter(({ path }) => path.includes('mount='));
    assert.ok(mounts.length > 0);
    assert.deepEqual([...new Set(mounts.map(({ status }) => status))], [201]);
    assert.deepEqual(
      requests.filter(({ method, path }) => method === 'PUT' && path.includes('/blobs/')),
      [],
    );
  });

  it('streams every blob when it may not mount', async () => {
    const lab = await labs.open('signed');
    lab.source.resetRequests();
    assertSucceeded(
      await lab.publish({ target: lab.source.host, inputs: { copyMethod: 'stream' } }),
    );
    const { requests } = lab.source;
    assert.deepEqual(
      requests.filter(({ path }) => path.includes('mount=')),
      [],
    );
    assert.deepEqual(holesIn(lab.source.store, { prefix: PUBLIC_PREFIX, referrersApi: true }), []);
  });
});
