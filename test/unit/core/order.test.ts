import assert from 'node:assert/strict';
import { compareText, compareTexts, sortedUnion } from '../../../shared/core/order.ts';

describe('order compareText', () => {
  it('compares by code units', () => {
    assert.deepEqual(['b', 'a', 'B', 'a-', 'a/', '10', '8'].sort(compareText), [
      '10',
      '8',
      'B',
      'a',
      'a-',
      'a/',
      'b',
    ]);
    assert.equal(compareText('a', 'a'), 0);
  });
});

describe('order compareTexts', () => {
  it('compares member by member, the shorter of two equal beginnings first', () => {
    const sorted = [[], ['a'], ['a', 'a'], ['a', 'b'], ['b']];
    assert.deepEqual(sorted.toReversed().sort(compareTexts), sorted);
    assert.equal(compareTexts(['a', 'b'], ['a', 'b']), 0);
  });
});

describe('order sortedUnion', () => {
  it('gives every text of the lists once, sorted', () => {
    assert.deepEqual(sortedUnion(['b', 'a'], [], ['c', 'a']), ['a', 'b', 'c']);
  });
});
