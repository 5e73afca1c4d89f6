import assert from 'node:assert/strict';
import fc from 'fast-check';
import { AdaptiveLimit } from '../../../shared/registry/adaptive-limit.ts';

const succeedTimes = (limit: AdaptiveLimit, times: number, wasFull = true): void => {
  for (let time = 0; time < times; time += 1) limit.succeeded(wasFull);
};

describe('adaptive-limit AdaptiveLimit', () => {
  it('X7 starts at 8 and is at its maximum after two answers, also if slots were free', () => {
    const limit = new AdaptiveLimit({ max: 24 });
    assert.equal(limit.size, 8);
    succeedTimes(limit, 1, false);
    assert.equal(limit.size, 16);
    succeedTimes(limit, 1, false);
    assert.equal(limit.size, 24);
    succeedTimes(limit, 100);
    assert.equal(limit.size, 24);
  });

  it('X7 halves once for all requests that were in flight together', () => {
    const limit = new AdaptiveLimit({ max: 24 });
    const { round } = limit;
    for (let request = 0; request < 8; request += 1) limit.overloaded(round);
    assert.equal(limit.size, 4);
    limit.overloaded(limit.round);
    assert.equal(limit.size, 2);
  });

  it('X7 grows by one a round after it was cut', () => {
    const limit = new AdaptiveLimit({ max: 24 });
    limit.overloaded(limit.round);
    succeedTimes(limit, 4);
    assert.equal(limit.size, 4);
    succeedTimes(limit, 1);
    assert.equal(limit.size, 5);
  });

  it('X7 does not grow while slots stay free after it was cut', () => {
    const limit = new AdaptiveLimit({ max: 24 });
    limit.overloaded(limit.round);
    succeedTimes(limit, 100, false);
    assert.equal(limit.size, 4);
  });

  it('X7 stays between 1 and its maximum whatever happens', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.array(fc.boolean()), (max, events) => {
        const limit = new AdaptiveLimit({ max });
        for (const isGood of events) {
          if (isGood) limit.succeeded(isGood);
          else limit.overloaded(limit.round);
          assert.ok(limit.size >= 1 && limit.size <= max);
        }
      }),
    );
  });
});
