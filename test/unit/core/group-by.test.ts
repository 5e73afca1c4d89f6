import assert from 'node:assert/strict';
import { groupBy, groupLinked } from '../../../shared/core/group-by.ts';

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

describe('group-by groupLinked', () => {
  const linked = (...items: readonly string[]): readonly (readonly string[])[] =>
    groupLinked(items, (item) => {
      const [first = '', ...others] = item;
      return [first, ...others];
    });

  it('puts items together that have a key in common', () => {
    assert.deepEqual(linked('ab', 'c', 'bd', 'e'), [['ab', 'bd'], ['c'], ['e']]);
  });

  it('puts items together that only others link, in the order of the items', () => {
    assert.deepEqual(linked('ab', 'cd', 'ef', 'gh', 'bc', 'fd'), [
      ['ab', 'cd', 'ef', 'bc', 'fd'],
      ['gh'],
    ]);
  });

  it('follows a chain of very many items', () => {
    const items = Array.from({ length: 50_000 }, (_, index) => index).reverse();
    const groups = groupLinked(items, (item) => [String(item), String(item + 1)]);
    assert.deepEqual(groups, [items]);
  });
});
