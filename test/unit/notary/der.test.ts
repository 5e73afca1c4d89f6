import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  DerError,
  readBoolean,
  readCount,
  readDer,
  readDerList,
  readNumber,
  readOid,
  readTime,
} from '../../../shared/notary/der.ts';
import { der, integer, oid, time } from '../../support/der.ts';

const bytes = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(' ', ''), 'hex');

describe('der readDer', () => {
  const rejected = [
    { name: 'no bytes', hex: '' },
    { name: 'only a tag', hex: '30' },
    { name: 'content that ends too early', hex: '30 03 05 00' },
    { name: 'bytes after the end', hex: '05 00 00' },
    { name: 'an indefinite length', hex: '30 80 00 00' },
    { name: 'a length that is not the shortest', hex: '04 81 01 00' },
    { name: 'a length with a leading zero', hex: `04 82 00 80 ${'00'.repeat(128)}` },
    { name: 'a length of five bytes', hex: '04 85 00 00 00 00 01 00' },
    { name: 'a cut length', hex: '04 82 01' },
    { name: 'a tag above 30', hex: '1f 20 00' },
  ];
  for (const { name, hex } of rejected) {
    it(`rejects ${name}`, () => {
      assert.throws(() => readDer(bytes(hex)), DerError);
    });
  }

  it('reads what the writer wrote, however long', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70_000 }), (content) => {
        const node = readDer(der(0x04, content));
        assert.equal(Buffer.compare(node.content, content), 0);
      }),
      { numRuns: 30 },
    );
  });

  it('fails only with its own error on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (content) => {
        try {
          readDerList(content);
        } catch (error) {
          assert.ok(error instanceof DerError);
        }
      }),
    );
  });

  it('refuses more elements than a certificate has', () => {
    assert.throws(() => readDerList(bytes('0500'.repeat(1001))), /too many elements/);
  });
});

describe('der values', () => {
  const oids = ['2.5.29.15', '1.2.840.113549.1.1.11', '0.9.2342.19200300.100.1.25', '2.999.3'];
  for (const dotted of oids) {
    it(`reads the object identifier ${dotted}`, () => {
      assert.equal(readOid(readDer(oid(dotted))), dotted);
    });
  }

  it('reads object identifiers with arcs of 128 bits', () => {
    const arc = (1n << 128n) - 1n;
    const node = readDer(bytes(`06 14 69 83 ${'ff'.repeat(17)} 7f`));
    assert.equal(readOid(node), `2.25.${arc}`);
  });

  const times = [
    '1950-01-01T00:00:00.000Z',
    '2049-12-31T23:59:59.000Z',
    '2123-08-29T13:50:00.000Z',
  ];
  for (const text of times) {
    it(`reads the time ${text}`, () => {
      assert.equal(readTime(readDer(time(new Date(text)))).toISOString(), text);
    });
  }

  const broken = [
    { name: 'an object identifier that ends within an arc', read: readOid, hex: '06 02 55 9d' },
    { name: 'an empty object identifier', read: readOid, hex: '06 00' },
    {
      name: 'an object identifier of megabytes, before it takes minutes',
      read: readOid,
      hex: `06 83 0f 42 40 ${'ff'.repeat(999_999)} 01`,
    },
    { name: 'a negative integer', read: readCount, hex: '02 01 80' },
    { name: 'an integer of five bytes', read: readCount, hex: '02 05 01 00 00 00 00' },
    { name: 'a negative number', read: readNumber, hex: '02 01 80' },
    { name: 'a number of 22 bytes', read: readNumber, hex: `02 16 ${'01'.repeat(22)}` },
    { name: 'a number of no bytes', read: readNumber, hex: '02 00' },
    { name: 'a boolean that is neither', read: readBoolean, hex: '01 01 01' },
    { name: 'a boolean of two bytes', read: readBoolean, hex: '01 02 ff ff' },
    { name: 'a time without seconds', read: readTime, hex: `17 0b ${hexOf('2601010000Z')}` },
    { name: 'a time with an offset', read: readTime, hex: `17 11 ${hexOf('260101000000+0100')}` },
    { name: 'a month that does not exist', read: readTime, hex: `17 0d ${hexOf('261301000000Z')}` },
    { name: 'a day that does not exist', read: readTime, hex: `17 0d ${hexOf('260230000000Z')}` },
    { name: 'an hour that does not exist', read: readTime, hex: `17 0d ${hexOf('260101240000Z')}` },
    {
      name: 'another type where a time belongs',
      read: readTime,
      hex: `0c 0d ${hexOf('260101000000Z')}`,
    },
  ];
  for (const { name, read, hex } of broken) {
    it(`rejects ${name}`, () => {
      assert.throws(() => read(readDer(bytes(hex))), DerError);
    });
  }

  it('reads small integers', () => {
    assert.deepEqual(
      [0, 127, 128, 65_536].map((value) => readCount(readDer(integer(value)))),
      [0, 127, 128, 65_536],
    );
  });
});

function hexOf(text: string): string {
  return Buffer.from(text).toString('hex');
}
