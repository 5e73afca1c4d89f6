import assert from 'node:assert/strict';
import { TaskError } from '../../../shared/core/errors.ts';
import { SharedCalls } from '../../../shared/registry/shared-calls.ts';

describe('shared-calls SharedCalls', () => {
  it('makes one call for all that wait, and another when it has ended', async () => {
    const calls = new SharedCalls<number>();
    let count = 0;
    const make = async (): Promise<number> => {
      count += 1;
      return Promise.resolve(count);
    };
    const first = [calls.run('key', make), calls.run('key', make), calls.run('key', make)];
    assert.deepEqual(await Promise.all(first), [1, 1, 1]);
    assert.equal(await calls.run('key', make), 2);
  });

  it('does not end the calls of others when the one who makes it is aborted', async () => {
    const calls = new SharedCalls<string>();
    const { signal } = new AbortController();
    const timeout = AbortSignal.timeout(5);
    const until = async (end: AbortSignal): Promise<string> =>
      new Promise((resolve, reject) => {
        end.addEventListener('abort', () => {
          reject(end.reason as Error);
        });
        if (end === signal) resolve('token');
      });
    const courtesy = calls.run('key', async () => until(timeout));
    const others = [1, 2].map(async () => calls.run('key', async () => until(signal)));
    await assert.rejects(courtesy, { name: 'TimeoutError' });
    assert.deepEqual(await Promise.all(others), ['token', 'token']);
  });

  it('shares a failure', async () => {
    const calls = new SharedCalls<string>();
    let count = 0;
    const fail = async (): Promise<string> => {
      count += 1;
      return Promise.reject(new TaskError('REGISTRY_UNAVAILABLE', 'down'));
    };
    const results = await Promise.allSettled([calls.run('key', fail), calls.run('key', fail)]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['rejected', 'rejected'],
    );
    assert.equal(count, 1);
  });
});
