import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { BatchQueue } from '../../../shared/registry/batch-queue.ts';
import { FirstContact } from '../../../shared/registry/first-contact.ts';
import { Scheduler } from '../../../shared/registry/scheduler.ts';
import { systemTiming } from '../../../shared/registry/timing.ts';

const { signal } = new AbortController();

describe('scheduler Scheduler', () => {
  it('runs at most so many tasks per host at once, and hosts apart', async () => {
    const scheduler = new Scheduler(2, systemTiming);
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
    const scheduler = new Scheduler(1, systemTiming);
    await assert.rejects(scheduler.run('a', () => Promise.reject(new RangeError('x')), signal));
    assert.equal(await scheduler.run('a', () => Promise.resolve(1), signal), 1);
  });

  it('holds all tasks of a paused host back, and only those', async () => {
    const waits: number[] = [];
    let now = 0;
    const scheduler = new Scheduler(4, {
      now: () => now,
      random: () => 0,
      sleep: (ms) => {
        now += ms;
        waits.push(ms);
        return Promise.resolve();
      },
    });
    scheduler.pause('a', 500);
    await scheduler.run('b', () => Promise.resolve(), signal);
    assert.deepEqual(waits, []);
    await scheduler.run('a', () => Promise.resolve(), signal);
    assert.deepEqual(waits, [500]);
  });

  it('lets a waiting task go when it is aborted, and keeps the slots right', async () => {
    const scheduler = new Scheduler(1, systemTiming);
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
