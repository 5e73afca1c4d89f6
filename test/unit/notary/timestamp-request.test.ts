import assert from 'node:assert/strict';
import { loadAsn1 } from '../../../shared/notary/asn1.ts';
import {
  buildTimestampRequest,
  parseTimestampAnswer,
} from '../../../shared/notary/timestamp-request.ts';
import { parseTimestampToken } from '../../../shared/notary/timestamp-token.ts';
import { makeStampingChain } from '../../support/certificates.ts';
import { integer, sequence } from '../../support/der.ts';
import { faultsOf } from '../../support/signatures.ts';
import { answerRequest, makeToken, refusal } from '../../support/timestamps.ts';

const ASN1 = await loadAsn1();
const SIGNATURE = Buffer.from('a signature');
const AUTHORITY = makeStampingChain();
const SHA384 = { imprintHash: 'sha384' } as const;

describe('timestamp-request parseTimestampAnswer', () => {
  const question = {
    signature: SIGNATURE,
    hash: 'sha384',
    nonce: Uint8Array.of(1, 200, 3),
  } as const;
  const request = buildTimestampRequest(ASN1, question);

  it('reads the token of an answer to its request', () => {
    const received = parseTimestampAnswer(ASN1, answerRequest(AUTHORITY, request), question);
    assert.equal(faultsOf(received), '');
    assert.ok(received.ok);
    assert.equal(received.value.token.imprint.hash, 'sha384');
    assert.ok(parseTimestampToken(ASN1, received.value.bytes).ok);
  });

  const refused = [
    {
      name: 'a refusal',
      answer: refusal(2, '##vso[x] busy'),
      fault: /was refused with status 2 # #vso\[x\] busy/,
    },
    {
      name: 'an answer without token',
      answer: Buffer.from('30053003020100', 'hex'),
      fault: /was granted, but is not there/,
    },
    {
      name: 'an answer without the number of a request',
      answer: sequence(sequence(integer(0)), makeToken(AUTHORITY, SIGNATURE, SHA384)),
      fault: /is an answer to another request/,
    },
    {
      name: 'an answer about a shorter hash than was asked for',
      answer: sequence(sequence(integer(0)), makeToken(AUTHORITY, SIGNATURE)),
      fault: /is of another hash/,
    },
    {
      name: 'the answer to another request',
      answer: answerRequest(AUTHORITY, request, { nonce: Uint8Array.of(9) }),
      fault: /is an answer to another request/,
    },
    {
      name: 'something else',
      answer: Buffer.from('<html>'),
      fault: /is not an answer to a timestamp request/,
    },
  ];
  for (const { name, answer, fault } of refused) {
    it(`refuses ${name}`, () => {
      assert.match(faultsOf(parseTimestampAnswer(ASN1, answer, question)), fault);
    });
  }
});
