import assert from 'node:assert/strict';
import { renderTable } from '../../../shared/core/table.ts';

describe('table renderTable', () => {
  it('aligns columns and leaves no blanks at the ends', () => {
    const rows = [
      ['step', 'tag', 'before'],
      ['set', 'app:latest', ''],
      ['keep', 'a:1'],
    ];
    assert.deepEqual(renderTable(rows), [
      'step  tag         before',
      'set   app:latest',
      'keep  a:1',
    ]);
  });

  it('makes nothing of nothing', () => {
    assert.deepEqual(renderTable([]), []);
  });
});
