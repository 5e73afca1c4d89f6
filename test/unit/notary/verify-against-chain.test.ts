import assert from 'node:assert/strict';
import { formatFailures, verifyAgainstChain } from '../../../shared/notary/verify.ts';
import { digestOf } from '../../../shared/oci/digest.ts';
import { makeChain } from '../../support/certificates.ts';
import { SUBJECT, makeEnvelope } from '../../support/signatures.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const EXPIRES = {
  attributes: { expiry: new Date(Math.ceil(Date.now() / DAY_MS + 1) * DAY_MS) },
};

describe('verify verifyAgainstChain', () => {
  const chain = makeChain({ intermediates: 1, leaf: { ocspUrl: 'http://ocsp.example/' } });
  const { bytes: envelope, mediaType } = makeEnvelope(chain, 'jws', EXPIRES);
  const signature = { envelope, mediaType, subject: SUBJECT, now: new Date() };

  it('accepts what the holder of the certificate signed, without asking who revokes', () => {
    const result = verifyAgainstChain(signature, chain.chainDer);
    assert.equal(formatFailures(result), '');
    assert.equal(result.ok, true);
    assert.equal(result.checks.find(({ check }) => check === 'revocation')?.outcome, 'skipped');
  });

  const rejected = [
    {
      name: 'another signer',
      change: {},
      der: makeChain().chainDer,
      message: /^authenticity: .* is not the expected certificate$/,
    },
    { name: 'no signer', change: {}, der: [], message: /^authenticity: / },
    {
      name: 'the same leaf under another root',
      change: {},
      der: [...chain.chainDer.slice(0, 1), ...makeChain().chainDer.slice(1)],
      message: /^authenticity: /,
    },
    {
      name: 'another subject',
      change: { subject: { ...SUBJECT, digest: digestOf(Buffer.from('x')) } },
      der: chain.chainDer,
      message: /^subject: /,
    },
    {
      name: 'another media type of the subject',
      change: { subject: { ...SUBJECT, mediaType: 'a/b' } },
      der: chain.chainDer,
      message: /^subject: /,
    },
    {
      name: 'a signature that has ended',
      change: { now: new Date(Date.now() + 3 * DAY_MS) },
      der: chain.chainDer,
      message: /^expiry: /,
    },
    {
      name: 'a certificate that has ended',
      change: { now: new Date(Date.now() + 400 * DAY_MS) },
      der: chain.chainDer,
      message: /^expiry: .*; authenticTimestamp: /,
    },
    {
      name: 'another format',
      change: { mediaType: 'application/cose' },
      der: chain.chainDer,
      message: /^integrity: /,
    },
  ];
  for (const { name, change, der, message } of rejected) {
    it(`refuses ${name}`, () => {
      const result = verifyAgainstChain({ ...signature, ...change }, der);
      assert.equal(result.ok, false);
      assert.match(formatFailures(result), message);
    });
  }
});
