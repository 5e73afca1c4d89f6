import assert from 'node:assert/strict';
import { Masks } from '../../../support/agent/masks.ts';

const rows = [
  { name: 'a secret', secrets: ['s3cret'], text: 'a s3cret b', expected: 'a *** b' },
  { name: 'each of two', secrets: ['one', 'two'], text: 'one, two', expected: '***, ***' },
  { name: 'overlapping secrets as one', secrets: ['abc', 'cde'], text: 'abcde', expected: '***' },
  { name: 'touching secrets as one', secrets: ['ab', 'cd'], text: '-abcd-', expected: '-***-' },
  { name: 'the longer of two', secrets: ['pass', 'password'], text: 'password', expected: '***' },
  { name: 'the escaped form', secrets: ['a%b'], text: 'a%AZP25b', expected: '***' },
  { name: 'nothing for an empty secret', secrets: [''], text: 'abc', expected: 'abc' },
] as const;

describe('masks Masks', () => {
  for (const { name, secrets, text, expected } of rows) {
    it(`hides ${name}`, () => {
      const masks = new Masks();
      for (const secret of secrets) masks.add(secret);
      assert.equal(masks.apply(text), expected);
    });
  }
});
