import assert from 'node:assert/strict';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { BugError } from '../../../shared/core/errors.ts';
import {
  SingleFlight,
  both,
  forEachLimit,
  mapAsReady,
  mapLimit,
} from '../../../shared/core/concurrency.ts';

const { signal } = new AbortController();
const ITEMS = [...Array(20).keys()];

/** Counts how many calls are in flight. */
class Gauge {
  running = 0;
  most = 0;
  readonly started: number[] = [];
  readonly ended: number[] = [];

  async call(item: number, fails = false): Promise<number> {
    this.started.push(item);
    this.running += 1;
    this.most = Math.max(this.most, this.running);
    await setTimeout(item % 3);
    this.running -= 1;
    this.ended.push(item);
    if (fails) throw new RangeError(`item ${item}`);
    return item * 2;
  }
}

async function* stream(read: number[] = []): AsyncGenerator<number> {
  for (const item of ITEMS) {
    await setImmediate();
    read.push(item);
    yield item;
  }
}

describe('concurrency mapLimit', () => {
  for (const limit of [1, 4, 100]) {
    it(`keeps the order of the items with at most ${limit} in flight`, async () => {
      const gauge = new Gauge();
      const results = await mapLimit(ITEMS, (item) => gauge.call(item), { limit, signal });
      assert.deepEqual(
        results,
        ITEMS.map((item) => item * 2),
      );
      assert.equal(gauge.most, Math.min(limit, ITEMS.length));
    });
  }

  it('tells each call its index, and calls nothing for no items', async () => {
    const calls = await mapLimit(
      ['a', 'b'],
      async (item, index) => Promise.resolve(`${item}${index}`),
      { limit: 2, signal },
    );
    assert.deepEqual(calls, ['a0', 'b1']);
    const none = await mapLimit([], async () => Promise.reject(new Error('called')), {
      limit: 1,
      signal,
    });
    assert.deepEqual(none, []);
  });

  it('throws the first failure, after the calls in flight and without new ones', async () => {
    const gauge = new Gauge();
    const mapped = mapLimit(ITEMS, (item) => gauge.call(item, item >= 4), { limit: 4, signal });
    await assert.rejects(mapped, RangeError);
    assert.equal(gauge.running, 0);
    assert.ok(gauge.started.length <= 4 + 4);
    assert.deepEqual(gauge.ended.toSorted(), gauge.started.toSorted());
  });

  it('starts nothing more once the run is cancelled', async () => {
    const controller = new AbortController();
    const gauge = new Gauge();
    const call = async (item: number): Promise<number> => {
      if (item === 5) controller.abort();
      return gauge.call(item);
    };
    const mapped = mapLimit(ITEMS, call, { limit: 2, signal: controller.signal });
    await assert.rejects(mapped, { name: 'AbortError' });
    assert.ok(gauge.started.length <= 6);
    assert.equal(gauge.running, 0);
  });

  it('takes a limit below one for a bug', async () => {
    await assert.rejects(
      mapLimit([1], async (it) => Promise.resolve(it), { limit: 0, signal }),
      BugError,
    );
  });
});

describe('concurrency forEachLimit', () => {
  it('calls for each item, reading no further ahead than the limit', async () => {
    const gauge = new Gauge();
    const read: number[] = [];
    const call = async (item: number): Promise<void> => {
      assert.ok(read.length <= gauge.ended.length + 3);
      await gauge.call(item);
    };
    await forEachLimit(stream(read), call, { limit: 3, signal });
    assert.deepEqual(gauge.started, ITEMS);
    assert.equal(gauge.ended.length, ITEMS.length);
    assert.ok(gauge.most <= 3);
  });

  it('throws the first failure, after the calls in flight and without reading on', async () => {
    const gauge = new Gauge();
    const call = async (item: number): Promise<void> => {
      await gauge.call(item, item === 3);
    };
    await assert.rejects(
      forEachLimit(stream(), call, { limit: 2, signal }),
      new RangeError('item 3'),
    );
    assert.ok(gauge.started.length < ITEMS.length);
    assert.equal(gauge.running, 0);
  });

  it('passes on a failure of the source, after the calls in flight', async () => {
    const gauge = new Gauge();
    async function* broken(): AsyncGenerator<number> {
      yield 1;
      await setImmediate();
      throw new RangeError('the source');
    }
    const call = async (item: number): Promise<void> => {
      await gauge.call(item);
    };
    await assert.rejects(
      forEachLimit(broken(), call, { limit: 9, signal }),
      new RangeError('the source'),
    );
    assert.equal(gauge.running, 0);
  });

  it('stops when the run is cancelled', async () => {
    const controller = new AbortController();
    const seen: number[] = [];
    const call = async (item: number): Promise<void> => {
      seen.push(item);
      if (item === 2) controller.abort();
      await setImmediate();
    };
    const done = forEachLimit(stream(), call, { limit: 1, signal: controller.signal });
    await assert.rejects(done, { name: 'AbortError' });
    assert.deepEqual(seen, [0, 1, 2]);
  });

  it('takes a limit below one for a bug', async () => {
    const call = async (): Promise<void> => setImmediate();
    await assert.rejects(forEachLimit(stream(), call, { limit: 0, signal }), BugError);
  });
});

describe('concurrency SingleFlight', () => {
  it('makes each key once, also for callers that come later', async () => {
    const flights = new SingleFlight<string>();
    let made = 0;
    const make = async (): Promise<string> => {
      await setImmediate();
      made += 1;
      return `value ${made}`;
    };
    const together = await Promise.all([flights.run('a', make), flights.run('a', make)]);
    assert.deepEqual(
      [...together, await flights.run('a', make)],
      ['value 1', 'value 1', 'value 1'],
    );
    assert.equal(await flights.run('b', make), 'value 2');
  });

  it('keeps what took the place of a call that was forgotten and failed then', async () => {
    const flights = new SingleFlight<string>();
    const late = flights.run('a', async () => {
      await setImmediate();
      throw new RangeError('no');
    });
    flights.forget('a');
    let made = 0;
    const make = (): Promise<string> => Promise.resolve(`value ${(made += 1)}`);
    await flights.run('a', make);
    await assert.rejects(late, RangeError);
    assert.equal(await flights.run('a', make), 'value 1');
  });

  it('forgets a failure, which all who waited get', async () => {
    const flights = new SingleFlight<string>();
    const fail = async (): Promise<string> => {
      await setImmediate();
      throw new RangeError('no');
    };
    const both = await Promise.allSettled([flights.run('a', fail), flights.run('a', fail)]);
    assert.deepEqual(
      both.map(({ status }) => status),
      ['rejected', 'rejected'],
    );
    assert.equal(await flights.run('a', async () => Promise.resolve('yes')), 'yes');
  });
});

describe('concurrency mapAsReady', () => {
  it('gives each result once, with no more calls in flight than allowed', async () => {
    const gauge = new Gauge();
    const results: number[] = [];
    const options = { limit: 4, signal };
    for await (const result of mapAsReady(ITEMS, (item) => gauge.call(item), options)) {
      results.push(result);
    }
    assert.deepEqual(
      results.toSorted((a, b) => a - b),
      ITEMS.map((item) => item * 2),
    );
    assert.equal(gauge.most, 4);
  });

  it('gives what is ready before what takes longer', async () => {
    const order: number[] = [];
    const wait = async (ms: number): Promise<number> => setTimeout(ms, ms);
    for await (const ms of mapAsReady([40, 1], wait, { limit: 2, signal })) order.push(ms);
    assert.deepEqual(order, [1, 40]);
  });

  it('throws the first failure once calls in flight have ended', async () => {
    const gauge = new Gauge();
    const call = async (item: number): Promise<number> => gauge.call(item, item === 3);
    const run = async (): Promise<void> => {
      for await (const result of mapAsReady(ITEMS, call, { limit: 4, signal }))
        assert.ok(result >= 0);
    };
    await assert.rejects(run(), RangeError);
    assert.deepEqual(gauge.ended.toSorted(), gauge.started.toSorted());
    assert.ok(gauge.started.length < ITEMS.length);
  });

  it('waits for calls in flight when its reader stops', async () => {
    const gauge = new Gauge();
    for await (const result of mapAsReady(ITEMS, (item) => gauge.call(item), {
      limit: 4,
      signal,
    })) {
      if (result >= 0) break;
    }
    assert.equal(gauge.running, 0);
    assert.ok(gauge.started.length < ITEMS.length);
  });

  it('starts nothing when the run is cancelled', async () => {
    const gauge = new Gauge();
    const items = mapAsReady(ITEMS, (item) => gauge.call(item), {
      limit: 4,
      signal: AbortSignal.abort(),
    });
    await assert.rejects(items.next(), { name: 'AbortError' });
    assert.deepEqual(gauge.started, []);
  });
});

describe('concurrency both', () => {
  it('gives both results', async () => {
    assert.deepEqual(await both(Promise.resolve(1), Promise.resolve('two')), [1, 'two']);
  });

  it('lets the other come to its end before it fails', async () => {
    let isDone = false;
    const slow = setImmediate().then(() => {
      isDone = true;
    });
    await assert.rejects(both(Promise.reject(new TypeError('no')), slow), TypeError);
    assert.ok(isDone);
  });
});
