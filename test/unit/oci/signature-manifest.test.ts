import assert from 'node:assert/strict';
import { digestOf } from '../../../shared/oci/digest.ts';
import { documentOf } from '../../../shared/oci/manifest-document.ts';
import { MediaType } from '../../../shared/oci/media-types.ts';
import {
  EMPTY_CONFIG,
  buildSignatureManifest,
  readSignatureManifest,
} from '../../../shared/oci/signature-manifest.ts';

const SUBJECT = {
  mediaType: MediaType.ociIndex,
  digest: digestOf(Buffer.from('subject')),
  size: 1234,
  annotations: { not: 'copied' },
};
const ENVELOPE = {
  mediaType: MediaType.cose,
  digest: digestOf(Buffer.from('envelope')),
  size: 4350,
};
const REQUEST = {
  subject: SUBJECT,
  envelope: ENVELOPE,
  thumbprints: ['0a'.repeat(32), '1b'.repeat(32)],
  signingTime: new Date('2026-11-22T03:53:12.987Z'),
};

describe('signature-manifest buildSignatureManifest', () => {
  it('writes the bytes that the reference implementation writes', () => {
    const { bytes, descriptor } = buildSignatureManifest(REQUEST);
    assert.equal(
      Buffer.from(bytes).toString(),
      '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",' +
        '"artifactType":"application/vnd.cncf.notary.signature",' +
        '"config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2,"data":"e30="},' +
        `"layers":[{"mediaType":"application/cose","digest":"${ENVELOPE.digest}","size":4350}],` +
        `"subject":{"mediaType":"application/vnd.oci.image.index.v1+json","digest":"${SUBJECT.digest}","size":1234},` +
        `"annotations":{"io.cncf.notary.x509chain.thumbprint#S256":"[\\"${'0a'.repeat(32)}\\",\\"${'1b'.repeat(32)}\\"]",` +
        '"org.opencontainers.image.created":"2026-11-22T03:53:12Z"}}',
    );
    assert.equal(descriptor.mediaType, MediaType.ociManifest);
  });

  it('takes thumbprints in another form for our own mistake', () => {
    for (const thumbprints of [[], ['0A'.repeat(32)], ['x'], ['0a'.repeat(32), 'x']]) {
      assert.throws(() => buildSignatureManifest({ ...REQUEST, thumbprints }), {
        name: 'BugError',
      });
    }
  });
});

describe('signature-manifest readSignatureManifest', () => {
  const subject = { mediaType: SUBJECT.mediaType, digest: SUBJECT.digest, size: SUBJECT.size };
  const read = (
    json: object,
    mediaType: string = MediaType.ociManifest,
  ): ReturnType<typeof readSignatureManifest> =>
    readSignatureManifest(documentOf(Buffer.from(JSON.stringify(json)), mediaType));

  const forms = [
    {
      name: 'an artifact type and the empty config',
      json: {
        artifactType: MediaType.notarySignature,
        config: EMPTY_CONFIG,
        layers: [ENVELOPE],
        subject,
      },
    },
    {
      name: 'the signature type as config type',
      json: {
        config: { ...EMPTY_CONFIG, mediaType: MediaType.notarySignature },
        layers: [ENVELOPE],
        subject,
      },
    },
    {
      name: 'an artifact manifest',
      mediaType: MediaType.ociArtifact,
      json: { artifactType: MediaType.notarySignature, blobs: [ENVELOPE], subject },
    },
  ];
  for (const { name, json, mediaType } of forms) {
    it(`reads a signature with ${name}`, () => {
      assert.deepEqual(read(json, mediaType), {
        ok: true,
        value: { subject, envelope: ENVELOPE, annotations: {} },
      });
    });
  }

  it('reads what was built', () => {
    const result = readSignatureManifest(buildSignatureManifest(REQUEST));
    assert.ok(result.ok);
    assert.deepEqual(result.value?.envelope, ENVELOPE);
    assert.deepEqual(result.value.subject, subject);
  });

  const others = [
    { name: 'an image', json: { config: { ...EMPTY_CONFIG, mediaType: 'x/config' }, layers: [] } },
    {
      name: 'a signature type with the config of something else',
      json: {
        artifactType: MediaType.notarySignature,
        config: { ...EMPTY_CONFIG, mediaType: 'x/config' },
        layers: [ENVELOPE],
        subject,
      },
    },
  ];
  for (const { name, json } of others) {
    it(`says undefined for ${name}`, () => {
      assert.deepEqual(read(json), { ok: true, value: undefined });
    });
  }

  const base = { artifactType: MediaType.notarySignature, config: EMPTY_CONFIG };
  const rejected = [
    { name: 'no subject', json: { ...base, layers: [ENVELOPE] }, path: 'subject' },
    { name: 'no envelope', json: { ...base, layers: [], subject }, path: 'layers' },
    {
      name: 'two envelopes',
      json: { ...base, layers: [ENVELOPE, ENVELOPE], subject },
      path: 'layers',
    },
  ];
  for (const { name, json, path } of rejected) {
    it(`rejects a signature with ${name}`, () => {
      const result = read(json);
      assert.ok(!result.ok);
      assert.equal(result.problems[0]?.path, path);
    });
  }
});
