import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseContentRange, uploadedBytes } from '../../../shared/oci/content-range.ts';

describe('content-range parseContentRange', () => {
  it('reads any range of bytes (B7)', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.option(fc.nat()), (first, more, size) => {
        const last = first + more;
        const header = `bytes ${first}-${last}/${size ?? '*'}`;
        const expected = size === null ? { first, last } : { first, last, size };
        assert.deepEqual(parseContentRange(header), expected);
      }),
    );
  });

  for (const header of [
    '',
    'bytes */10',
    'bytes 5-4/10',
    'items 0-1/2',
    'bytes 0-1',
    '0-1/2',
    'bytes -1/2',
  ]) {
    it(`takes ${JSON.stringify(header)} for none`, () => {
      assert.equal(parseContentRange(header), undefined);
    });
  }

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string(), (header) => {
        const range = parseContentRange(header);
        assert.ok(range === undefined || range.first <= range.last);
      }),
    );
  });
});

describe('content-range uploadedBytes', () => {
  const headers = [
    { header: '0-9', bytes: 10 },
    { header: 'bytes=0-9', bytes: 10 },
    { header: '0-0', bytes: 1 },
    { header: '5-9', bytes: undefined },
    { header: 'none', bytes: undefined },
    { header: undefined, bytes: undefined },
  ] as const;
  for (const { header, bytes } of headers) {
    it(`says ${bytes ?? 'nothing'} for ${header ?? 'no header'} (U10)`, () => {
      assert.equal(uploadedBytes(header), bytes);
    });
  }
});
