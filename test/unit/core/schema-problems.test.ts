import assert from 'node:assert/strict';
import { pathIn, schemaProblems } from '../../../shared/core/schema-problems.ts';

describe('schema-problems pathIn', () => {
  const paths = [
    { segments: [], path: 'a.json' },
    { segments: ['repos', 3, 'images', '0'], path: 'a.json: repos[3].images[0]' },
    { segments: ['tags', '$(a b)'], path: 'a.json: tags["$(a b)"]' },
    { segments: ['##vso[x]'], path: 'a.json: ["# #vso[x]"]' },
  ];
  for (const { segments, path } of paths) {
    it(`writes ${path}`, () => {
      assert.equal(pathIn('a.json', segments), path);
    });
  }
});

describe('schema-problems schemaProblems', () => {
  const errors = [
    {
      keyword: 'required',
      params: { missingProperty: 'b' },
      path: 'f: a.b',
      message: 'is required',
    },
    { keyword: 'type', params: { type: 'string' }, message: 'is not string' },
    { keyword: 'type', params: { type: ['string', 'null'] }, message: 'is not string or null' },
    { keyword: 'enum', params: { allowedValues: ['1', '2'] }, message: 'is not one of 1, 2' },
    { keyword: 'pattern', params: {}, message: 'is not a tag' },
    {
      keyword: 'pattern',
      params: {},
      schemaPath: '#/properties/x/pattern',
      message: 'is not in the expected form',
    },
    { keyword: 'minimum', params: {}, said: 'must be >= 0', message: 'must be >= 0' },
    { keyword: 'minimum', params: {}, message: 'does not satisfy minimum' },
  ];
  for (const { path = 'f: a', message, said, schemaPath, ...error } of errors) {
    it(`says "${message}"`, () => {
      const found = {
        instancePath: '/a',
        schemaPath: schemaPath ?? '#/$defs/tag/pattern',
        ...(said === undefined ? {} : { message: said }),
        ...error,
      };
      assert.deepEqual(schemaProblems([found], 'f', { tag: 'a tag' }), [{ path, message }]);
    });
  }

  it('reads escaped members of a JSON pointer', () => {
    const error = {
      instancePath: '/a~1b/~0',
      schemaPath: '',
      keyword: 'type',
      params: { type: 'null' },
    };
    assert.equal(schemaProblems([error], 'f', {})[0]?.path, 'f: ["a/b"]["~"]');
  });
});
