import assert from 'node:assert/strict';
import fc from 'fast-check';
import { orderedJson } from '../../../shared/core/json-ordered.ts';
import type { OrderedJson } from '../../../shared/core/json-ordered.ts';

describe('json-ordered orderedJson', () => {
  it('writes what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 1, max: 4 }), (value, indent) => {
        const written = orderedJson(value as OrderedJson, indent);
        assert.equal(written, JSON.stringify(value, null, indent));
      }),
    );
  });

  it('writes members of a map whose names are integers in the order of the map', () => {
    const map = new Map([
      ['b', 'x'],
      ['10', 'y'],
      ['9', 'z "'],
    ]);
    assert.equal(
      orderedJson({ list: [map, new Map()] }, 1),
      '{\n "list": [\n  {\n   "b": "x",\n   "10": "y",\n   "9": "z \\""\n  },\n  {}\n ]\n}',
    );
  });

  it('writes a map as the object of the same members', () => {
    const member = fc.tuple(fc.stringMatching(/^[a-z"\\]{0,5}$/), fc.string());
    fc.assert(
      fc.property(fc.uniqueArray(member, { selector: ([name]) => name }), (members) => {
        const object = Object.fromEntries(members);
        assert.equal(orderedJson(new Map(members), 3), JSON.stringify(object, null, 3));
      }),
    );
  });
});
