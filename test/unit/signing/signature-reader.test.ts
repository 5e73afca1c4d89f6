import assert from 'node:assert/strict';
import { TaskError } from '../../../shared/core/errors.ts';
import type { Descriptor } from '../../../shared/oci/descriptor.ts';
import { digestOf } from '../../../shared/oci/digest.ts';
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

const QUIET = { warn: (): void => undefined };

async function find(
  registry: MemoryRegistry,
  { subject }: ReturnType<typeof aSubject>['target'],
  warnings: string[] = [],
) {
  const log = { warn: (line: string) => warnings.push(line) };
  const found = await createSignatureReader(registry, log).find(REPOSITORY, subject, signal);
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

  const strangers = [
    {
      name: 'has another size than its manifest says',
      bytes: 7,
      size: 9999,
      warning: /7 bytes, not/,
    },
    {
      name: 'is said to be larger than any',
      bytes: 7,
      size: 5_000_000,
      warning: /has 5000000 bytes/,
    },
    { name: 'is gone', bytes: undefined, size: 7, warning: /is not there/ },
  ];
  for (const { name, bytes, size, warning } of strangers) {
    it(`is not stopped by a signature of a stranger whose envelope ${name}`, async () => {
      const { registry, target } = aSubject();
      const good = await pushSignature(registry, target, { chain: CHAIN });
      const content = Buffer.alloc(7, 'x');
      const envelope = { mediaType: MediaType.cose, digest: digestOf(content), size };
      if (bytes !== undefined) registry.addBlob(REPOSITORY, content);
      const thumbprints = ['0'.repeat(64)];
      const manifest = buildSignatureManifest({
        ...{ subject: target.subject, envelope, thumbprints, signingTime: NOW },
      });
      registry.addManifest(REPOSITORY, manifest);
      const warnings: string[] = [];
      const found = await find(registry, target, warnings);
      assert.deepEqual(
        found.map(({ digest }) => digest),
        [good.descriptor.digest],
      );
      assert.equal(warnings.length, 1);
      const text = warnings.join();
      assert.ok(text.includes(`app@${manifest.descriptor.digest}, which is no signature`));
      assert.match(text, warning);
    });
  }

  it('does not read an envelope that is said to be larger than any', async () => {
    const { registry, target } = aSubject();
    const digest = registry.addBlob(REPOSITORY, Buffer.from('x'));
    const envelope = { mediaType: MediaType.cose, digest, size: 40 * 1024 * 1024 };
    const thumbprints = ['0'.repeat(64)];
    const claims = { subject: target.subject, envelope, thumbprints, signingTime: NOW };
    registry.addManifest(REPOSITORY, buildSignatureManifest(claims));
    assert.deepEqual(await find(registry, target), []);
    assert.ok(registry.reads.every((name) => !name.startsWith('blob')));
  });

  it('is not stopped by a manifest that is damaged or too large', async () => {
    const { registry, target } = aSubject();
    await pushSignature(registry, target, { chain: CHAIN });
    for (const code of ['DIGEST_MISMATCH', 'CONTENT_TOO_LARGE'] as const) {
      registry.beforeRead = (name) => {
        if (name.startsWith('manifest')) throw new TaskError(code, 'no');
      };
      assert.deepEqual(await find(registry, target), []);
    }
  });

  const failures = [
    'REGISTRY_UNAUTHORIZED',
    'REGISTRY_DENIED',
    'REGISTRY_THROTTLED',
    'REGISTRY_UNAVAILABLE',
    'REGISTRY_RESPONSE_INVALID',
  ] as const;
  for (const code of failures) {
    it(`does not take ${code} for absence`, async () => {
      const { registry, target } = aSubject();
      await pushSignature(registry, target, { chain: CHAIN });
      for (const part of ['blob', 'manifest', 'referrers']) {
        registry.beforeRead = (name) => {
          if (name.startsWith(part)) throw new TaskError(code, 'no');
        };
        await assert.rejects(find(registry, target), { code });
      }
    });
  }

  it('looks at the first 100 signatures of a subject that has more, and says so', async () => {
    const { registry, target } = aSubject();
    const good = await pushSignature(registry, target, { chain: CHAIN });
    const listed = { ...target.subject, artifactType: MediaType.notarySignature };
    const { digest } = target.subject;
    for (const { others, warned } of [
      { others: 99, warned: [] },
      {
        others: 100,
        warned: [
          `build.example/app@${digest} has 101 signatures: only the first 100 are looked at. Remove those that are not needed.`,
        ],
      },
    ]) {
      registry.falseReferrers.set(digest, new Array(others).fill(listed));
      registry.reads.length = 0;
      const warnings: string[] = [];
      const found = await find(registry, target, warnings);
      assert.deepEqual(
        found.map((one) => one.digest),
        [good.descriptor.digest],
      );
      assert.deepEqual(warnings, warned);
      assert.equal(registry.reads.filter((name) => name.startsWith('manifest')).length, 100);
    }
  });
});

describe('signature-reader findOne', () => {
  it('gives one signature, however many others come before it', async () => {
    const { registry, target } = aSubject();
    const { digest } = target.subject;
    const listed = { ...target.subject, artifactType: MediaType.notarySignature };
    const signed = await pushSignature(registry, target, { chain: CHAIN });
    const reader = createSignatureReader(registry, QUIET);
    const wanted = { subject: digest, signature: signed.descriptor.digest };
    registry.listReferrers = async () =>
      Promise.resolve([...new Array<Descriptor>(100).fill(listed), signed.descriptor]);
    assert.equal((await reader.findOne(REPOSITORY, wanted, signal))?.manifest, signed);
    assert.deepEqual(registry.reads.length, 2);
  });

  it('gives nothing for a signature that is there but not listed', async () => {
    const { registry, target } = aSubject();
    const signed = await pushSignature(registry, target, { chain: CHAIN });
    registry.hidesReferrers = true;
    const reader = createSignatureReader(registry, QUIET);
    const wanted = { subject: target.subject.digest, signature: signed.descriptor.digest };
    assert.equal(await reader.findOne(REPOSITORY, wanted, signal), undefined);
  });
});

describe('signature-reader read', () => {
  it('gives the envelope of a signature manifest, and nothing for another', async () => {
    const { registry, target } = aSubject();
    const reader = createSignatureReader(registry, QUIET);
    const signature = await pushSignature(registry, target, { chain: CHAIN });
    const read = await reader.read(REPOSITORY, signature, signal);
    assert.equal(read?.manifest, signature);
    assert.ok(read.envelope.byteLength > 0);
    const image = jsonManifest({ schemaVersion: 2, mediaType: MediaType.ociManifest, layers: [] });
    assert.equal(await reader.read(REPOSITORY, image, signal), undefined);
  });
});
