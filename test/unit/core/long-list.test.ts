import assert from 'node:assert/strict';
import { LongListError } from '../../../shared/core/long-list.ts';

function failureOf(count: number): LongListError {
  return new LongListError({
    code: 'CONTENT_NOT_FOUND',
    summary: `${count} manifests are missing`,
    lines: Array.from({ length: count }, (_, index) => `app:${index}`),
    hint: 'Push them.',
  });
}

describe('long-list LongListError', () => {
  it('shows a short list whole', () => {
    const { message, isCut, hint, code } = failureOf(2);
    assert.equal(message, '2 manifests are missing:\n  app:0\n  app:1');
    assert.deepEqual([isCut, hint, code], [false, 'Push them.', 'CONTENT_NOT_FOUND']);
  });

  it('shows the first lines of a long one, says how many more there are, and keeps all', () => {
    const { message, isCut, lines } = failureOf(545);
    const shown = message.split('\n');
    assert.equal(shown.length, 22);
    assert.equal(shown.at(-1), '  and 525 more (see problems.json)');
    assert.deepEqual([isCut, lines.length], [true, 545]);
    assert.equal(failureOf(20).isCut, false);
    assert.equal(failureOf(21).isCut, true);
  });
});
