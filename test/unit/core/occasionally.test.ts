import assert from 'node:assert/strict';
import { occasionally } from '../../../shared/core/occasionally.ts';

describe('core occasionally', () => {
  it('passes on one call in ten seconds, and none before', () => {
    let nowMs = 5_000;
    const passed: number[] = [];
    const tell = occasionally(
      (count: number) => passed.push(count),
      () => nowMs,
    );
    for (let count = 1; count <= 25; count += 1) {
      nowMs += 1_000;
      tell(count);
    }
    assert.deepEqual(passed, [10, 20]);
  });
});
