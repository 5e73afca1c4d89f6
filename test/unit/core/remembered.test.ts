import assert from 'node:assert/strict';
import { remembered } from '../../../shared/core/remembered.ts';

describe('core remembered', () => {
  it('works out each answer once, also one that is nothing', () => {
    const asked: string[] = [];
    const lengthOf = remembered((text) => {
      asked.push(text);
      return text === '' ? undefined : text.length;
    });
    assert.deepEqual(['a', '', 'bc', 'a', ''].map(lengthOf), [1, undefined, 2, 1, undefined]);
    assert.deepEqual(asked, ['a', '', 'bc']);
  });
});
