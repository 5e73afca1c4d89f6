import assert from 'node:assert/strict';
import { DerError } from '../../../shared/notary/der.ts';
import { formatName, readName } from '../../../shared/notary/distinguished-name.ts';
import { der, integer, oid, printable, sequence, set, utf8 } from '../../support/der.ts';

function nameWith(value: Uint8Array): Uint8Array {
  return sequence(set(sequence(oid('2.5.4.10'), value)));
}

describe('distinguished-name readName', () => {
  const values = [
    { name: 'UTF8String', value: utf8('Ångren'), expected: 'Ångren' },
    { name: 'PrintableString', value: printable('Contoso'), expected: 'Contoso' },
    { name: 'TeletexString', value: der(0x14, Uint8Array.of(0xc5)), expected: 'Å' },
    { name: 'IA5String', value: der(0x16, Buffer.from('a@b')), expected: 'a@b' },
    { name: 'BMPString', value: der(0x1e, Uint8Array.of(0, 0x41, 0x03, 0xa9)), expected: 'AΩ' },
    { name: 'a cut BMPString', value: der(0x1e, Uint8Array.of(0, 0x41, 0)), expected: 'A' },
    { name: 'what is not text', value: integer(5), expected: '#020105' },
  ];
  for (const { name, value, expected } of values) {
    it(`reads ${name}`, () => {
      assert.deepEqual(readName(nameWith(value)), [{ type: 'O', value: expected }]);
    });
  }

  it('keeps the attributes of one part apart', () => {
    const attribute = (type: string, value: string): Uint8Array => sequence(oid(type), utf8(value));
    const name = readName(sequence(set(attribute('2.5.4.3', 'a'), attribute('2.5.4.11', 'b'))));
    assert.equal(formatName(name), 'CN=a, OU=b');
  });

  it('refuses what is not a name', () => {
    assert.throws(() => readName(sequence(sequence())), DerError);
  });
});
