import assert from 'node:assert/strict';
import { definite } from '../../../shared/core/errors.ts';
import type { Parsed } from '../../../shared/core/result.ts';
import { loadAsn1 } from '../../../shared/notary/asn1.ts';
import { checkTimestamp } from '../../../shared/notary/timestamp-check.ts';
import type { Stamp } from '../../../shared/notary/timestamp-check.ts';
import { parseTimestampToken } from '../../../shared/notary/timestamp-token.ts';
import { makeKey, makeStampingChain } from '../../support/certificates.ts';
import { NULL, der, integer, octetString, oid, sequence } from '../../support/der.ts';
import { certificateIn } from '../../support/revocation.ts';
import { faultsOf } from '../../support/signatures.ts';
import { attribute, boundBy, makeToken } from '../../support/timestamps.ts';
import type { TokenChanges } from '../../support/timestamps.ts';

const ASN1 = await loadAsn1();
const SIGNATURE = Buffer.from('a signature');
const AUTHORITY = makeStampingChain();
const LEAF = definite(AUTHORITY.chainDer[0], 'the leaf');
const CONTENT_TYPE = '1.2.840.113549.1.9.3';
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4';

function check(changes: TokenChanges): Parsed<Stamp> {
  const token = parseTimestampToken(ASN1, makeToken(AUTHORITY, SIGNATURE, changes));
  const roots = [certificateIn(AUTHORITY, 1)];
  return token.ok ? checkTimestamp(token.value, { signature: SIGNATURE, roots }) : token;
}

/** The signed attributes but for one type, and others instead. */
function instead(type: string, ...others: readonly Uint8Array[]): TokenChanges {
  const start = oid(type);
  return {
    attributes: (own) => [
      ...own.filter((it) => !Buffer.from(it).includes(Buffer.from(start))),
      ...others,
    ],
  };
}

describe('cms readSignedContent and findSignatureFault', () => {
  it('take the token that all the others are changed from', () => {
    assert.equal(faultsOf(check({})), '');
  });

  const rejected: readonly {
    readonly name: string;
    readonly changes: TokenChanges;
    readonly fault: RegExp;
  }[] = [
    { name: 'another version', changes: { dataVersion: 1 }, fault: /a version that is not 3/ },
    { name: 'no content', changes: { withoutContent: true }, fault: /has no content/ },
    {
      name: 'content that is no timestamp',
      changes: { contentType: '1.2.3' },
      fault: /signs no timestamp/,
    },
    {
      name: 'a signer of another version',
      changes: { signerVersion: 3 },
      fault: /not named by issuer and serial number/,
    },
    {
      name: 'a signer without signed attributes',
      changes: { attributes: 'none' },
      fault: /without signed attributes/,
    },
    {
      name: 'a signed attribute twice',
      changes: { attributes: (own) => [...own, attribute(CONTENT_TYPE, oid('1.2.3'))] },
      fault: /has the end where tag 0x6 belongs/,
    },
    {
      name: 'a signed attribute with two values',
      changes: instead(CONTENT_TYPE, attribute(CONTENT_TYPE, oid('1.2.3'), oid('1.2.4'))),
      fault: /has the end where tag 0x6 belongs/,
    },
    {
      name: 'a signed attribute without a value',
      changes: instead(CONTENT_TYPE, attribute(CONTENT_TYPE)),
      fault: /has the end where tag 0x6 belongs/,
    },
    {
      name: 'a signature over another type of content',
      changes: instead(CONTENT_TYPE, attribute(CONTENT_TYPE, oid('1.2.3'))),
      fault: /signs another kind of content/,
    },
    {
      name: 'no digest of the content under its signature',
      changes: instead(MESSAGE_DIGEST),
      fault: /has the end where tag 0x4 belongs/,
    },
    {
      name: 'a signature by another key than that of its certificate',
      changes: { forger: makeKey('EC-256') },
      fault: /has a signature that is not by its certificate/,
    },
    {
      name: 'more certificates than any token has use for',
      changes: { certificates: Array<Uint8Array>(33).fill(LEAF) },
      fault: /holds too many certificates/,
    },
  ];
  for (const { name, changes, fault } of rejected) {
    it(`refuse a token with ${name}`, () => {
      assert.match(faultsOf(check(changes)), fault);
    });
  }
});

describe('timestamp-check checkTimestamp, the certificate that a signature binds', () => {
  it('is known by whatever hash the attribute names', () => {
    assert.equal(faultsOf(check({ boundId: boundBy('sha384', LEAF) })), '');
  });

  const rejected = [
    { name: 'SHA-1', id: boundBy('sha1', LEAF), fault: /by a hash that is not SHA-2/ },
    {
      name: 'the hash of another certificate',
      id: boundBy('sha512', Buffer.from('another')),
      fault: /binds another certificate/,
    },
    { name: 'no hash', id: sequence(NULL), fault: /has tag 0x5 where tag 0x4 belongs/ },
    {
      name: 'SHA-256 without saying so',
      id: sequence(octetString(Buffer.alloc(32))),
      fault: /binds another certificate/,
    },
  ];
  for (const { name, id, fault } of rejected) {
    it(`is not known by ${name}`, () => {
      assert.match(faultsOf(check({ boundId: id })), fault);
    });
  }
});

describe('timestamp-token parseTimestampToken, times', () => {
  const accuracies = [
    {
      name: 'seconds, thousandths and millionths',
      accuracy: sequence(
        integer(2),
        der(0x80, Uint8Array.of(5)),
        der(0x81, Uint8Array.of(0x03, 0xe7)),
      ),
      ms: 2006,
    },
    { name: 'thousandths alone', accuracy: sequence(der(0x80, Uint8Array.of(7))), ms: 7 },
    { name: 'nothing, where a policy promises a second', accuracy: sequence(), ms: 1000 },
  ];
  for (const { name, accuracy, ms } of accuracies) {
    it(`reads an accuracy of ${name}`, () => {
      const stamp = check({ accuracy, policy: '0.4.0.2023.1.1' });
      assert.equal(faultsOf(stamp), '');
      assert.ok(stamp.ok);
      assert.equal(stamp.value.until.getTime() - stamp.value.time.getTime(), ms);
      assert.equal(stamp.value.time.getTime() - stamp.value.from.getTime(), ms);
    });
  }

  const negative = [
    { name: 'seconds', accuracy: sequence(der(0x02, Uint8Array.of(0xff))) },
    { name: 'thousandths', accuracy: sequence(der(0x80, Uint8Array.of(0xff))) },
    { name: 'millionths', accuracy: sequence(der(0x81, Uint8Array.of(0xff))) },
  ];
  for (const { name, accuracy } of negative) {
    it(`refuses an accuracy of negative ${name}, which would turn the range around`, () => {
      assert.match(faultsOf(check({ accuracy })), /has an integer out of range/);
    });
  }

  const times = [
    '20260101000000+0100',
    '202601010000Z',
    '20261301000000Z',
    '20260132000000Z',
    '20260101240000Z',
    '20260101006000Z',
  ];
  for (const timeText of times) {
    it(`refuses the time ${timeText}`, () => {
      assert.match(faultsOf(check({ timeText })), /has a (?:broken time|time that is not in UTC)/);
    });
  }
});
