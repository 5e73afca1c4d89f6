import assert from 'node:assert/strict';
import { sampleRuns } from '../../support/agent/sample-run.ts';

const results = [
  { name: 'completes once', script: 'done();', result: 'Succeeded', violations: [] },
  {
    name: 'reports issues',
    script: "done('SucceededWithIssues');",
    result: 'SucceededWithIssues',
    violations: [],
  },
  { name: 'completes as failed', script: "done('Failed');", result: 'Failed', violations: [] },
  { name: 'skips itself', script: "done('Skipped');", result: 'Skipped', violations: [] },
  {
    name: 'crashes at load',
    script: "throw new Error('boom');",
    result: 'Failed',
    violations: [
      'the task never completed',
      'the task crashed: The process ended with exit code 1.',
    ],
  },
  {
    name: 'rejects after it has completed',
    script: "done(); Promise.reject(new Error('late'));",
    result: 'Failed',
    violations: ['the task crashed: The process ended with exit code 1.'],
  },
  {
    name: 'is killed',
    script: "done(); process.kill(process.pid, 'SIGKILL');",
    result: 'Failed',
    violations: ['the task crashed: A signal ended the process.'],
  },
  {
    name: 'ends without a word',
    script: '',
    result: 'Failed',
    violations: ['the task never completed'],
  },
  {
    name: 'completes twice',
    script: 'done(); done();',
    result: 'Failed',
    violations: ['the task completed 2 times'],
  },
  {
    name: 'completes with a result in the wrong case',
    script: "done('succeeded');",
    result: 'Failed',
    violations: ['the task never completed'],
  },
  {
    name: 'completes with a name that only the library knows',
    script: "done('Cancelled');",
    result: 'Failed',
    violations: ['the task never completed'],
  },
  {
    name: 'uses an unknown event of a known area',
    script: "say('task.explode'); done();",
    result: 'Failed',
    violations: [],
  },
  {
    name: 'uses an unknown area',
    script: "say('kitchen.cook'); done();",
    result: 'Succeeded',
    violations: [],
  },
  {
    name: 'uses a release command in a build',
    script: "say('release.updatereleasename', 'x'); done();",
    result: 'Failed',
    violations: [],
  },
  {
    name: 'prints a failure to stderr as part of other text',
    script: "done(); console.error('text ##vso[task.complete result=Failed]x');",
    result: 'Failed',
    violations: ['the task completed 2 times'],
  },
] as const;

describe('agent runStep result', () => {
  const runs = sampleRuns();
  after(() => runs.dispose());

  for (const { name, script, result, violations } of results) {
    it(`is ${result} for a task that ${name}`, async () => {
      const step = await runs.run({ script });
      assert.equal(step.result, result);
      assert.deepEqual(step.violations, violations);
    });
  }

  it('keeps each completion with its message', async () => {
    const { completions } = await runs.run({
      script: "say('task.complete result=Failed', 'first%0Asecond');",
    });
    assert.deepEqual(completions, [{ result: 'Failed', message: 'first\nsecond' }]);
  });

  it('is Failed for a task that exceeds its time', async () => {
    const step = await runs.run({ script: 'setInterval(() => {}, 1000);' }, { timeoutMs: 200 });
    assert.equal(step.result, 'Failed');
    assert.deepEqual(step.issues, [{ type: 'error', message: 'The task has timed out.' }]);
  });
});

describe('agent runStep in a build of a fork without secrets', () => {
  const runs = sampleRuns();
  after(() => runs.dispose());
  const definition = { inputs: [{ name: 'registry', type: 'connectedService:dockerregistry' }] };

  it('skips a step with a service connection', async () => {
    const agent = await runs.agent({ isFork: true });
    const registry = { url: 'https://r.io', scheme: 'UsernamePassword', auth: {} };
    const task = { script: "console.log('ran'); done();", definition };
    const step = await runs.run(task, { endpoints: { registry } }, agent);
    assert.deepEqual([step.result, step.lines, step.violations], ['Skipped', [], []]);
  });

  it('runs every other step, without secret variables', async () => {
    const agent = await runs.agent({ isFork: true, secretVariables: { password: 'x' } });
    const script = 'console.log(process.env.SECRET_PASSWORD ?? "none"); done();';
    const step = await runs.run({ script, definition }, {}, agent);
    assert.deepEqual([step.result, step.lines], ['Succeeded', ['none']]);
  });
});

/** Ends by itself on SIGINT; says when it is ready to be stopped. */
const GRACEFUL = `
process.once('SIGINT', () => { console.log('stopping'); clearInterval(timer); });
const timer = setInterval(() => {}, 1000);
console.log('ready');
`;
const STUBBORN = `
process.on('SIGINT', () => console.log('no'));
process.on('SIGTERM', () => console.log('never'));
setInterval(() => {}, 1000);
console.log('ready');
`;

describe('agent runStep cancellation', () => {
  const runs = sampleRuns();
  after(() => runs.dispose());
  const cancelWhen = (line: string): boolean => line === 'ready';

  it('interrupts the task, which may end in its own way', async () => {
    const step = await runs.run({ script: GRACEFUL }, { cancelWhen });
    assert.equal(step.result, 'Canceled');
    assert.deepEqual(step.signals, ['SIGINT']);
    assert.deepEqual(step.lines, ['ready', 'stopping', '##[error]The operation was canceled.']);
    assert.deepEqual(step.violations, []);
  });

  it('kills a task that takes no hint, and tells', async () => {
    const agent = await runs.agent({ grace: { interruptMs: 100, terminateMs: 100 } });
    const step = await runs.run({ script: STUBBORN }, { cancelWhen }, agent);
    assert.equal(step.result, 'Canceled');
    assert.deepEqual(step.signals, ['SIGINT', 'SIGTERM', 'SIGKILL']);
    assert.deepEqual(step.lines.slice(0, 3), ['ready', 'no', 'never']);
    assert.deepEqual(step.violations, ['the task did not stop when asked to']);
  });

  it('kills the children with the task', async () => {
    const agent = await runs.agent({ grace: { interruptMs: 50, terminateMs: 50 } });
    const child = "setInterval(() => {}, 1000); console.log('child ' + process.pid);";
    const script = `${STUBBORN.replace("console.log('ready');", '')}
      require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}],
        { stdio: 'inherit' });`;
    const step = await runs.run(
      { script },
      { cancelWhen: (line) => line.startsWith('child') },
      agent,
    );
    assert.match(step.rawStdout, /^child [0-9]+$/m);
    // The child holds the streams open: were it alive, they would be waited for.
    assert.ok(step.durationMs < 4000, `${step.durationMs} ms`);
  });

  it('can be set to a time', async () => {
    const script = 'setInterval(() => {}, 1000);';
    const step = await runs.run({ script }, { cancelAfterMs: 150 });
    assert.equal(step.result, 'Canceled');
    assert.ok(step.durationMs >= 140, `${step.durationMs} ms`);
  });

  it('stays Canceled when the task says that it failed', async () => {
    const script = GRACEFUL.replace("console.log('stopping')", "done('Failed')");
    const step = await runs.run({ script }, { cancelWhen });
    assert.equal(step.result, 'Canceled');
    assert.equal(step.completions.length, 1);
  });
});
