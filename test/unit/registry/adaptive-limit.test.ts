import assert from 'node:assert/strict';
import fc from 'fast-check';
import { AdaptiveLimit } from '../../../shared/registry/adaptive-limit.ts';

const succeedTimes = (limit: AdaptiveLimit, times: number): void => {
  for (let time = 0; time < times; time += 1) limit.succeeded();
};

describe('adaptive-limit AdaptiveLimit', () => {
  it('X7 starts at 8 and grows by two with each success up to its maximum', () => {
    const limit = new AdaptiveLimit({ max: 24 });
    assert.equal(limit.size, 8);
    succeedTimes(limit, 4);
    assert.equal(limit.size, 16);
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

  it('X7 stays between 1 and its maximum whatever happens', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.array(fc.boolean()), (max, events) => {
        const limit = new AdaptiveLimit({ max });
        for (const isGood of events) {
          if (isGood) limit.succeeded();
          else limit.overloaded(limit.round);
          assert.ok(limit.size >= 1 && limit.size <= max);
        }
      }),
    );
  });
});
