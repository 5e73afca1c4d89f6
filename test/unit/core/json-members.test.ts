import assert from 'node:assert/strict';
import fc from 'fast-check';
import { membersInOrder } from '../../../shared/core/json-members.ts';
import type { JsonPath } from '../../../shared/core/json-tokens.ts';

type Object = Readonly<Record<string, unknown>>;

/** Names and values of the object at a path of JSON text. */
function members(text: string, path: JsonPath = []): readonly (readonly [string, unknown])[] {
  const whole = JSON.parse(text) as Object;
  const object = path.reduce<unknown>((value, key) => (value as Object)[key], whole) as Object;
  return membersInOrder(Buffer.from(text))(object, path);
}

function names(text: string, path: JsonPath = []): readonly string[] {
  return members(text, path).map(([name]) => name);
}

describe('json-members membersInOrder', () => {
  const cases: readonly {
    readonly name: string;
    readonly text: string;
    readonly path?: JsonPath;
    readonly expected: readonly string[];
  }[] = [
    { name: 'other names', text: '{"b":1,"a":2}', expected: ['b', 'a'] },
    { name: 'no names', text: '{}', expected: [] },
    { name: 'an integer last', text: '{"b":1,"8":2}', expected: ['b', '8'] },
    { name: 'integers', text: '{ "10" : 1 , "9" : 2 , "09" : 3 }', expected: ['10', '9', '09'] },
    {
      name: 'values that look like names',
      text: '{"b":"8","c":["9",{"7":"6"},"5"],"d":{"4":"3"},"e":null,"1":true,"0":-2.5e3,"f":"g"}',
      expected: ['b', 'c', 'd', 'e', '1', '0', 'f'],
    },
    {
      name: 'names with escapes',
      text: '{"\\"{":1,"\\u0038":2,"\\\\":3}',
      expected: ['"{', '8', '\\'],
    },
    { name: 'a name that comes again', text: '{"b":1,"8":2,"b":3}', expected: ['b', '8'] },
    {
      name: 'an object in lists and objects',
      text: '{"x":[{"b":1,"1":2},[0,{"c":[1,{}],"2":2,"1":3}]],"y":{"1":{}}}',
      path: ['x', 1, 1],
      expected: ['c', '2', '1'],
    },
    {
      name: 'an object whose name is an integer',
      text: '{"b":[{"1":0}],"0":{"c":1,"0":2}}',
      path: ['0'],
      expected: ['c', '0'],
    },
    {
      name: 'the last of objects of one name',
      text: '{"x":{"8":1,"a":2},"x":{"b":1,"8":2}}',
      path: ['x'],
      expected: ['b', '8'],
    },
    { name: 'text with line breaks', text: '{\r\n"b":1,\r\n"8":2}', expected: ['b', '8'] },
    { name: 'the name __proto__', text: '{"__proto__":{},"8":2}', expected: ['__proto__', '8'] },
  ];
  for (const { name, text, path, expected } of cases) {
    it(`gives ${name} in the order of the text`, () => {
      assert.deepEqual(names(text, path), expected);
    });
  }

  it('gives the last value of a name that comes again', () => {
    assert.deepEqual(members('{"b":1,"8":2,"b":3}'), [
      ['b', 3],
      ['8', 2],
    ]);
  });

  it('does not mind a byte order mark', () => {
    const text = Buffer.from('\uFEFF{"b":1,"8":2}');
    assert.deepEqual(membersInOrder(text)({ '8': 2, b: 1 }, []), [
      ['b', 1],
      ['8', 2],
    ]);
  });

  it('has every member with its value, wherever the object is', () => {
    const name = fc.oneof(fc.nat(12).map(String), fc.string({ maxLength: 3 }));
    const list = fc.uniqueArray(fc.tuple(name, fc.jsonValue()), { selector: ([key]) => key });
    fc.assert(
      fc.property(list, (given) => {
        const inner = given
          .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)
          .join(',');
        const expected = given.map(([key, value]) => [
          key,
          JSON.parse(JSON.stringify(value)) as unknown,
        ]);
        assert.deepEqual(members(`{${inner}}`), expected);
        assert.deepEqual(members(`{"1":[{${inner}}],"a":[{"0":0}]}`, ['1', 0]), expected);
      }),
    );
  });
});
