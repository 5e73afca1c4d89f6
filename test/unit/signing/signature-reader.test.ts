import assert from 'node:assert/strict';
import { TaskError } from '../../../shared/core/errors.ts';
import { MediaType } from '../../../shared/oci/media-types.ts';
import { buildSignatureManifest } from '../../../shared/oci/signature-manifest.ts';
import { createSignatureReader } from '../../../shared/signing/signature-reader.ts';
import { makeChain } from '../../support/certificates.ts';
import { MemoryRegistry } from '../../support/memory-registry.ts';
import { jsonManifest, pushImage, pushReferrer } from '../../support/release.ts';
import { NOW, pushSignature } from '../../support/signing.ts';

const CHAIN = makeChain();
const REPOSITORY = { registry: 'build.example', name: 'app' };
const { signal } = new AbortController();

function aSubject(): {
  readonly registry: MemoryRegistry;
  readonly target: Parameters<typeof pushSignature>[1];
} {
  const registry = new MemoryRegistry();
  const { descriptor } = pushImage(registry, REPOSITORY, { name: 'amd64' });
  return { registry, target: { repository: REPOSITORY, subject: descriptor } };
}

async function find(registry: MemoryRegistry, { subject }: ReturnType<typeof aSubject>['target']) {
  const found = await createSignatureReader(registry).find(REPOSITORY, subject, signal);
  return found.map(({ manifest, mediaType }) => ({
    digest: manifest.descriptor.digest,
    mediaType,
  }));
}

describe('signature-reader find', () => {
  it('finds signatures of both formats, and no other referrers', async () => {
    const { registry, target } = aSubject();
    const cose = await pushSignature(registry, target, { chain: CHAIN });
    const jws = await pushSignature(registry, target, { chain: CHAIN, format: 'jws' });
    pushReferrer(registry, REPOSITORY, { ...target, artifactType: 'application/spdx+json' });
    assert.deepEqual(await find(registry, target), [
      { digest: cose.descriptor.digest, mediaType: MediaType.cose },
      { digest: jws.descriptor.digest, mediaType: MediaType.jws },
    ]);
    assert.deepEqual(registry.writes, []);
  });

  it('looks into a referrer whose type the listing does not tell', async () => {
    const { registry, target } = aSubject();
    const signature = await pushSignature(registry, target, { chain: CHAIN });
    const sbom = pushReferrer(registry, REPOSITORY, { ...target, artifactType: 'a/b' });
    registry.hidesReferrers = true;
    registry.listReferrers = async () => Promise.resolve([signature.descriptor, sbom.descriptor]);
    const found = await find(registry, target);
    assert.deepEqual(
      found.map(({ digest }) => digest),
      [signature.descriptor.digest],
    );
  });

  it('passes over what is listed but gone, or no well-formed signature', async () => {
    const { registry, target } = aSubject();
    const gone = await pushSignature(registry, target, { chain: CHAIN });
    const listed = { ...gone.descriptor, artifactType: MediaType.notarySignature };
    registry.remove(REPOSITORY, gone.descriptor.digest);
    registry.falseReferrers.set(target.subject.digest, [listed]);
    pushReferrer(registry, REPOSITORY, { ...target, artifactType: MediaType.notarySignature });
    assert.deepEqual(await find(registry, target), []);
  });

  it('F6 passes over a signature of another subject that is listed all the same', async () => {
    const { registry, target } = aSubject();
    const { descriptor } = pushImage(registry, REPOSITORY, { name: 'arm64' });
    const other = await pushSignature(
      registry,
      { ...target, subject: descriptor },
      { chain: CHAIN },
    );
    registry.falseReferrers.set(target.subject.digest, [other.descriptor]);
    assert.deepEqual(await find(registry, target), []);
  });

  it('passes over a signature whose envelope is gone', async () => {
    const { registry, target } = aSubject();
    const good = await pushSignature(registry, target, { chain: CHAIN });
    const lost = { mediaType: MediaType.cose, digest: target.subject.digest, size: 1 };
    const thumbprints = ['0'.repeat(64)];
    const dangling = { subject: target.subject, envelope: lost, thumbprints, signingTime: NOW };
    registry.addManifest(REPOSITORY, buildSignatureManifest(dangling));
    const found = await find(registry, target);
    assert.deepEqual(
      found.map(({ digest }) => digest),
      [good.descriptor.digest],
    );
  });

  it('does not take a refusal for absence', async () => {
    const { registry, target } = aSubject();
    await pushSignature(registry, target, { chain: CHAIN });
    registry.beforeRead = (name) => {
      if (name.startsWith('blob')) throw new TaskError('REGISTRY_DENIED', 'no');
    };
    await assert.rejects(find(registry, target), { code: 'REGISTRY_DENIED' });
  });

  it('refuses a subject with more than 100 signatures', async () => {
    const { registry, target } = aSubject();
    const listed = { ...target.subject, artifactType: MediaType.notarySignature };
    registry.falseReferrers.set(target.subject.digest, new Array(101).fill(listed));
    await assert.rejects(find(registry, target), {
      code: 'SIGNATURE_INVALID',
      message: `build.example/app@${target.subject.digest} has 101 signatures.`,
    });
    registry.falseReferrers.set(target.subject.digest, new Array(100).fill(listed));
    assert.deepEqual(await find(registry, target), []);
  });
});

describe('signature-reader read', () => {
  it('gives the envelope of a signature manifest, and nothing for another', async () => {
    const { registry, target } = aSubject();
    const reader = createSignatureReader(registry);
    const signature = await pushSignature(registry, target, { chain: CHAIN });
    const read = await reader.read(REPOSITORY, signature, signal);
    assert.equal(read?.manifest, signature);
    assert.ok(read.envelope.byteLength > 0);
    const image = jsonManifest({ schemaVersion: 2, mediaType: MediaType.ociManifest, layers: [] });
    assert.equal(await reader.read(REPOSITORY, image, signal), undefined);
  });
});
