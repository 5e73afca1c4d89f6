import assert from 'node:assert/strict';
import type { ImageInfo } from '../../../../shared/image-info/model.ts';
import { buildIndex } from '../../../../shared/oci/index-document.ts';
import { MediaType } from '../../../../shared/oci/media-types.ts';
import { repositoryAt } from '../../../../shared/oci/reference.ts';
import { buildSignatureManifest } from '../../../../shared/oci/signature-manifest.ts';
import { readSubjects } from '../../../../tasks/SignImageInfo/subjects.ts';
import type { SubjectFact } from '../../../../tasks/SignImageInfo/subjects.ts';
import { MemoryRegistry } from '../../../support/memory-registry.ts';
import { BUILD, jsonManifest, pushImage } from '../../../support/release.ts';
import { NOW } from '../../../support/signing.ts';
import { aSigningRun, firstOf } from './support.ts';

const APP = repositoryAt(BUILD, 'app');
const { signal } = new AbortController();

/** A document that names the list of the image `app`, but only one of its platforms. */
function withoutSecondPlatform(info: ImageInfo): ImageInfo {
  const repos = info.repos.map((repo) => ({
    ...repo,
    images: repo.images.map((image) => ({ ...image, platforms: image.platforms.slice(0, 1) })),
  }));
  return { ...info, repos };
}

function namesOf(subjects: readonly SubjectFact[]): readonly string[] {
  return subjects.map(({ publicName, descriptor }) => `${publicName}@${descriptor.digest}`);
}

describe('subjects readSubjects', () => {
  it('signs a platform of a list that image-info does not name', async () => {
    const all = namesOf((await aSigningRun().gather()).subjects);
    const { subjects } = await aSigningRun({ document: withoutSecondPlatform }).gather();
    assert.deepEqual(namesOf(subjects).toSorted(), all.toSorted());
  });

  it('signs no attestation of a list, for the signature of the list covers it', async () => {
    const registry = new MemoryRegistry();
    const image = pushImage(registry, APP, { name: 'image' }).descriptor;
    const provenance = pushImage(registry, APP, { name: 'provenance' }).descriptor;
    const annotations = {
      'vnd.docker.reference.digest': image.digest,
      'vnd.docker.reference.type': 'attestation-manifest',
    };
    const platform = { architecture: 'unknown', os: 'unknown' };
    const list = jsonManifest({
      ...{ mediaType: MediaType.ociIndex, schemaVersion: 2 },
      manifests: [image, { ...provenance, platform, annotations }],
    });
    registry.addManifest(APP, list);
    const { digest } = list.descriptor;
    const wanted = [{ repo: 'app', registry: 'mcr.example', digest }];
    const source = { location: BUILD, registry, signatures: undefined };
    assert.deepEqual(namesOf(await readSubjects(wanted, source, signal)), [
      `mcr.example/app@${digest}`,
      `mcr.example/app@${image.digest}`,
    ]);
  });

  it('names each that is missing, a child of a list too', async () => {
    const registry = new MemoryRegistry();
    const image = pushImage(registry, APP, { name: 'image' }).descriptor;
    const entries = [{ ...image, platform: { os: 'linux', architecture: 'amd64' } }];
    const list = buildIndex({ entries, mediaType: 'auto' });
    registry.addManifest(APP, list);
    registry.remove(APP, image.digest);
    const wanted = [{ repo: 'app', registry: '', digest: list.descriptor.digest }];
    const source = { location: BUILD, registry, signatures: undefined };
    await assert.rejects(readSubjects(wanted, source, signal), {
      code: 'CONTENT_NOT_FOUND',
      message: `1 manifest of image-info is not in the registry:\n  build.example/run/1/app@${image.digest}`,
    });
  });
});

describe('SignImageInfo planSigning beside an envelope that is none', () => {
  it('signs the digest all the same', async () => {
    const run = aSigningRun();
    const { repository, subject } = firstOf(await run.gather());
    const bytes = Buffer.from('garbage');
    const digest = run.registry.addBlob(repository, bytes);
    const envelope = { mediaType: MediaType.cose, digest, size: bytes.byteLength };
    const claims = { subject, envelope, thumbprints: ['0'.repeat(64)], signingTime: NOW };
    run.registry.addManifest(repository, buildSignatureManifest(claims));
    const { steps } = await run.plan();
    assert.deepEqual([...new Set(steps.map(({ kind }) => kind))], ['sign']);
  });
});
