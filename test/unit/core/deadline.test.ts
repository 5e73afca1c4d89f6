import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { promisify } from 'node:util';
import { withDeadline } from '../../../shared/core/deadline.ts';

const MODULE = new URL('../../../shared/core/deadline.ts', import.meta.url).href;

/** Collects garbage while work waits that holds nothing but a listener on its signal. */
const COLLECTING = `
  import { setTimeout } from 'node:timers/promises';
  import { withDeadline } from '${MODULE}';
  const { signal } = new AbortController();
  const untilAborted = async (bounded) =>
    new Promise((_, reject) => bounded.addEventListener('abort', () => reject(bounded.reason)));
  const ended = withDeadline(600, signal, untilAborted).catch(({ name }) => name);
  for (let times = 0; times < 5; times += 1) {
    await setTimeout(50);
    globalThis.gc();
  }
  console.log(await Promise.race([ended, setTimeout(5_000, 'never')]));
  process.exit();
`;

/** Does not end its process by itself. */
const QUICK = `
  import { withDeadline } from '${MODULE}';
  console.log(await withDeadline(60_000, new AbortController().signal, async () => 'done'));
`;

/** Ends when the signal aborts, with its reason. */
async function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
  });
}

describe('deadline withDeadline', () => {
  it('ends work whose time is over', async () => {
    const { signal } = new AbortController();
    await assert.rejects(withDeadline(20, signal, untilAborted), {
      name: 'TimeoutError',
      message: 'The operation did not end within 0.02 s',
    });
    assert.equal(signal.aborted, false);
  });

  it('ends work in time although garbage was collected meanwhile', async () => {
    const args = ['--expose-gc', '--import', 'tsx', '--input-type=module', '--eval', COLLECTING];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    assert.equal(stdout.trim(), 'TimeoutError');
  });

  it('ends work when the run is cancelled, with its reason', async () => {
    const run = new AbortController();
    const work = withDeadline(60_000, run.signal, untilAborted);
    const reason = new RangeError('cancelled');
    run.abort(reason);
    await assert.rejects(work, reason);
  });

  it('tells work at once that the run was cancelled before', async () => {
    const aborted = await withDeadline(60_000, AbortSignal.abort(), async (bounded) =>
      Promise.resolve(bounded.aborted),
    );
    assert.equal(aborted, true);
  });

  it('keeps no process waiting for time that work did not need', async () => {
    const args = ['--import', 'tsx', '--input-type=module', '--eval', QUICK];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 15_000 });
    assert.equal(stdout.trim(), 'done');
  });

  it('listens once to a signal that bounds much work', async () => {
    const { signal } = new AbortController();
    const results = [1, 2, 3].map(async (value) =>
      withDeadline(60_000, signal, async () => Promise.resolve(value)),
    );
    assert.deepEqual(await Promise.all(results), [1, 2, 3]);
    assert.equal(getEventListeners(signal, 'abort').length, 1);
  });
});
