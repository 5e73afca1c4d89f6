import assert from 'node:assert/strict';
import { definite } from '../../../shared/core/errors.ts';
import { loadAsn1 } from '../../../shared/notary/asn1.ts';
import { readDer } from '../../../shared/notary/der.ts';
import { parseTimestampToken } from '../../../shared/notary/timestamp-token.ts';
import { makeStampingChain } from '../../support/certificates.ts';
import { octetString } from '../../support/der.ts';
import { faultsOf } from '../../support/signatures.ts';
import { makeToken, refusal } from '../../support/timestamps.ts';

const ASN1 = await loadAsn1();
const SIGNATURE = Buffer.from('a signature');
const AUTHORITY = makeStampingChain();

describe('timestamp-token parseTimestampToken', () => {
  const token = makeToken(AUTHORITY, SIGNATURE);
  const broken = [
    { name: 'nothing', bytes: new Uint8Array() },
    { name: 'a cut token', bytes: token.subarray(0, -1) },
    { name: 'a token with a byte too many', bytes: Buffer.concat([token, Uint8Array.of(0)]) },
    { name: 'an answer instead of its token', bytes: refusal(2, 'no') },
    { name: 'a certificate', bytes: definite(AUTHORITY.chainDer[0], 'the leaf') },
    { name: 'brackets without end', bytes: new Uint8Array(5000).fill(0x30) },
    { name: 'indefinite lengths without end', bytes: Buffer.from('3080'.repeat(5000), 'hex') },
    {
      name: 'a token of indefinite length, which notation does not read',
      bytes: Buffer.concat([
        Buffer.from('3080', 'hex'),
        readDer(token).content,
        Buffer.from('0000', 'hex'),
      ]),
    },
    ...['20261301000000Z', '20260101240000Z', '20260101000000.50Z'].map((timeText) => ({
      name: `the time ${timeText}, which DER does not write`,
      bytes: makeToken(AUTHORITY, SIGNATURE, { timeText }),
    })),
  ];
  for (const { name, bytes } of broken) {
    it(`rejects ${name}`, () => {
      assert.match(
        faultsOf(parseTimestampToken(ASN1, bytes)),
        /^timestamp: is not a timestamp token/,
      );
    });
  }

  it('reads no token of more than 128 KiB, whatever is in it', () => {
    const padding = new Uint8Array(128 * 1024);
    const large = makeToken(AUTHORITY, SIGNATURE, { certificates: [octetString(padding)] });
    assert.equal(
      faultsOf(parseTimestampToken(ASN1, large)),
      'timestamp: is not a timestamp token: is too large',
    );
  });
});
