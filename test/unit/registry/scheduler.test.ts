import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { BatchQueue } from '../../../shared/registry/batch-queue.ts';
import { FirstContact } from '../../../shared/registry/first-contact.ts';
import { Scheduler } from '../../../shared/registry/scheduler.ts';
import { systemTiming } from '../../../shared/registry/timing.ts';
import { virtualTiming } from '../../support/virtual-timing.ts';

const { signal } = new AbortController();

describe('scheduler Scheduler', () => {
  it('X7 runs at most so many tasks per host at once, and hosts apart', async () => {
    const scheduler = new Scheduler({ max: 2 }, systemTiming);
    const running = { a: 0, b: 0 };
    let most = 0;
    const task = (host: 'a' | 'b') => async (): Promise<void> => {
      running[host] += 1;
      most = Math.max(most, running.a, running.b);
      await wait(2);
      running[host] -= 1;
    };
    const hosts = ['a', 'a', 'a', 'a', 'b', 'b', 'b'] as const;
    await Promise.all(hosts.map((host) => scheduler.run(host, task(host), signal)));
    assert.equal(most, 2);
  });

  it('frees the slot of a task that failed', async () => {
    const scheduler = new Scheduler({ max: 1 }, systemTiming);
    await assert.rejects(scheduler.run('a', () => Promise.reject(new RangeError('x')), signal));
    assert.equal(await scheduler.run('a', () => Promise.resolve(1), signal), 1);
  });

  it('X6 holds all tasks of a paused host back, and only those', async () => {
    const waits: number[] = [];
    let now = 0;
    const scheduler = new Scheduler(
      { max: 4 },
      {
        now: () => now,
        random: () => 0,
        sleep: (ms) => {
          now += ms;
          waits.push(ms);
          return Promise.resolve();
        },
      },
    );
    scheduler.pause('a', 500);
    await scheduler.run('b', () => Promise.resolve(), signal);
    assert.deepEqual(waits, []);
    await scheduler.run('a', () => Promise.resolve(), signal);
    assert.deepEqual(waits, [500]);
  });

  it('lets a waiting task go when it is aborted, and keeps the slots right', async () => {
    const scheduler = new Scheduler({ max: 1 }, systemTiming);
    const abort = new AbortController();
    let finish = (): void => undefined;
    const first = scheduler.run(
      'a',
      async () =>
        new Promise<void>((resolve) => {
          finish = resolve;
        }),
      signal,
    );
    const second = scheduler.run('a', () => Promise.resolve(), abort.signal);
    abort.abort(new RangeError('cancelled'));
    await assert.rejects(second, new RangeError('cancelled'));
    finish();
    await first;
    assert.equal(await scheduler.run('a', () => Promise.resolve(3), signal), 3);
  });
});

describe('scheduler Scheduler under load', () => {
  class Overload extends Error {}

  const fill = async (
    scheduler: Scheduler,
    count: number,
    task: () => Promise<void>,
  ): Promise<number> => {
    let running = 0;
    let most = 0;
    const watched = async (): Promise<void> => {
      running += 1;
      most = Math.max(most, running);
      await wait(1);
      running -= 1;
      await task();
    };
    const runs = Array.from({ length: count }, async () =>
      scheduler.run('a', watched, signal).catch(() => undefined),
    );
    await Promise.all(runs);
    return most;
  };
  const overloaded = (): Promise<void> => Promise.reject(new Overload());
  const fine = (): Promise<void> => Promise.resolve();
  const adaptive = (): Scheduler =>
    new Scheduler({ max: 24 }, systemTiming, (error) => error instanceof Overload);

  it('X7 starts with 8 slots and grows to 24 while all goes well', async () => {
    const scheduler = adaptive();
    assert.equal(await fill(scheduler, 8, fine), 8);
    assert.equal(await fill(scheduler, 200, fine), 24);
  });

  it('X7 does not grow while slots stay free after an overload', async () => {
    const scheduler = adaptive();
    await fill(scheduler, 8, overloaded);
    for (let time = 0; time < 20; time += 1) await fill(scheduler, 2, fine);
    assert.equal(await fill(scheduler, 9, () => wait(5)), 4);
  });

  it('X7 halves when the host is overloaded, and not for other failures', async () => {
    const scheduler = adaptive();
    await fill(scheduler, 8, () => Promise.reject(new RangeError('other')));
    await fill(scheduler, 8, overloaded);
    assert.equal(await fill(scheduler, 4, fine), 4);
    await fill(scheduler, 4, overloaded);
    assert.equal(await fill(scheduler, 2, overloaded), 2);
    assert.equal(await fill(scheduler, 6, overloaded), 1);
  });

  it('gives a free slot to what is urgent before what has waited longer', async () => {
    const scheduler = new Scheduler({ max: 1 }, systemTiming);
    const order: string[] = [];
    const note = (name: string) => async (): Promise<void> => {
      order.push(name);
      await wait(1);
    };
    await Promise.all([
      scheduler.run('a', note('runs already'), signal),
      scheduler.run('a', note('usual'), signal),
      scheduler.runFirst('a', note('urgent'), signal),
      scheduler.runFirst('a', note('urgent too'), signal),
    ]);
    assert.deepEqual(order, ['runs already', 'urgent', 'urgent too', 'usual']);
  });

  it('X6 gives the slot of a paused task to nobody and holds none itself', async () => {
    const scheduler = new Scheduler({ max: 1 }, systemTiming);
    scheduler.pause('a', 30);
    const order: string[] = [];
    const paused = scheduler.run(
      'a',
      async () => {
        order.push('slot');
        return Promise.resolve();
      },
      signal,
    );
    await wait(5);
    await scheduler.runBeyond('b', fine, signal);
    order.push('other host');
    await paused;
    assert.deepEqual(order, ['other host', 'slot']);
  });

  it('X8 lets a task go on that another with the last slot waits for', async () => {
    const scheduler = new Scheduler({ max: 1 }, systemTiming);
    const upload = async (source: string, target: string): Promise<string> =>
      scheduler.run(
        target,
        async () => scheduler.runBeyond(source, () => Promise.resolve('rest'), signal),
        signal,
      );
    const results = await Promise.all([upload('a', 'b'), upload('b', 'a'), upload('a', 'a')]);
    assert.deepEqual(results, ['rest', 'rest', 'rest']);
  });

  it('X6 holds back also what needs no slot while the host is paused', async () => {
    const timing = virtualTiming();
    const scheduler = new Scheduler({ max: 1 }, timing);
    const startMs = timing.now();
    scheduler.pause('a', 700);
    await scheduler.runBeyond('a', fine, signal);
    assert.equal(timing.now() - startMs, 700);
  });
});

describe('first-contact FirstContact', () => {
  it('lets the others wait for the first, then all at once', async () => {
    const contact = new FirstContact();
    const report = await contact.enter('a');
    let entered = 0;
    const others = [1, 2].map(async () => {
      await contact.enter('a');
      entered += 1;
    });
    await wait(1);
    assert.equal(entered, 0);
    report(true);
    await Promise.all(others);
    assert.equal(entered, 2);
  });

  it('lets another be the first when the host did not answer', async () => {
    const contact = new FirstContact();
    const first = await contact.enter('a');
    const next = contact.enter('a');
    first(false);
    const second = await next;
    let third = false;
    const pending = contact.enter('a').then(() => {
      third = true;
    });
    await wait(1);
    assert.equal(third, false);
    second(true);
    await pending;
    assert.equal(third, true);
  });
});

describe('batch-queue BatchQueue', () => {
  it('hands over together what comes while a task runs', async () => {
    const queue = new BatchQueue<number>();
    const batches: (readonly number[])[] = [];
    const task = async (items: readonly number[]): Promise<void> => {
      await wait(3);
      batches.push([...items]);
    };
    const early = queue.add('a', 1, task);
    await wait(1);
    await Promise.all([early, queue.add('a', 2, task), queue.add('a', 3, task)]);
    assert.deepEqual(batches, [[1], [2, 3]]);
  });

  it('fails those whose batch failed, and goes on', async () => {
    const queue = new BatchQueue<number>();
    const failing = queue.add('a', 1, () => Promise.reject(new RangeError('x')));
    await assert.rejects(failing, new RangeError('x'));
    await queue.add('a', 2, () => Promise.resolve());
  });
});
