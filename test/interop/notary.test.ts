import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { definite } from '../../shared/core/errors.ts';
import { draftEnvelope, parseEnvelope } from '../../shared/notary/envelope.ts';
import type { Envelope } from '../../shared/notary/envelope.ts';
import { NO_EVIDENCE } from '../../shared/notary/evidence.ts';
import { SIGNATURE_ALGORITHMS } from '../../shared/notary/key-spec.ts';
import { parseTrustPolicy } from '../../shared/notary/trust-policy.ts';
import { parseTrustStore } from '../../shared/notary/trust-store.ts';
import { formatFailures, verifySignature } from '../../shared/notary/verify.ts';
import type { VerificationResult } from '../../shared/notary/verify.ts';
import { faultsOf } from '../support/signatures.ts';

const SHARED = process.env['SHARED_DIR'] ?? path.resolve(import.meta.dirname, '../../../shared');
const DATA = path.join(SHARED, 'data/notary');
const NOW = new Date('2026-11-22T04:00:00Z');
const JSON_START = '{'.charCodeAt(0);

interface Sample {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  readonly format: 'cose' | 'jws';
}

function read(file: string): Uint8Array {
  return readFileSync(path.join(DATA, file));
}

function sampleOf(file: string): Sample {
  const bytes = read(file);
  return bytes[0] === JSON_START
    ? { bytes, mediaType: 'application/jose+json', format: 'jws' }
    : { bytes, mediaType: 'application/cose', format: 'cose' };
}

function open({ bytes, mediaType }: Sample): Envelope {
  const envelope = parseEnvelope(bytes, mediaType);
  assert.equal(faultsOf(envelope), '');
  assert.ok(envelope.ok);
  return envelope.value;
}

/** Verifies at level strict but for revocation, trusting one certificate file. */
function verify(sample: Sample, root: string, now = NOW): VerificationResult {
  const policy = parseTrustPolicy(
    Buffer.from(
      JSON.stringify({
        version: '1.0',
        trustPolicies: [
          {
            name: 'all',
            registryScopes: ['*'],
            signatureVerification: { level: 'strict', override: { revocation: 'skip' } },
            trustStores: ['ca:t', 'signingAuthority:t'],
            trustedIdentities: ['*'],
          },
        ],
      }),
    ),
    'policy',
  );
  const store = parseTrustStore([
    { path: 'ca/t/root', bytes: read(root) },
    { path: 'signingAuthority/t/root', bytes: read(root) },
  ]);
  assert.ok(policy.ok && store.ok);
  const opened = parseEnvelope(sample.bytes, sample.mediaType);
  const subject = opened.ok ? opened.value.subject : REFERENCE_SUBJECT;
  const statement = definite(policy.value.statements[0], 'the statement');
  return verifySignature(
    { envelope: sample.bytes, mediaType: sample.mediaType, subject, now },
    { statement, store: store.value },
    NO_EVIDENCE,
  );
}

const REFERENCE_SUBJECT = {
  mediaType: 'application/vnd.oci.image.index.v1+json',
  digest: `sha256:${'ab'.repeat(32)}`,
  size: 1234,
} as Envelope['subject'];

describe('notary envelopes of the reference implementation', () => {
  const files = readdirSync(path.join(DATA, 'reference')).filter((it) => /\.(cose|jws)$/.test(it));

  it('are there', () => {
    assert.equal(files.length, 8);
  });

  for (const file of files) {
    const sample = sampleOf(`reference/${file}`);

    it(`verify: ${file}`, () => {
      const result = verify(sample, 'reference/root.crt');
      assert.equal(formatFailures(result), '');
      assert.equal(result.ok, true);
    });

    it(`hold the descriptor and metadata that were signed: ${file}`, () => {
      const { annotations, ...subject } = open(sample).subject;
      assert.deepEqual(subject, REFERENCE_SUBJECT);
      assert.deepEqual({ ...annotations }, { a: 'é', z: '1<2&3' });
    });

    it(`are written again byte for byte: ${file}`, () => {
      const envelope = open(sample);
      const again = draftEnvelope(sample.format, envelope).assemble(envelope);
      assert.equal(Buffer.compare(again, sample.bytes), 0);
    });
  }
});

describe('notary envelopes of the test data of notation-go', () => {
  const TEST_ROOT = 'truststore/NotationTestRoot.pem';
  const WABBIT = 'truststore/wabbit-networks.io.crt';
  const cases = [
    { file: 'envelopes/ca_valid_sig_env.json', failure: /^$/ },
    { file: 'envelopes/sa_valid_sig_env.json', failure: /^$/ },
    { file: 'envelopes/ca_expired_sig_env.json', failure: /^expiry: the signature expired/ },
    { file: 'envelopes/sa_expired_sig_env.json', failure: /^expiry: the signature expired/ },
    { file: 'envelopes/ca_invalid_sig_env.json', failure: /^integrity: / },
    { file: 'envelopes/sa_invalid_sig_env.json', failure: /^integrity: / },
    {
      file: 'envelopes/ca_plugin_sig_env.json',
      failure: /^integrity: .*verification plugin plugin-name/,
    },
    {
      file: 'envelopes/sa_plugin_sig_env.json',
      failure: /^integrity: .*verification plugin plugin-name/,
    },
    {
      file: 'envelopes/ca_valid_sig_env.json',
      root: WABBIT,
      failure: /^authenticity: .* does not lead/,
    },
  ];
  for (const { file, root = TEST_ROOT, failure } of cases) {
    it(`come to the right check: ${file} under ${path.basename(root)}`, () => {
      const result = verify(sampleOf(file), root);
      assert.match(formatFailures(result), failure);
      assert.equal(result.ok, formatFailures(result) === '');
    });
  }

  const stamped = [
    { file: 'coseWithTimestamp.sig', at: '2024-06-18T06:27:11Z', failure: /^$/ },
    { file: 'jwsWithTimestamp.sig', at: '2024-06-18T06:29:33Z', failure: /^$/ },
    { file: 'withoutTimestamp.sig', at: '2024-06-18T09:08:35Z', failure: /^$/ },
    {
      file: 'coseExpiredWithTimestamp.sig',
      at: '2026-11-22T00:00:00Z',
      failure: /authenticTimestamp: .* expired/,
    },
    {
      file: 'jwsExpiredWithTimestamp.sig',
      at: '2026-11-22T00:00:00Z',
      failure: /authenticTimestamp: .* expired/,
    },
    {
      file: 'timestampAfterNotAfter.sig',
      at: '2026-11-22T00:00:00Z',
      failure: /authenticTimestamp: .* expired/,
    },
    {
      file: 'timestampBeforeNotBefore.sig',
      at: '2026-11-22T00:00:00Z',
      failure: /authenticTimestamp: .* valid only from 2099/,
    },
  ];
  for (const { file, at, failure } of stamped) {
    it(`hold together, whether their certificate is valid or not: ${file}`, () => {
      const sample = sampleOf(`timestamped/${file}`);
      const { checks } = verify(sample, TEST_ROOT, new Date(at));
      const named = (name: string): string =>
        checks
          .filter(({ check, outcome }) => check === name && outcome === 'failed')
          .map(({ check, message }) => `${check}: ${message}`)
          .join('');
      assert.equal(named('integrity'), '');
      assert.match(named('authenticTimestamp'), failure);
      assert.equal(open(sample).timestamp !== undefined, file !== 'withoutTimestamp.sig');
    });
  }

  for (const file of ['envelopes/cose_signature.sig', 'envelopes/jws_signature.sig']) {
    it(`are read with the signing time of their signer: ${file}`, () => {
      const { attributes, signingAgent } = open(sampleOf(file));
      assert.match(attributes.signingTime.toISOString(), /^2023-03-14T/);
      assert.equal(signingAgent, 'Notation/1.0.0');
    });
  }
});

describe('notary conformance vectors of notation-core-go', () => {
  const extendedOf = (
    ...rows: readonly (readonly [string, boolean, string])[]
  ): Envelope['attributes']['extended'] =>
    rows.map(([name, critical, value]) => ({ name, critical, value }));

  it('are written byte for byte as COSE', () => {
    const vector = JSON.parse(Buffer.from(read('conformance/cose.json')).toString()) as {
      readonly signingTime: number;
      readonly expiry: number;
      readonly payload: string;
      readonly expectedOutput: { readonly cborHex: string };
    };
    const expected = Buffer.from(vector.expectedOutput.cborHex, 'hex');
    const draft = draftEnvelope('cose', {
      payload: Buffer.from(vector.payload, 'hex'),
      algorithm: SIGNATURE_ALGORITHMS['RSA-3072'],
      attributes: {
        scheme: 'notary.x509',
        signingTime: new Date(vector.signingTime * 1000),
        expiry: new Date(vector.expiry * 1000),
        extended: extendedOf(
          ['signedCritKey1', true, 'signedCritValue1'],
          ['signedKey1', false, 'signedValue1'],
        ),
      },
    });
    const bytes = draft.assemble({
      signature: expected.subarray(-384),
      chain: [],
      signingAgent: 'NotationConformanceTest/1.0.0',
    });
    assert.equal(Buffer.from(bytes).toString('hex'), expected.toString('hex'));
  });

  it('are written byte for byte as JWS', () => {
    const vector = JSON.parse(Buffer.from(read('conformance/jws.json')).toString()) as {
      readonly payload: string;
      readonly signature: string;
    };
    const draft = draftEnvelope('jws', {
      payload: Buffer.from(vector.payload, 'base64url'),
      algorithm: SIGNATURE_ALGORITHMS['EC-256'],
      attributes: {
        scheme: 'notary.x509',
        signingTime: new Date('2022-08-29T13:50:00Z'),
        expiry: new Date('2099-08-30T13:50:00Z'),
        extended: extendedOf(
          ['signedCritKey1', true, 'signedCritValue1'],
          ...[1, 2, 3, 4].map((it) => [`signedKey${it}`, false, 'signedValue1'] as const),
        ),
      },
    });
    const bytes = draft.assemble({
      signature: Buffer.from(vector.signature, 'base64url'),
      chain: [],
      signingAgent: 'NotationConformanceTest/1.0.0',
    });
    assert.equal(Buffer.from(bytes).toString(), JSON.stringify(vector));
  });
});
