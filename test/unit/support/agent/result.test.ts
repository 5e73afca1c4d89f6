import assert from 'node:assert/strict';
import { mergeResults, parseResult } from '../../../support/agent/result.ts';

const merged = [
  { current: undefined, coming: 'Succeeded', expected: 'Succeeded' },
  { current: 'Failed', coming: 'Succeeded', expected: 'Failed' },
  { current: 'Succeeded', coming: 'SucceededWithIssues', expected: 'SucceededWithIssues' },
  { current: 'SucceededWithIssues', coming: 'Failed', expected: 'Failed' },
  { current: 'Failed', coming: 'Canceled', expected: 'Canceled' },
  { current: 'Canceled', coming: 'Skipped', expected: 'Canceled' },
] as const;

describe('result mergeResults', () => {
  for (const { current, coming, expected } of merged) {
    it(`makes ${expected} of ${current ?? 'nothing'} and ${coming}`, () => {
      assert.equal(mergeResults(current, coming), expected);
    });
  }
});

describe('result parseResult', () => {
  for (const text of ['succeeded', 'Cancelled', '', undefined]) {
    it(`knows no result ${JSON.stringify(text)}`, () => {
      assert.equal(parseResult(text), undefined);
    });
  }

  it('knows a result by its exact name', () => {
    assert.equal(parseResult('Canceled'), 'Canceled');
  });
});
