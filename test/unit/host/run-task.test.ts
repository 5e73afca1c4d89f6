import assert from 'node:assert/strict';
import { hostTask } from '../../support/host/host-task.ts';
import type { HostTask } from '../../support/host/host-task.ts';

describe('run-task runTask', () => {
  let task: HostTask;

  before(async () => {
    task = await hostTask();
  });

  after(() => task.dispose());

  const outcomes = [
    {
      behaviour: 'succeed',
      result: 'Succeeded',
      message: /^all is well # #vso\[task\.complete result=Failed;\]$/,
    },
    {
      behaviour: 'fail',
      result: 'Failed',
      message: /^TAG_EXISTS: one:\n {2}# #vso\[task\.setvariable variable=a\]b\nTry another tag\.$/,
    },
    { behaviour: 'fail without a hint', result: 'Failed', message: /^TAG_EXISTS: no$/ },
    {
      behaviour: 'bug',
      result: 'Failed',
      message: /^Internal error, please report it: RangeError: out of range\n {4}at /,
    },
    {
      behaviour: 'throw text',
      result: 'Failed',
      message: /^Internal error, please report it: only text$/,
    },
    {
      behaviour: 'reject late',
      result: 'Failed',
      message: /^Internal error, please report it: RangeError: nobody waits for this/,
    },
    {
      behaviour: 'throw late',
      result: 'Failed',
      message: /^Internal error, please report it: RangeError: nobody catches this/,
    },
    { behaviour: 'succeed, then throw', result: 'Succeeded', message: /^done before$/ },
  ] as const;
  for (const { behaviour, result, message } of outcomes) {
    it(`reports one outcome, ${result}, for a body that does: ${behaviour}`, async () => {
      const step = await task.run(behaviour);
      assert.equal(step.result, result);
      assert.equal(step.exitCode, 0);
      assert.equal(step.completions.length, 1);
      assert.match(step.completions[0]?.message ?? '', message);
      assert.deepEqual(step.violations, []);
      assert.deepEqual(step.variables, {});
    });
  }

  it('shows stack and causes in a debug run only', async () => {
    const quiet = await task.run('fail');
    assert.ok(!quiet.rawStdout.includes('\nRangeError: the cause'));
    const { debugLines } = await task.run('fail', {}, { debug: true });
    assert.ok(debugLines.some((line) => line.includes('RangeError: the cause')));
  });

  const forks = [
    { behaviour: 'lack a right', IsFork: 'True', says: /^no entry\nThis is a build of a fork: / },
    { behaviour: 'lack a right', IsFork: 'False', says: /^no entry$/ },
    { behaviour: 'fail without a hint', IsFork: 'True', says: /^no$/ },
  ];
  for (const { behaviour, IsFork, says } of forks) {
    it(`tells of a fork that has no secrets where that is a reason: ${behaviour}, ${IsFork}`, async () => {
      const variables = { 'System.PullRequest.IsFork': IsFork };
      const { completions } = await task.run(behaviour, {}, { variables });
      assert.match(completions[0]?.message.replace(/^\w+: /, '') ?? '', says);
    });
  }

  it('turns a cancellation into one abort, whatever the body makes of it', async () => {
    const step = await task.run('wait for the end', { cancelWhen: (line) => line === 'waiting' });
    assert.deepEqual([step.result, step.exitCode], ['Canceled', 0]);
    assert.deepEqual(step.signals, ['SIGINT']);
    assert.deepEqual(
      step.completions.map(({ message }) => message),
      ['The task was canceled.'],
    );
  });

  it('ends in time when the body does not heed the cancellation', async () => {
    const step = await task.run('never end', { cancelWhen: (line) => line === 'waiting' });
    assert.deepEqual([step.result, step.exitCode], ['Canceled', 0]);
    assert.ok(step.durationMs < 7_500);
    assert.deepEqual(step.signals, ['SIGINT']);
  });
});
