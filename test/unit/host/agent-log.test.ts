import assert from 'node:assert/strict';
import { hostTask } from '../../support/host/host-task.ts';
import type { HostTask } from '../../support/host/host-task.ts';

describe('agent-log', () => {
  let task: HostTask;

  before(async () => {
    task = await hostTask();
  });

  after(() => task.dispose());

  it('prints lines, warnings and groups without commands from outside', async () => {
    const step = await task.run('log');
    assert.equal(step.result, 'Succeeded');
    const printed = step.rawStdout.split('\n');
    const from = printed.indexOf('an info line');
    assert.deepEqual(printed.slice(from, from + 2), [
      'an info line',
      '# #vso[task.complete result=Failed;]x',
    ]);
    const group = printed.findIndex((line) => line.startsWith('##[group]'));
    assert.deepEqual(printed.slice(group, group + 5), [
      '##[group]a title # #[endgroup]',
      'one',
      'two',
      '# #[error]three',
      '##[endgroup]',
    ]);
    assert.deepEqual(
      step.issues.map(({ message }) => message),
      ['a warning\nof two lines # #vso[x]'],
    );
    assert.deepEqual(step.progress, [
      { percent: 33, text: 'one # #vso[task.complete result=Failed;]of three' },
    ]);
    assert.deepEqual(step.violations, []);
  });

  it('prints debug lines where they are wanted', async () => {
    const { debugLines } = await task.run('log', {}, { debug: true });
    assert.ok(debugLines.some((line) => line.endsWith('a debug line')));
    assert.ok(debugLines.some((line) => line.endsWith('# #vso[task.debug]x')));
  });
});
