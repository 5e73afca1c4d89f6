import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RateBucket } from '../../../shared/registry/rate-bucket.ts';
import type { Timing } from '../../../shared/registry/timing.ts';
import { systemTiming } from '../../../shared/registry/timing.ts';
import { virtualTiming } from '../../support/virtual-timing.ts';

const { signal } = new AbortController();
const LIMIT = { requests: 3, windowMs: 1000 };

const startsOf = async (
  count: number,
  limit = LIMIT,
  timing: Timing = virtualTiming(),
): Promise<readonly number[]> => {
  const bucket = new RateBucket(limit, timing);
  const startMs = timing.now();
  return Promise.all(
    Array.from({ length: count }, async () => {
      await bucket.take(signal);
      return timing.now() - startMs;
    }),
  );
};

describe('rate-bucket RateBucket', () => {
  it('X9 lets a full window go at once and the next when the window has passed', async () => {
    assert.deepEqual(await startsOf(8), [0, 0, 0, 1000, 1000, 1000, 2000, 2000]);
  });

  it('X9 counts in a window that slides', async () => {
    const timing = virtualTiming();
    const bucket = new RateBucket(LIMIT, timing);
    await bucket.take(signal);
    await timing.sleep(900, signal);
    await bucket.take(signal);
    await bucket.take(signal);
    const beforeMs = timing.now();
    await bucket.take(signal);
    assert.equal(timing.now() - beforeMs, 100);
    await bucket.take(signal);
    assert.equal(timing.now() - beforeMs, 1000);
  });

  it('X9 never lets more start in any window than its limit', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 40 }),
        async (requests, count) => {
          const starts = await startsOf(count, { requests, windowMs: 100 });
          for (const start of starts) {
            const within = starts.filter((other) => other >= start && other < start + 100);
            assert.ok(within.length <= requests);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('lets a request that waits be aborted', async () => {
    const bucket = new RateBucket({ requests: 1, windowMs: 60_000 }, systemTiming);
    await bucket.take(signal);
    const abort = new AbortController();
    const waiting = bucket.take(abort.signal);
    abort.abort(new RangeError('cancelled'));
    await assert.rejects(waiting, new RangeError('cancelled'));
  });
});
