import assert from 'node:assert/strict';
import { withPatience } from '../../../shared/azure/patience.ts';

const { signal } = new AbortController();

interface Tries {
  readonly slept: readonly number[];
  readonly result: Promise<string>;
}

/** Work whose first tries fail so; nobody really waits. */
function tried(failures: readonly Error[]): Tries {
  const slept: number[] = [];
  const timing = {
    now: () => 0,
    random: () => 0.5,
    sleep: async (ms: number) => {
      await Promise.resolve();
      slept.push(ms);
    },
  };
  const left = [...failures];
  const work = async (): Promise<string> => {
    const failure = left.shift();
    return failure === undefined ? Promise.resolve('done') : Promise.reject(failure);
  };
  return { slept, result: withPatience({ timing, deadlineMs: 60_000 }, signal, work) };
}

describe('patience withPatience of a service that is throttled', () => {
  const throttled = [
    { name: 'by its status', failure: Object.assign(new RangeError('no'), { statusCode: 429 }) },
    {
      name: 'by its code',
      failure: Object.assign(new RangeError('no'), { code: 'TooManyRequests' }),
    },
    { name: 'by what it says', failure: new RangeError('The request was throttled (HAP429).') },
  ];
  for (const { name, failure } of throttled) {
    it(`tries again, later each time, what is known ${name}`, async () => {
      const { result, slept } = tried([failure, failure, failure]);
      assert.equal(await result, 'done');
      assert.deepEqual(slept, [1_000, 2_000, 4_000]);
    });
  }

  it('does not try again what failed for another reason', async () => {
    const failure = Object.assign(new RangeError('no'), { statusCode: 403 });
    const { result, slept } = tried([failure]);
    await assert.rejects(result, failure);
    assert.deepEqual(slept, []);
  });

  it('gives up with what the service said last', async () => {
    const failures = Array.from({ length: 6 }, (_, index) =>
      Object.assign(new RangeError(String(index)), { statusCode: 429 }),
    );
    const { result, slept } = tried(failures);
    await assert.rejects(result, failures[5]);
    assert.equal(slept.length, 5);
  });
});
