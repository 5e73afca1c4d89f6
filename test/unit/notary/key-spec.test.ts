import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { algorithmOfKey } from '../../../shared/notary/key-spec.ts';

describe('key-spec algorithmOfKey', () => {
  // Keys of 512 and 768 bits are as long as ECDSA signatures of P-256 and P-384.
  for (const modulusLength of [512, 768, 1024, 1056, 2040]) {
    it(`has no algorithm for RSA-${modulusLength}`, () => {
      const { publicKey } = generateKeyPairSync('rsa', { modulusLength });
      assert.equal(algorithmOfKey(publicKey), undefined);
    });
  }

  it('counts RSA-2047 as 2048, as the reference implementation does', () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2047 });
    assert.equal(algorithmOfKey(publicKey)?.name, 'PS256');
  });

  it('has no algorithm for a key that may only sign with PSS as its parameters say', () => {
    const { publicKey } = generateKeyPairSync('rsa-pss', { modulusLength: 2048 });
    assert.equal(algorithmOfKey(publicKey), undefined);
  });
});
