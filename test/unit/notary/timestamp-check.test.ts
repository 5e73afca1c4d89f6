import assert from 'node:assert/strict';
import { definite } from '../../../shared/core/errors.ts';
import { loadAsn1 } from '../../../shared/notary/asn1.ts';
import { parseCertificates } from '../../../shared/notary/pem.ts';
import { checkTimestamp } from '../../../shared/notary/timestamp-check.ts';
import type { Stamp } from '../../../shared/notary/timestamp-check.ts';
import { parseTimestampToken } from '../../../shared/notary/timestamp-token.ts';
import type { Parsed } from '../../../shared/core/result.ts';
import { makeStampingChain } from '../../support/certificates.ts';
import type { ChainOptions, TestChain } from '../../support/certificates.ts';
import { NULL, TRUE, time } from '../../support/der.ts';
import { faultsOf } from '../../support/signatures.ts';
import { attribute, makeToken } from '../../support/timestamps.ts';
import type { TokenChanges } from '../../support/timestamps.ts';

const ASN1 = await loadAsn1();
const SIGNED_AT = '1.2.840.113549.1.9.5';
const SIGNATURE = Buffer.from('a signature');
const AUTHORITY = makeStampingChain();
const OTHER = makeStampingChain();

interface Case {
  readonly name: string;
  readonly authority?: ChainOptions;
  readonly changes?: TokenChanges;
  /** Whose root is trusted; that of the authority when not given. */
  readonly trusted?: TestChain;
  readonly signature?: Uint8Array;
  readonly fault: RegExp;
}

function check({ authority, changes, trusted, signature }: Omit<Case, 'fault'>): Parsed<Stamp> {
  const chain = authority === undefined ? AUTHORITY : makeStampingChain(authority);
  const token = parseTimestampToken(ASN1, makeToken(chain, SIGNATURE, changes));
  if (!token.ok) return token;
  const roots = parseCertificates(Buffer.from((trusted ?? chain).rootPem), 'root');
  assert.ok(roots.ok);
  return checkTimestamp(token.value, { signature: signature ?? SIGNATURE, roots: roots.value });
}

const GOOD: readonly Omit<Case, 'fault'>[] = [
  { name: 'of an authority with a P-256 key' },
  { name: 'of an authority with an RSA key', authority: { keyType: 'RSA-2048' } },
  {
    name: 'over SHA-512, signed with SHA-384',
    changes: { imprintHash: 'sha512', signedHash: 'sha384' },
  },
  { name: 'of an authority under an intermediate', authority: { intermediates: 1 } },
  {
    name: 'whose authority has a key usage that is not critical',
    authority: { leaf: { keyUsageCritical: false } },
  },
  {
    name: 'whose authority leaves out its root',
    changes: { certificates: AUTHORITY.chainDer.slice(0, 1) },
  },
  {
    name: 'whose authority adds certificates that lead nowhere',
    changes: { certificates: [...OTHER.chainDer, ...AUTHORITY.chainDer] },
  },
  {
    name: 'whose attributes are not in the order they were signed in',
    changes: { unsorted: true },
  },
  {
    name: 'with an attribute of several values that nobody asks for',
    changes: { attributes: (own) => [...own, attribute('1.2.3.4', NULL, TRUE)] },
  },
  {
    name: 'with a time of signing',
    changes: { attributes: (own) => [...own, attribute(SIGNED_AT, time(new Date()))] },
  },
  {
    name: 'of an authority that has expired since',
    authority: { notBefore: new Date('2020-01-01'), notAfter: new Date('2021-01-01') },
    changes: { time: new Date('2020-06-01T00:00:00Z') },
  },
];

const BAD: readonly Case[] = [
  {
    name: 'of another signature',
    signature: Buffer.from('b'),
    fault: /^timestamp: is of another signature$/,
  },
  {
    name: 'of an authority that is not trusted',
    trusted: OTHER,
    fault: /chain: .* does not lead to a trusted root/,
  },
  {
    name: 'signed by an ordinary certificate',
    authority: { leaf: { extendedKeyUsage: ['1.3.6.1.5.5.7.3.3'] } },
    fault: /chain\[0\]: is not for time stamping alone/,
  },
  {
    name: 'signed for two purposes',
    authority: { leaf: { extendedKeyUsage: ['1.3.6.1.5.5.7.3.8', '1.3.6.1.5.5.7.3.3'] } },
    fault: /is not for time stamping alone/,
  },
  {
    name: 'whose purpose is not critical',
    authority: { leaf: { extendedKeyUsageCritical: false } },
    fault: /has a purpose that is not critical/,
  },
  {
    name: 'of an authority without key usage',
    authority: { leaf: { keyUsage: [] } },
    fault: /has no key usage/,
  },
  {
    name: 'under an authority for other purposes',
    authority: { authority: { extendedKeyUsage: ['1.3.6.1.5.5.7.3.3'] } },
    fault: /is an authority for other purposes/,
  },
  {
    name: 'under certificates signed with SHA-1',
    authority: { signedWith: 'ecdsa-sha1' },
    fault: /is signed with an algorithm that is not accepted/,
  },
  {
    name: 'from before its authority was valid',
    changes: { time: new Date('2020-01-01T00:00:00Z') },
    fault: /is valid only from/,
  },
  {
    name: 'from after its authority was valid',
    changes: { time: new Date('2120-01-01T00:00:00Z') },
    fault: /expired at/,
  },
  {
    name: 'that does not hold its certificate',
    changes: { certificates: AUTHORITY.chainDer.slice(1) },
    fault: /does not hold its certificate/,
  },
  {
    name: 'bound to no certificate',
    changes: { bound: 'none' },
    fault: /has no signing-certificate-v2 attribute/,
  },
  {
    name: 'bound to another certificate',
    changes: { bound: definite(OTHER.chainDer[0], 'a leaf') },
    fault: /binds another certificate/,
  },
  {
    name: 'that says it was signed when its authority was not valid',
    changes: { attributes: (own) => [...own, attribute(SIGNED_AT, time(new Date('2020-01-01')))] },
    fault: /is valid only from/,
  },
  {
    name: 'that signs other content',
    changes: { otherContent: true },
    fault: /signs other content/,
  },
  { name: 'that nobody signed', changes: { unsigned: true }, fault: /is not signed/ },
  {
    name: 'that stamps SHA-1',
    changes: { imprintHash: 'sha1' },
    fault: /stamps a hash that is not SHA-2/,
  },
  {
    name: 'signed with SHA-1',
    changes: { signedHash: 'sha1' },
    fault: /is signed with a weak algorithm/,
  },
  { name: 'of another version', changes: { version: 2 }, fault: /has a version that is not 1/ },
  {
    name: 'with a local time',
    changes: { timeText: '20260101000000' },
    fault: /has a time that is not in UTC/,
  },
];

describe('timestamp-check checkTimestamp', () => {
  for (const row of GOOD) {
    it(`accepts a token ${row.name}`, () => {
      assert.equal(faultsOf(check(row)), '');
    });
  }

  for (const { fault, ...row } of BAD) {
    it(`rejects a token ${row.name}`, () => {
      assert.match(faultsOf(check(row)), fault);
    });
  }

  const ranges = [
    { name: 'its accuracy', changes: { accuracySeconds: 3 }, seconds: 3 },
    { name: 'four bytes of it', changes: { accuracySeconds: 2 ** 31 - 1 }, seconds: 2 ** 31 - 1 },
    { name: 'no accuracy', changes: {}, seconds: 0 },
    {
      name: 'one second of the baseline policy',
      changes: { policy: '0.4.0.2023.1.1' },
      seconds: 1,
    },
  ];
  for (const { name, changes, seconds } of ranges) {
    it(`gives the range of the true time with ${name}`, () => {
      const time = new Date('2026-11-22T03:53:12Z');
      const authority = { notBefore: new Date('2026-01-01'), notAfter: new Date('2027-01-01') };
      const stamp = check({ name, authority, changes: { time, ...changes } });
      assert.ok(stamp.ok);
      assert.deepEqual(stamp.value.time, time);
      assert.equal(time.getTime() - stamp.value.from.getTime(), seconds * 1000);
      assert.equal(stamp.value.until.getTime() - time.getTime(), seconds * 1000);
    });
  }

  it('gives the chain of the authority up to the trusted root', () => {
    const stamp = check({ name: '', authority: { intermediates: 1 } });
    assert.ok(stamp.ok);
    assert.equal(stamp.value.chain.length, 3);
    assert.match(definite(stamp.value.chain[0], 'the leaf').subjectText, /CN=Time Stamping/);
  });
});
