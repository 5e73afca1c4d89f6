import assert from 'node:assert/strict';
import { sampleRuns } from '../../support/agent/sample-run.ts';

describe('agent runStep log', () => {
  const runs = sampleRuns();
  after(() => runs.dispose());

  it('shows both streams without the commands', async () => {
    const script = "console.log('out'); say('task.setprogress value=50;', 'half'); done();";
    const step = await runs.run({ script: `console.error('err'); ${script}` });
    assert.deepEqual(step.lines.toSorted(), ['err', 'out']);
    assert.equal(step.rawStderr, 'err\n');
    assert.match(step.rawStdout, /^out\n##vso/);
    assert.deepEqual(step.progress, [{ percent: 50, text: 'half' }]);
  });

  it('obeys a command in the middle of a line, on stderr too', async () => {
    const script = "console.error('tag ##vso[task.logissue type=error]injected'); done();";
    const step = await runs.run({ script });
    assert.deepEqual(step.issues, [{ type: 'error', message: 'injected' }]);
    assert.deepEqual(step.lines, ['##[error]injected']);
  });

  it('warns about a line that only looks like a command', async () => {
    const step = await runs.run({ script: "console.log('##vso[nonsense'); done();" });
    const message = 'This is not a legal command: ##vso[nonsense';
    assert.deepEqual(step.issues, [{ type: 'warning', message }]);
    assert.deepEqual(step.lines, [`##[warning]${message}`, '##vso[nonsense']);
  });

  it('takes issues by both of their names', async () => {
    const script = `
      say('task.logissue type=error;code=DIGEST_MISMATCH;', 'one');
      say('task.issue type=warning;', 'two%0Alines');
      done();`;
    const step = await runs.run({ script });
    assert.deepEqual(step.issues, [
      { type: 'error', message: 'one', code: 'DIGEST_MISMATCH' },
      { type: 'warning', message: 'two\nlines' },
    ]);
    assert.deepEqual(step.lines, ['##[error]one', '##[warning]two', '##[warning]lines']);
  });

  it('keeps ten issues of each type and shows all', async () => {
    const script = `
      for (let i = 0; i < 12; i++) for (const type of ['error', 'warning'])
        say('task.logissue type=' + type, type + i);
      done();`;
    const step = await runs.run({ script });
    const kept = (type: string): number => step.issues.filter((i) => i.type === type).length;
    assert.deepEqual([kept('error'), kept('warning'), step.lines.length], [10, 10, 24]);
  });

  it('shows debug lines only when the pipeline asks for them', async () => {
    const script = "say('task.debug', 'detail'); done();";
    const quiet = await runs.run({ script });
    const loud = await runs.run({ script }, {}, await runs.agent({ debug: true }));
    assert.deepEqual(quiet.lines, []);
    assert.equal(quiet.debugLines[0], 'detail');
    assert.equal(loud.lines[0], '##[debug]detail');
  });

  it('passes lines on as they come', async () => {
    const seen: string[] = [];
    const script = "console.log('1'); setTimeout(() => { console.log('2'); done(); }, 50);";
    const step = await runs.run({ script }, { onLine: (line) => seen.push(line) });
    assert.deepEqual(seen, ['1', '2']);
    assert.deepEqual(step.lines, ['1', '2']);
  });

  it('measures time and memory', async () => {
    const script = 'const b = Buffer.alloc(80e6, 1); setTimeout(() => done(b.length), 150);';
    const step = await runs.run(
      { script: `console.log('up'); ${script.replace('b.length', '')}` },
      { measure: true },
    );
    const { durationMs, firstLineMs = 0, peakRssBytes = 0 } = step;
    assert.ok(firstLineMs > 0 && firstLineMs < durationMs, `${firstLineMs} of ${durationMs} ms`);
    assert.ok(process.platform !== 'linux' || peakRssBytes > 80e6, `${peakRssBytes} bytes`);
  });

  const refused = [
    { name: 'an issue without a type', script: "say('task.logissue', 'x');" },
    { name: 'a variable without a name', script: "say('task.setvariable', 'x');" },
    { name: 'an attachment that is not there', script: "say('task.uploadsummary', '/none.md');" },
    {
      name: 'an attachment whose name is a path',
      script: "say('task.addattachment type=a;name=b/c', __filename);",
    },
  ] as const;
  for (const { name, script } of refused) {
    it(`fails a task that logs ${name}`, async () => {
      const step = await runs.run({ script: `${script} done();` });
      assert.equal(step.result, 'Failed');
      assert.match(step.issues[0]?.message ?? '', /^The command cannot be carried out: ##vso/);
    });
  }
});
