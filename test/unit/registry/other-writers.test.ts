import assert from 'node:assert/strict';
import { OtherWriters } from '../../../shared/registry/other-writers.ts';

describe('other-writers OtherWriters', () => {
  const quietAfter = (...turnsMs: readonly number[]): number => {
    const others = new OtherWriters();
    for (const ms of turnsMs) others.noteTurn('a', ms);
    return others.quietMs('a', 'list');
  };

  for (const { turnsMs, quietMs } of [
    { turnsMs: [], quietMs: 500 },
    { turnsMs: [3, 10, 5], quietMs: 500 },
    { turnsMs: [100, 150, 20], quietMs: 600 },
    { turnsMs: [900], quietMs: 2000 },
  ]) {
    it(`F7 waits ${quietMs} ms when our own turns took [${turnsMs.join(', ')}] ms`, () => {
      assert.equal(quietAfter(...turnsMs), quietMs);
    });
  }

  it('F7 does not take the turns at one registry for those at another', () => {
    const others = new OtherWriters();
    others.noteTurn('a', 400);
    assert.equal(others.quietMs('b', 'list'), 500);
  });

  it('F7 waits longest at a list at which somebody else was seen', () => {
    const others = new OtherWriters();
    others.noteSeenAt('shared');
    assert.deepEqual([others.quietMs('a', 'shared'), others.quietMs('a', 'own')], [2000, 500]);
  });
});
