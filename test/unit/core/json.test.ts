import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isJsonObject, parseJson, prettyJson } from '../../../shared/core/json.ts';
import { parsed, problem } from '../../../shared/core/result.ts';

describe('json parseJson', () => {
  it('reads whatever JSON writes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        assert.deepEqual(parseJson(Buffer.from(text), ''), parsed(JSON.parse(text)));
      }),
    );
  });

  it('accepts a byte order mark', () => {
    assert.deepEqual(parseJson(Buffer.from('\uFEFF[1]'), ''), parsed([1]));
  });

  const refused = [
    { name: 'nothing', bytes: [] },
    { name: 'half a document', bytes: Buffer.from('{"a":') },
    { name: 'two byte order marks', bytes: Buffer.from('\uFEFF\uFEFF1') },
    { name: 'text that is not UTF-8', bytes: [0x22, 0xff, 0x22] },
    { name: 'UTF-16', bytes: Buffer.from('{}', 'utf16le') },
  ];
  for (const { name, bytes } of refused) {
    it(`refuses ${name}, at the path given`, () => {
      const result = parseJson(Uint8Array.from(bytes), 'a.json');
      assert.ok(!result.ok);
      assert.deepEqual(
        result.problems.map(({ path }) => path),
        ['a.json'],
      );
      assert.match(result.problems[0]?.message ?? '', /^is not JSON in UTF-8 \(/);
    });
  }
});

describe('json parseJson of nested values', () => {
  const lists = (depth: number): Buffer => Buffer.from('['.repeat(depth) + ']'.repeat(depth));

  it('reads 200 levels, and brackets in texts at will', () => {
    assert.ok(parseJson(lists(200), '').ok);
    assert.ok(parseJson(Buffer.from(JSON.stringify(`"${'[{'.repeat(500)}`)), '').ok);
    assert.ok(parseJson(Buffer.from(JSON.stringify(Array(500).fill([{}]))), '').ok);
  });

  for (const depth of [201, 20_000, 1_000_000]) {
    it(`refuses ${depth} levels, which overflow the stack of whoever writes them`, () => {
      const refused = problem('a.json', 'nests deeper than 200 levels');
      assert.deepEqual(parseJson(lists(depth), 'a.json'), refused);
    });
  }
});

describe('json parseJson of any value', () => {
  const depthOf = (value: unknown): number =>
    typeof value === 'object' && value !== null
      ? 1 + Math.max(0, ...Object.values(value).map(depthOf))
      : 0;

  it('counts the levels that are in it, whatever its texts look like', () => {
    const texts = fc.string({ unit: fc.constantFrom('"', '\\', '[', '}', 'a') });
    const values = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 5 }, texts, tie('list'), tie('object')),
      list: fc.array(tie('value'), { maxLength: 3 }),
      object: fc.dictionary(texts, tie('value'), { maxKeys: 3 }),
    }));
    fc.assert(
      fc.property(values.value, (value) => {
        const bytes = Buffer.from(JSON.stringify(value));
        const depth = depthOf(value);
        assert.ok(parseJson(bytes, '', depth).ok);
        assert.equal(parseJson(bytes, '', depth - 1).ok, depth === 0);
      }),
    );
  });
});

describe('json isJsonObject', () => {
  it('takes objects, and neither lists nor null', () => {
    assert.deepEqual(
      [{}, [], null, 'a', undefined].map((value) => isJsonObject(value)),
      [true, false, false, false, false],
    );
  });
});

describe('json prettyJson', () => {
  it('indents by two and ends with one newline', () => {
    assert.equal(
      Buffer.from(prettyJson({ a: ['ä'] })).toString(),
      '{\n  "a": [\n    "ä"\n  ]\n}\n',
    );
  });
});
