import assert from 'node:assert/strict';
import { groupBy } from '../../../shared/core/group-by.ts';

describe('group-by groupBy', () => {
  it('keeps the order of keys and of items', () => {
    const groups = groupBy(new Set([5, 2, 4, 1, 3]), (item) => item % 2);
    assert.deepEqual(
      [...groups],
      [
        [1, [5, 1, 3]],
        [0, [2, 4]],
      ],
    );
  });

  it('gives no groups for no items', () => {
    assert.equal(groupBy([], String).size, 0);
  });
});
