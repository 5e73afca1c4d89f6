import assert from 'node:assert/strict';
import fc from 'fast-check';
import { changedNumbers } from '../../../shared/core/json-numbers.ts';

function changed(text: string): readonly (readonly [string, string])[] {
  return changedNumbers(Buffer.from(text), 'a.json').map(({ path, message }) => [path, message]);
}

describe('json-numbers changedNumbers', () => {
  const cases = [
    { number: '1.0', becomes: '1' },
    { number: '8.10', becomes: '8.1' },
    { number: '1E400', becomes: 'null' },
    { number: '12345678901234567890', becomes: '12345678901234567000' },
    { number: '-0', becomes: '0' },
    { number: '1e3', becomes: '1000' },
  ];
  for (const { number, becomes } of cases) {
    it(`names ${number}, which would be written as ${becomes}`, () => {
      const message = `is the number ${number}, which would become ${becomes}: write it as text`;
      assert.deepEqual(changed(number), [['a.json', message]]);
      assert.deepEqual(changed(`{"b":[0,{"c d":${number}}],"e":1}`), [
        ['a.json: b[1]["c d"]', message],
      ]);
    });
  }

  it('names each by its path, whatever texts are around', () => {
    const text =
      '{"a":"1.0, \\"[{","b":[[1.0],"x\\\\",2.0,3],"c":{"d":true,"e":4.0},"f":null,"g":5.0}';
    assert.deepEqual(
      changed(text).map(([path]) => path),
      ['a.json: b[0][0]', 'a.json: b[2]', 'a.json: c.e', 'a.json: g'],
    );
  });

  it('looks only where numbers matter', () => {
    const found = changedNumbers(Buffer.from('{"a":1.0,"b":1.0}'), 'x', ([name]) => name === 'b');
    assert.deepEqual(
      found.map(({ path }) => path),
      ['x: b'],
    );
  });

  it('finds them wherever a value may stand', () => {
    for (const number of ['-0', '1.0', '10e2', '1E5', '0.10', '-1.50', '1234567890123456789']) {
      for (const space of ['', ' ', '\r\n\t ', ' '.repeat(1000)]) {
        const texts = [
          `${space}${number}${space}`,
          `{"a"${space}:${space}${number}${space}}`,
          `[${space}${number}${space}]`,
          `[0,${space}${number}${space},1]`,
          `["",[],{},null,${space}${number}]`,
        ];
        for (const text of texts) assert.equal(changed(text).length, 1, text);
      }
    }
  });

  it('has nothing to say about what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.deepEqual(changed(JSON.stringify(value)), []);
      }),
    );
  });
});
