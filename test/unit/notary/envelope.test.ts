import assert from 'node:assert/strict';
import fc from 'fast-check';
import { definite } from '../../../shared/core/errors.ts';
import { checkIntegrity, draftEnvelope, parseEnvelope } from '../../../shared/notary/envelope.ts';
import type { Envelope } from '../../../shared/notary/envelope.ts';
import { verifyAgainstChain } from '../../../shared/notary/verify.ts';
import { makeChain } from '../../support/certificates.ts';
import type { KeyType, TestChain } from '../../support/certificates.ts';
import { SUBJECT, faultsOf, makeEnvelope } from '../../support/signatures.ts';

const FORMATS = ['cose', 'jws'] as const;
const KEY_TYPES: readonly KeyType[] = [
  'RSA-2048',
  'RSA-3072',
  'RSA-4096',
  'EC-256',
  'EC-384',
  'EC-521',
];
const SIGNING_TIME = new Date('2026-05-01T10:00:00Z');

function open(bytes: Uint8Array, mediaType: string): Envelope {
  const envelope = parseEnvelope(bytes, mediaType);
  assert.equal(faultsOf(envelope), '');
  assert.ok(envelope.ok);
  return envelope.value;
}

describe('envelope parseEnvelope and checkIntegrity', () => {
  for (const keyType of KEY_TYPES) {
    const chain = makeChain({ keyType });
    for (const format of FORMATS) {
      it(`take a ${format} envelope signed with ${keyType} and give its bytes back`, () => {
        const expiry = new Date('2027-05-01T10:00:00Z');
        const { bytes, mediaType } = makeEnvelope(chain, format, {
          attributes: { signingTime: SIGNING_TIME, expiry },
        });
        const envelope = open(bytes, mediaType);
        assert.ok(checkIntegrity(envelope).ok);
        assert.deepEqual(envelope.attributes, {
          scheme: 'notary.x509',
          signingTime: SIGNING_TIME,
          expiry,
          extended: [],
        });
        assert.deepEqual({ ...envelope.subject }, { ...SUBJECT });
        assert.equal(envelope.signingAgent, 'test/1.0');
        assert.equal(envelope.algorithm.keySpec, keyType);
        const again = draftEnvelope(format, envelope).assemble(envelope);
        assert.equal(Buffer.compare(again, bytes), 0);
      });
    }
  }

  for (const format of FORMATS) {
    const chain = makeChain();

    it(`keep everything a ${format} envelope can hold`, () => {
      const { bytes, mediaType } = makeEnvelope(chain, format, {
        attributes: {
          scheme: 'notary.x509.signingAuthority',
          signingTime: SIGNING_TIME,
          extended: [{ name: 'note', critical: false, value: 'x' }],
        },
      });
      const parts = open(bytes, mediaType);
      const timestamp = Uint8Array.of(1, 2, 3);
      const stamped = draftEnvelope(format, parts).assemble({ ...parts, timestamp });
      const read = open(stamped, mediaType);
      assert.deepEqual(Uint8Array.from(read.timestamp ?? []), timestamp);
      assert.deepEqual(read.attributes, parts.attributes);
      assert.ok(checkIntegrity(read).ok);
    });

    it(`refuse a critical attribute that nobody here knows, in ${format}`, () => {
      const extended = [{ name: 'com.example.policy', critical: true, value: 'x' }];
      const { bytes, mediaType } = makeEnvelope(chain, format, { attributes: { extended } });
      const result = checkIntegrity(open(bytes, mediaType));
      assert.match(faultsOf(result), /protected\.com\.example\.policy: is critical and not known/);
    });

    it(`refuse a signature that only a plugin can verify, in ${format}`, () => {
      const name = 'io.cncf.notary.verificationPlugin';
      const extended = [{ name, critical: false, value: 'p' }];
      const { bytes, mediaType } = makeEnvelope(chain, format, { attributes: { extended } });
      assert.match(faultsOf(checkIntegrity(open(bytes, mediaType))), /verification plugin p;/);
    });

    it(`refuse a signature that only a new enough plugin can verify, in ${format}`, () => {
      const name = 'io.cncf.notary.verificationPluginMinVersion';
      const extended = [{ name, critical: false, value: '1.0.0' }];
      const { bytes, mediaType } = makeEnvelope(chain, format, { attributes: { extended } });
      assert.match(faultsOf(checkIntegrity(open(bytes, mediaType))), /MinVersion: is critical/);
    });

    it(`refuse a ${format} payload that binds nothing, though its signature is good`, () => {
      const payload = Buffer.from('{"targetArtifact":{}}');
      const { bytes, mediaType } = makeEnvelope(chain, format, { payload });
      const faults = faultsOf(parseEnvelope(bytes, mediaType));
      assert.match(faults, /payload\.targetArtifact\.digest: is not text/);
    });

    it(`write whole seconds and no agent that is not there into ${format}`, () => {
      const signingTime = new Date('2026-05-01T10:00:00.900Z');
      const { bytes, mediaType } = makeEnvelope(chain, format, { attributes: { signingTime } });
      const { signingAgent, ...parts } = open(bytes, mediaType);
      assert.equal(signingAgent, 'test/1.0');
      assert.deepEqual(parts.attributes.signingTime, SIGNING_TIME);
      const read = open(draftEnvelope(format, parts).assemble(parts), mediaType);
      assert.ok(!('signingAgent' in read));
    });

    it(`refuse a verification plugin that is named by no text, and do not end as a fault of ours, in ${format}`, () => {
      const name = 'io.cncf.notary.verificationPlugin';
      const values = [{ toString: 1, valueOf: 1 }, [[]], 1, null, true];
      for (const value of values) {
        const extended = [{ name, critical: false, value }];
        const { bytes, mediaType } = makeEnvelope(chain, format, { attributes: { extended } });
        const faults = faultsOf(checkIntegrity(open(bytes, mediaType)));
        assert.match(faults, /verification plugin \(its name is no text\);/);
      }
    });

    it(`stand any value in the header of a ${format} envelope`, () => {
      const names = ['io.cncf.notary.verificationPlugin', 'io.cncf.notary.expiry', 'alg', 'crit'];
      fc.assert(
        fc.property(fc.constantFrom(...names, 'cty', 'x'), fc.jsonValue(), (name, value) => {
          const extended = [{ name, critical: false, value }];
          const { bytes, mediaType } = makeEnvelope(chain, format, { attributes: { extended } });
          const envelope = parseEnvelope(bytes, mediaType);
          if (envelope.ok) checkIntegrity(envelope.value);
        }),
      );
    });

    it(`refuse a ${format} signature by another key`, () => {
      const { bytes, mediaType } = makeEnvelope(chain, format, { chainDer: makeChain().chainDer });
      assert.match(faultsOf(checkIntegrity(open(bytes, mediaType))), /signature: was not made by/);
    });

    it(`refuse a ${format} algorithm that is not the one of the key`, () => {
      const { chainDer } = makeChain({ keyType: 'EC-384' });
      const { bytes, mediaType } = makeEnvelope(chain, format, { chainDer });
      const result = checkIntegrity(open(bytes, mediaType));
      assert.match(faultsOf(result), /protected\.alg: is ES256, a key EC-384 signs with ES384/);
    });

    it(`refuse a ${format} chain that must not sign`, () => {
      const bad = makeChain({ leaf: { keyUsage: [0, 5] } });
      const { bytes, mediaType } = makeEnvelope(bad, format);
      assert.match(faultsOf(checkIntegrity(open(bytes, mediaType))), /chain\[0\]: .*keyCertSign/);
    });

    it(`never verify a ${format} envelope whose content changed by a bit`, () => {
      assertNoFlippedBitVerifies(chain, format);
    });

    it(`never crash on a ${format} envelope that was cut`, () => {
      const { bytes, mediaType } = makeEnvelope(chain, format);
      fc.assert(
        fc.property(fc.nat(bytes.byteLength - 1), (length) => {
          assert.ok(!parseEnvelope(bytes.subarray(0, length), mediaType).ok);
        }),
      );
    });

    it(`never crash on any bytes said to be ${format}`, () => {
      const { mediaType } = makeEnvelope(chain, format);
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
          assert.ok(!parseEnvelope(bytes, mediaType).ok);
        }),
      );
    });
  }

  const salts = [
    { format: 'cose', saltLength: 20, ok: false },
    { format: 'cose', saltLength: 32, ok: true },
    { format: 'jws', saltLength: 20, ok: true },
  ] as const;
  const rsa = makeChain({ keyType: 'RSA-2048' });
  for (const { format, saltLength, ok } of salts) {
    it(`${ok ? 'accept' : 'refuse'} a PSS salt of ${saltLength} bytes in ${format}`, () => {
      const { bytes, mediaType } = makeEnvelope(rsa, format, { saltLength });
      assert.equal(checkIntegrity(open(bytes, mediaType)).ok, ok);
    });
  }

  it('refuse other media types, safe to print', () => {
    const result = parseEnvelope(new Uint8Array(), 'text/plain\n##vso[x]');
    assert.match(faultsOf(result), /mediaType: is no signature envelope: text\/plain # #vso\[x\]/);
  });

  it('refuse envelopes that are too large', () => {
    const result = parseEnvelope(new Uint8Array(4 * 1024 * 1024 + 1), 'application/cose');
    assert.match(faultsOf(result), /too large/);
  });
});

/** What nobody signed (the signing agent, white space) may change; then everything that was signed must be the same. */
function assertNoFlippedBitVerifies(chain: TestChain, format: 'cose' | 'jws'): void {
  const { bytes, mediaType } = makeEnvelope(chain, format);
  const original = open(bytes, mediaType);
  const now = new Date();
  fc.assert(
    fc.property(fc.nat(bytes.byteLength - 1), fc.nat(7), (at, bit) => {
      const changed = Uint8Array.from(bytes);
      changed[at] = definite(changed[at], 'a byte') ^ (1 << bit);
      const result = verifyAgainstChain(
        { envelope: changed, mediaType, subject: SUBJECT, now },
        chain.chainDer,
      );
      if (!result.ok) return;
      const read = open(changed, mediaType);
      assert.equal(Buffer.compare(read.signingInput, original.signingInput), 0);
      assert.equal(Buffer.compare(read.signature, original.signature), 0);
      assert.equal(Buffer.compare(Buffer.concat(read.chain), Buffer.concat(original.chain)), 0);
    }),
    { numRuns: 600 },
  );
}
