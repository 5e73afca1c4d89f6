import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { onAbort } from '../../../shared/core/aborts.ts';

describe('aborts onAbort', () => {
  it('calls everybody who still waits, once, over a single listener', () => {
    const stop = new AbortController();
    const called: number[] = [];
    const unwatch = [1, 2, 3].map((id) => onAbort(stop.signal, () => called.push(id)));
    assert.equal(getEventListeners(stop.signal, 'abort').length, 1);
    unwatch[1]?.();
    stop.abort();
    stop.abort();
    assert.deepEqual(called, [1, 3]);
  });

  it('lets a callback end the wait of another', () => {
    const stop = new AbortController();
    const called: string[] = [];
    const unwatch: (() => void)[] = [];
    onAbort(stop.signal, () => {
      called.push('first');
      unwatch[0]?.();
    });
    unwatch.push(onAbort(stop.signal, () => called.push('second')));
    stop.abort();
    assert.deepEqual(called, ['first']);
  });
});
