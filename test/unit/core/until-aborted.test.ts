import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { untilAborted } from '../../../shared/core/until-aborted.ts';

describe('untilAborted', () => {
  it('gives the result of the work, and leaves no listener behind', async () => {
    const { signal } = new AbortController();
    assert.equal(await untilAborted(Promise.resolve(7), signal), 7);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  it('passes on its failure', async () => {
    const { signal } = new AbortController();
    const failure = new RangeError('no');
    await assert.rejects(untilAborted(Promise.reject(failure), signal), failure);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  it('ends with the reason of an abort, whatever becomes of the work', async () => {
    const abort = new AbortController();
    const reason = new RangeError('cancelled');
    const work = new Promise<never>(() => undefined);
    const waiting = untilAborted(work, abort.signal);
    abort.abort(reason);
    await assert.rejects(waiting, reason);
    await assert.rejects(untilAborted(work, abort.signal), reason);
  });
});
