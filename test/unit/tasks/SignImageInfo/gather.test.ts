import assert from 'node:assert/strict';
import { definite } from '../../../../shared/core/errors.ts';
import { parseImageDigest } from '../../../../shared/image-info/image-digest.ts';
import type { ImageInfo } from '../../../../shared/image-info/model.ts';
import { serialiseImageInfo } from '../../../../shared/image-info/write.ts';
import { imageOf } from '../../../support/release.ts';
import { pushSignature } from '../../../support/signing.ts';
import { CHAIN, TRUST, aSigningRun, firstOf } from './support.ts';

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** A document whose manifest list was not made yet. */
function withoutList(info: ImageInfo): ImageInfo {
  return {
    ...info,
    repos: info.repos.map((repo) => ({
      ...repo,
      images: repo.images.map((image) => ({
        ...image,
        ...(image.manifest === undefined ? {} : { manifest: { ...image.manifest, digest: '' } }),
      })),
    })),
  };
}

describe('SignImageInfo gatherFacts', () => {
  it('looks at every platform and list, and keeps the bytes of image-info', async () => {
    const run = aSigningRun();
    const facts = await run.gather();
    const app = imageOf(run.info, 'app');
    const probe = imageOf(run.info, 'tools/probe');
    const named = [...app.platforms, app.manifest, ...probe.platforms].map((row) => row?.digest);
    assert.deepEqual(
      facts.subjects.map(({ publicName, descriptor }) => `${publicName}@${descriptor.digest}`),
      named,
    );
    assert.deepEqual(
      facts.subjects.map(({ repository }) => repository.name),
      ['run/1/app', 'run/1/app', 'run/1/app', 'run/1/tools/probe'],
    );
    assert.deepEqual(facts.imageInfo, serialiseImageInfo(run.info));
    assert.deepEqual(facts.chain?.map(hexOf), CHAIN.chainDer.map(hexOf));
    assert.equal(facts.trust, undefined);
    assert.deepEqual(run.registry.writes, []);
  });

  it('finds the signatures that are there', async () => {
    const run = aSigningRun();
    const target = firstOf(await run.gather());
    const signature = await pushSignature(run.registry, target, { chain: CHAIN });
    const { subjects } = await run.gather();
    assert.deepEqual(
      subjects.map(({ signatures }) => signatures.map((one) => one.manifest.descriptor.digest)),
      [[signature.descriptor.digest], [], [], []],
    );
  });

  it('does not look for signatures where it adds one whatever there is', async () => {
    const run = aSigningRun();
    const target = firstOf(await run.gather());
    await pushSignature(run.registry, target, { chain: CHAIN });
    run.registry.reads.length = 0;
    const { subjects } = await run.gather({ existingSignatures: 'add' });
    assert.ok(subjects.every(({ signatures }) => signatures.length === 0));
    assert.ok(run.registry.reads.every((read) => read.startsWith('manifest')));
  });

  it('uses the repository as public name where image-info names no registry', async () => {
    const document = (info: ImageInfo): ImageInfo =>
      JSON.parse(JSON.stringify(info).replaceAll('mcr.example/', '')) as ImageInfo;
    const { subjects } = await aSigningRun({ document }).gather();
    assert.equal(subjects[0]?.publicName, 'app');
  });

  it('reads the trust that is given', async () => {
    const { trust } = await aSigningRun().gather({ trust: TRUST });
    assert.equal(trust?.policy.statements.length, 1);
    assert.equal(trust.store.get('ca:release')?.length, 1);
  });

  it('lists everything that is not in the registry', async () => {
    const run = aSigningRun();
    const gone = imageOf(run.info, 'app').platforms.map(({ digest }) =>
      parseImageDigest(digest, ''),
    );
    const repository = { registry: 'build.example', name: 'run/1/app' };
    const digests = gone.map((one) => definite(one.ok ? one.value.digest : undefined, 'a digest'));
    for (const digest of digests) run.registry.remove(repository, digest);
    await assert.rejects(run.gather(), {
      code: 'CONTENT_NOT_FOUND',
      message: `2 manifests of image-info are not in the registry:\n${digests
        .map((digest) => `  build.example/run/1/app@${digest}`)
        .join('\n')}`,
    });
  });

  it('refuses image-info whose lists were not made, before it reads the registry', async () => {
    const run = aSigningRun({ document: withoutList });
    await assert.rejects(run.gather(), {
      code: 'IMAGE_INFO_INVALID',
      message: '/workspace/image-info.json has no digest for:\n  app:1.0',
    });
    assert.deepEqual(run.registry.reads, []);
  });

  it('refuses a file that is not image-info', async () => {
    const document = (): ImageInfo => ({
      schemaVersion: '2.0',
      repos: [{ repo: 'A', images: [] }],
    });
    await assert.rejects(aSigningRun({ document }).gather(), {
      code: 'IMAGE_INFO_INVALID',
      message: /repos\[0\]\.repo/,
      hint: /that CreateManifestLists wrote/,
    });
  });
});
