import assert from 'node:assert/strict';
import { constants, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { DerError, readDer } from '../../../shared/notary/der.ts';
import { isSignedWith, readAlgorithm, readBits } from '../../../shared/notary/x509-algorithms.ts';
import type { X509Algorithm } from '../../../shared/notary/x509-algorithms.ts';
import { makeKey } from '../../support/certificates.ts';
import { NULL, bitString, der, integer, octetString, oid, sequence } from '../../support/der.ts';

const DATA = Buffer.from('data');
const RSA = makeKey('RSA-2048');
const EC = makeKey('EC-256');
const ED = generateKeyPairSync('ed25519').privateKey;
const PSS = {
  key: RSA,
  padding: constants.RSA_PKCS1_PSS_PADDING,
  saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
};

describe('x509-algorithms isSignedWith', () => {
  const made = [
    { name: 'PKCS#1', family: 'rsa', key: RSA, signature: sign('sha256', DATA, RSA) },
    { name: 'PSS', family: 'pss', key: RSA, signature: sign('sha256', DATA, PSS) },
    { name: 'ECDSA', family: 'ecdsa', key: EC, signature: sign('sha256', DATA, EC) },
    { name: 'Ed25519', family: 'ed25519', key: ED, signature: sign(null, DATA, ED) },
  ] as const;
  for (const { name, family, key, signature } of made) {
    for (const stated of ['rsa', 'pss', 'ecdsa', 'ed25519'] as const) {
      const isGood = stated === family;
      it(`${isGood ? 'takes' : 'refuses'} a signature by ${name} that is said to be ${stated}`, () => {
        const algorithm: X509Algorithm =
          stated === 'ed25519' ? { family: stated } : { family: stated, hash: 'sha256' };
        const publicKey = createPublicKey(key);
        assert.equal(isSignedWith(publicKey, algorithm, { data: DATA, signature }), isGood);
      });
    }
  }
});

describe('x509-algorithms readAlgorithm', () => {
  const sha256 = sequence(oid('2.16.840.1.101.3.4.2.1'), NULL);
  const sha1 = sequence(oid('1.3.14.3.2.26'), NULL);
  const pss = (...fields: readonly Uint8Array[]): Uint8Array =>
    sequence(oid('1.2.840.113549.1.1.10'), sequence(...fields));
  const rsa = sequence(oid('1.2.840.113549.1.1.1'), NULL);
  const mask = der(0xa1, sequence(oid('1.2.840.113549.1.1.8'), sha256));
  const cases = [
    {
      name: 'PSS over SHA-256',
      identifier: pss(der(0xa0, sha256), mask),
      expected: { family: 'pss', hash: 'sha256' },
    },
    { name: 'PSS over SHA-1', identifier: pss(der(0xa0, sha1), mask), expected: undefined },
    {
      name: 'PSS that names only the hash of its mask',
      identifier: pss(der(0xa1, sha256), der(0xa2, integer(32))),
      expected: undefined,
    },
    { name: 'RSA without a hash', identifier: rsa, expected: undefined },
    {
      name: 'RSA with MD5',
      identifier: sequence(oid('1.2.840.113549.1.1.4'), NULL),
      expected: undefined,
    },
  ];
  for (const { name, identifier, expected } of cases) {
    it(`${expected === undefined ? 'refuses' : 'accepts'} ${name}`, () => {
      assert.deepEqual(readAlgorithm(readDer(identifier)), expected);
    });
  }

  it('takes the hash of RSA from beside it', () => {
    assert.deepEqual(readAlgorithm(readDer(rsa), 'sha384'), { family: 'rsa', hash: 'sha384' });
  });
});

describe('x509-algorithms readBits', () => {
  it('reads whole bytes', () => {
    assert.deepEqual([...readBits(readDer(bitString(Uint8Array.of(1, 2))))], [1, 2]);
  });

  for (const [name, bytes] of [
    ['unused bits', bitString(Uint8Array.of(1, 2), 3)],
    ['nothing in it', der(0x03)],
    ['another type', octetString(Uint8Array.of(0, 1))],
  ] as const) {
    it(`refuses a bit string with ${name}`, () => {
      assert.throws(() => readBits(readDer(bytes)), DerError);
    });
  }
});
