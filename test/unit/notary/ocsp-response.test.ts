import assert from 'node:assert/strict';
import { definite } from '../../../shared/core/errors.ts';
import { loadAsn1 } from '../../../shared/notary/asn1.ts';
import { DerTag, readChildren, readDer } from '../../../shared/notary/der.ts';
import { buildOcspRequest } from '../../../shared/notary/ocsp-request.ts';
import { statusByResponder } from '../../../shared/notary/ocsp-response.ts';
import type { RevocationStatus } from '../../../shared/notary/revocation-status.ts';
import { issueBeside, makeChain } from '../../support/certificates.ts';
import { certificateIn, hoursFromNow, makeAnswer, refuse } from '../../support/revocation.ts';
import type { AnswerChanges } from '../../support/revocation.ts';

const ASN1 = await loadAsn1();
const CHAIN = makeChain({ leaf: { ocspUrl: 'http://ocsp.example/' } });
const STRANGERS = makeChain();
const QUESTION = {
  certificate: certificateIn(CHAIN, 0),
  issuer: certificateIn(CHAIN, 1),
  now: new Date(),
};
const OCSP_SIGNING = ['1.3.6.1.5.5.7.3.9'];
const RESPONDER = issueBeside(CHAIN, { keyUsage: [0], extendedKeyUsage: OCSP_SIGNING });
const OTHER_LEAF = issueBeside(CHAIN, { keyUsage: [0] });
const MUTE_RESPONDER = issueBeside(CHAIN, { keyUsage: [1], extendedKeyUsage: OCSP_SIGNING });
const WEAK_RESPONDER = issueBeside(
  CHAIN,
  { extendedKeyUsage: OCSP_SIGNING },
  { signedWith: 'ecdsa-sha1' },
);
const STRANGE_RESPONDER = issueBeside(STRANGERS, { extendedKeyUsage: OCSP_SIGNING });
const OLD_RESPONDER = issueBeside(
  CHAIN,
  { extendedKeyUsage: OCSP_SIGNING },
  { notBefore: new Date('2020-01-01'), notAfter: new Date('2021-01-01') },
);

function textOf(status: RevocationStatus): string {
  return status.kind === 'unknown' ? `unknown: ${status.reason}` : status.kind;
}

const ANSWERS: readonly {
  readonly name: string;
  readonly changes: AnswerChanges;
  readonly expected: RegExp;
}[] = [
  { name: 'that the certificate is good', changes: {}, expected: /^good$/ },
  { name: 'that it is revoked', changes: { state: 'revoked' }, expected: /^revoked$/ },
  { name: 'that it is unknown', changes: { state: 'unknown' }, expected: /does not know/ },
  {
    name: 'of a responder that the issuer appointed',
    changes: { signer: RESPONDER, certificates: [RESPONDER.certificate] },
    expected: /^good$/,
  },
  {
    name: 'of a responder whose certificate is not there',
    changes: { signer: RESPONDER },
    expected: /is not signed by the issuer/,
  },
  {
    name: 'signed by another leaf of the issuer',
    changes: { signer: OTHER_LEAF, certificates: [OTHER_LEAF.certificate] },
    expected: /is not signed by the issuer/,
  },
  {
    name: 'of a responder whose certificate has expired',
    changes: { signer: OLD_RESPONDER, certificates: [OLD_RESPONDER.certificate] },
    expected: /is not signed by the issuer/,
  },
  {
    name: 'of strangers',
    changes: {
      signer: definite(STRANGERS.parties[1], 'a stranger'),
      certificates: STRANGERS.chainDer,
    },
    expected: /is not signed by the issuer/,
  },
  {
    name: 'of a responder that somebody else appointed',
    changes: { signer: STRANGE_RESPONDER, certificates: [STRANGE_RESPONDER.certificate] },
    expected: /is not signed by the issuer/,
  },
  {
    name: 'of a responder whose key must not sign',
    changes: { signer: MUTE_RESPONDER, certificates: [MUTE_RESPONDER.certificate] },
    expected: /is not signed by the issuer/,
  },
  {
    name: 'of a responder whose certificate is signed with SHA-1',
    changes: { signer: WEAK_RESPONDER, certificates: [WEAK_RESPONDER.certificate] },
    expected: /is not signed by the issuer/,
  },
  {
    name: 'that names the certificate by SHA-256',
    changes: { id: { hash: 'sha256' } },
    expected: /^good$/,
  },
  {
    name: 'that names the certificate by MD5',
    changes: { id: { hash: 'md5' } },
    expected: /is about other certificates/,
  },
  {
    name: 'about the same serial number of another issuer',
    changes: { id: { issuerName: Buffer.from('another') } },
    expected: /is about other certificates/,
  },
  {
    name: 'about the same serial number of an issuer with another key',
    changes: { id: { issuerKey: Buffer.from('another') } },
    expected: /is about other certificates/,
  },
  {
    name: 'of another kind',
    changes: { kind: '1.3.6.1.5.5.7.48.1.2' },
    expected: /it gave no basic answer/,
  },
  {
    name: 'that is a little ahead, as clocks are',
    changes: { thisUpdate: hoursFromNow(4 / 60) },
    expected: /^good$/,
  },
  {
    name: 'that is too far ahead',
    changes: { thisUpdate: hoursFromNow(6 / 60) },
    expected: /is out of date/,
  },
  { name: 'signed with SHA-1', changes: { weak: true }, expected: /is not signed by the issuer/ },
  {
    name: 'about another certificate',
    changes: { about: OTHER_LEAF.certificate },
    expected: /is about other certificates/,
  },
  { name: 'of the future', changes: { thisUpdate: hoursFromNow(1) }, expected: /is out of date/ },
  { name: 'of the past', changes: { nextUpdate: hoursFromNow(-1) }, expected: /is out of date/ },
  { name: 'without end', changes: { nextUpdate: 'none' }, expected: /does not say until when/ },
  {
    name: 'with a critical extension',
    changes: { criticalExtension: true },
    expected: /critical extension not known here/,
  },
];

describe('ocsp-response statusByResponder', () => {
  for (const { name, changes, expected } of ANSWERS) {
    it(`understands an answer ${name}`, () => {
      const answer = makeAnswer(CHAIN, changes);
      assert.match(textOf(statusByResponder(ASN1, answer, QUESTION)), expected);
    });
  }

  it('reads since when a key is not to be trusted', () => {
    const invalidSince = new Date('2026-01-01T00:00:00Z');
    const answer = makeAnswer(CHAIN, { state: 'revoked', invalidSince });
    const status = statusByResponder(ASN1, answer, QUESTION);
    assert.ok(status.kind === 'revoked');
    assert.deepEqual(status.invalidSince, invalidSince);
  });

  it('does not ask a list about a revoked certificate because a time beside it is broken', () => {
    const answer = makeAnswer(CHAIN, { state: 'revoked', invalidSince: 'broken' });
    const status = statusByResponder(ASN1, answer, QUESTION);
    assert.ok(status.kind === 'revoked' && status.invalidSince === undefined);
  });

  const refused = [
    { name: 'a refusal', answer: refuse(6), expected: /it refused: unauthorized/ },
    { name: 'a success without content', answer: refuse(0), expected: /no basic answer/ },
    { name: 'text', answer: Buffer.from('<html>'), expected: /is not an answer of a responder/ },
    { name: 'nothing', answer: new Uint8Array(), expected: /is not an answer of a responder/ },
    {
      name: 'an answer that was changed',
      answer: Buffer.from(
        Buffer.from(makeAnswer(CHAIN)).toString('latin1').replace('\x80\0', '\x82\0'),
        'latin1',
      ),
      expected: /is not signed by the issuer/,
    },
  ];
  for (const { name, answer, expected } of refused) {
    it(`learns nothing from ${name}`, () => {
      assert.match(textOf(statusByResponder(ASN1, answer, QUESTION)), expected);
    });
  }
});

describe('ocsp-request buildOcspRequest', () => {
  it('names the certificate by its issuer and serial number', () => {
    const request = buildOcspRequest(ASN1, QUESTION.certificate, QUESTION.issuer);
    const [tbs] = readChildren(readDer(request), DerTag.sequence);
    const [list] = readChildren(tbs, DerTag.sequence);
    const [single] = readChildren(list, DerTag.sequence);
    const [id] = readChildren(single, DerTag.sequence);
    const [, name, key, serial] = readChildren(id, DerTag.sequence);
    assert.equal(name?.content.byteLength, 20);
    assert.equal(key?.content.byteLength, 20);
    assert.deepEqual(Buffer.from(serial?.content ?? []), Buffer.from(QUESTION.certificate.serial));
  });
});
