import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { definite } from '../../../shared/core/errors.ts';
import { parseTrustPolicy } from '../../../shared/notary/trust-policy.ts';
import { parseTrustStore } from '../../../shared/notary/trust-store.ts';
import { draftEnvelope, parseEnvelope } from '../../../shared/notary/envelope.ts';
import type { Envelope } from '../../../shared/notary/envelope.ts';
import { buildPayload } from '../../../shared/notary/payload.ts';
import type { EnvelopeFormat } from '../../../shared/notary/payload.ts';
import { formatFailures, verifySignature } from '../../../shared/notary/verify.ts';
import type { Trust } from '../../../shared/notary/verify.ts';
import { digestOf } from '../../../shared/oci/digest.ts';
import { documentOf } from '../../../shared/oci/manifest-document.ts';
import { MediaType } from '../../../shared/oci/media-types.ts';
import { readSignatureManifest } from '../../../shared/oci/signature-manifest.ts';
import { createEvidenceReader } from '../../../shared/signing/evidence-reader.ts';
import { createRevocationReader } from '../../../shared/signing/revocation.ts';
import { scriptedHttp } from '../../support/scripted-http.ts';
import { faultsOf } from '../../support/signatures.ts';

const FOLDER = join(import.meta.dirname, '../../fixtures/notary');
const FILES = readdirSync(FOLDER).filter((name) => /\.(cose|jws)$/.test(name));
const CLOCK = { now: () => new Date('2027-01-01T00:00:00Z') };

const read = (name: string): Uint8Array => readFileSync(join(FOLDER, name));

function open(name: string): {
  readonly format: EnvelopeFormat;
  readonly mediaType: string;
  readonly envelope: Envelope;
} {
  const format = name.endsWith('.cose') ? 'cose' : 'jws';
  const mediaType = format === 'cose' ? MediaType.cose : MediaType.jws;
  const envelope = parseEnvelope(read(name), mediaType);
  assert.equal(faultsOf(envelope), '');
  assert.ok(envelope.ok);
  return { format, mediaType, envelope: envelope.value };
}

function trustIn(stores: readonly string[]): Trust {
  const policy = parseTrustPolicy(
    Buffer.from(
      JSON.stringify({
        version: '1.0',
        trustPolicies: [
          {
            name: 'all',
            registryScopes: ['*'],
            signatureVerification: { level: 'strict' },
            trustStores: stores,
            trustedIdentities: ['x509.subject: C=US, ST=WA, O=Contoso'],
          },
        ],
      }),
    ),
    'trustpolicy.json',
  );
  const store = parseTrustStore([
    { path: 'ca/all/roots.pem', bytes: read('roots.pem') },
    { path: 'tsa/all/root.pem', bytes: read('tsa-root.pem') },
  ]);
  assert.ok(policy.ok && store.ok);
  return { statement: definite(policy.value.statements[0], 'the statement'), store: store.value };
}

describe('signatures that the reference implementation made', () => {
  it('are of six kinds of keys in two formats, and some of them stamped', () => {
    assert.equal(FILES.filter((name) => !name.includes('stamped')).length, 12);
    assert.equal(FILES.filter((name) => name.includes('stamped')).length, 4);
  });

  for (const name of FILES) {
    it(`verify at level strict: ${name}`, async () => {
      const { mediaType, envelope } = open(name);
      const { mediaType: subjectType, digest, size } = envelope.subject;
      const trust = trustIn(name.includes('stamped') ? ['ca:all', 'tsa:all'] : ['ca:all']);
      const reader = createEvidenceReader(createRevocationReader(scriptedHttp(), CLOCK), CLOCK);
      const signature = { envelope: read(name), mediaType };
      const evidence = await reader.gather([{ ...signature, trust }], new AbortController().signal);
      const subject = { mediaType: subjectType, digest, size };
      const result = verifySignature({ ...signature, subject, now: CLOCK.now() }, trust, evidence);
      assert.equal(formatFailures(result), '');
      const stamped = result.checks.find(({ check }) => check === 'authenticTimestamp');
      assert.equal(stamped?.message.startsWith('stamped at'), name.includes('stamped'));
    });

    it(`are written again byte for byte, payload and all: ${name}`, () => {
      const { format, envelope } = open(name);
      const { annotations = {}, ...subject } = envelope.subject;
      const payload = buildPayload(subject, annotations, format);
      assert.ok(payload.ok);
      const draft = draftEnvelope(format, { ...envelope, payload: payload.value });
      assert.deepEqual(Buffer.from(draft.assemble(envelope)), Buffer.from(read(name)));
    });

    it(`have a manifest in the form of notation 1, which is read: ${name}`, () => {
      const bytes = read(`${name}.manifest.json`);
      const manifest = readSignatureManifest(documentOf(bytes, MediaType.ociManifest));
      assert.ok(manifest.ok && manifest.value !== undefined);
      const { envelope, mediaType } = open(name);
      assert.equal(manifest.value.envelope.digest, digestOf(read(name)));
      assert.equal(manifest.value.envelope.mediaType, mediaType);
      assert.equal(manifest.value.subject.digest, envelope.subject.digest);
    });
  }
});
