import assert from 'node:assert/strict';
import {
  SIGNATURE_SUFFIXES,
  describeBlob,
  detachedToVerify,
} from '../../../shared/notary/blob-signature.ts';
import { algorithmOfKey } from '../../../shared/notary/key-spec.ts';
import { buildPayload } from '../../../shared/notary/payload.ts';
import type { EnvelopeFormat } from '../../../shared/notary/payload.ts';
import { formatFailures, verifyAgainstChain } from '../../../shared/notary/verify.ts';
import type { DigestAlgorithm } from '../../../shared/oci/digest.ts';
import { definite } from '../../../shared/core/errors.ts';
import { makeChain } from '../../support/certificates.ts';
import type { KeyType, TestChain } from '../../support/certificates.ts';
import { makeEnvelope } from '../../support/signatures.ts';

const NOW = new Date();
const BLOB = { bytes: Buffer.from('{"repos":[]}\n'), mediaType: 'application/json' };

/** A signature over a blob; the digest is made with the hash of the key unless told otherwise. */
function signBlob(
  chain: TestChain,
  format: EnvelopeFormat,
  { blob = BLOB, hash }: { readonly blob?: typeof BLOB; readonly hash?: DigestAlgorithm } = {},
): Uint8Array {
  const own = definite(algorithmOfKey(chain.leafKey), 'the algorithm').hash;
  const payload = buildPayload(describeBlob(blob, hash ?? own), {}, format);
  assert.ok(payload.ok);
  return makeEnvelope(chain, format, { payload: payload.value }).bytes;
}

function failuresOf(
  chain: TestChain,
  envelope: Uint8Array,
  format: EnvelopeFormat = 'cose',
): string {
  const signature = detachedToVerify({ blob: BLOB, envelope, format, now: NOW });
  return formatFailures(verifyAgainstChain(signature, chain.chainDer));
}

describe('blob-signature describeBlob', () => {
  it('names the bytes by type, digest and size', () => {
    assert.deepEqual(describeBlob({ bytes: Buffer.from('abc'), mediaType: 'a/b' }, 'sha384'), {
      mediaType: 'a/b',
      digest:
        'sha384:cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7',
      size: 3,
    });
  });
});

describe('blob-signature detachedToVerify', () => {
  const chain = makeChain();
  const kinds: readonly (readonly [KeyType, EnvelopeFormat])[] = [
    ['EC-256', 'cose'],
    ['EC-384', 'jws'],
    ['EC-384', 'cose'],
    ['EC-521', 'cose'],
  ];
  for (const [keyType, format] of kinds) {
    it(`accepts what a key ${keyType} signed as ${format}, with the hash of the key`, () => {
      const signer = makeChain({ keyType });
      assert.equal(failuresOf(signer, signBlob(signer, format), format), '');
    });
  }

  const other = { ...BLOB, bytes: Buffer.from('{"repos":[1]}') };
  const rejected = [
    { name: 'other bytes', envelope: signBlob(chain, 'cose', { blob: other }), fault: /^subject/ },
    {
      name: 'another media type',
      envelope: signBlob(chain, 'cose', { blob: { ...BLOB, mediaType: 'text/plain' } }),
      fault: /^subject: .*text\/plain/,
    },
    {
      name: 'a digest by another hash than that of the key',
      envelope: signBlob(chain, 'cose', { hash: 'sha512' }),
      fault: /^subject/,
    },
    { name: 'another signer', envelope: signBlob(makeChain(), 'cose'), fault: /^authenticity/ },
    { name: 'another format', envelope: signBlob(chain, 'jws'), fault: /^integrity/ },
    { name: 'no envelope', envelope: new Uint8Array(), fault: /^integrity/ },
  ];
  for (const { name, envelope, fault } of rejected) {
    it(`rejects a signature with ${name}`, () => {
      assert.match(failuresOf(chain, envelope), fault);
    });
  }
});

describe('blob-signature SIGNATURE_SUFFIXES', () => {
  it('are those of the reference implementation', () => {
    assert.deepEqual(SIGNATURE_SUFFIXES, { cose: '.cose.sig', jws: '.jws.sig' });
  });
});
