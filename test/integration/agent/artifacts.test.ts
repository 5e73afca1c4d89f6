import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sampleRuns } from '../../support/agent/sample-run.ts';

/** Writes `out/sub/a.txt` with the attempt in it and uploads `out`. */
const UPLOAD = `
const fs = require('node:fs');
fs.mkdirSync('out/sub', { recursive: true });
fs.writeFileSync('out/sub/a.txt', process.env.SYSTEM_JOBATTEMPT);
say('artifact.upload artifactname=image-info;containerfolder=image-info;', process.cwd() + '/out');
done();
`;

/** Lets the agent take the commands that were said so far: it reads them while the task goes on. */
const PAUSE = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);';

describe('agent runStep artifacts', () => {
  const runs = sampleRuns();
  after(() => runs.dispose());

  it('keeps the content of a folder and hands it to a later job', async () => {
    const agent = await runs.agent();
    const step = await runs.run({ script: UPLOAD }, {}, agent);
    assert.equal(step.result, 'Succeeded');
    assert.deepEqual(step.uploads, ['image-info']);
    const next = await agent.newJob({ attempt: 2 });
    const folder = await next.downloadArtifact('image-info');
    assert.equal(folder, join(next.workspace, 'image-info'));
    assert.equal(await readFile(join(folder, 'sub/a.txt'), 'utf8'), '1');
  });

  it('keeps a file under its own name', async () => {
    const agent = await runs.agent();
    const script = "say('artifact.upload artifactname=one', __filename); done();";
    await runs.run({ script }, {}, agent);
    assert.deepEqual(await readdir(agent.artifacts.get('one') ?? ''), ['index.js']);
  });

  it('refuses a name that is taken, after the task has said that it succeeded', async () => {
    const agent = await runs.agent();
    await runs.run({ script: UPLOAD }, {}, agent);
    const again = await runs.run({ script: UPLOAD }, {}, await agent.newJob({ attempt: 2 }));
    assert.equal(again.completions[0]?.result, 'Succeeded');
    assert.equal(again.result, 'Failed');
    assert.deepEqual(again.issues, [
      { type: 'error', message: 'Artifact image-info already exists for this build.' },
    ]);
    const kept = join(agent.artifacts.get('image-info') ?? '', 'sub/a.txt');
    assert.equal(await readFile(kept, 'utf8'), '1');
  });

  it('fails when the path is gone at the end of the step', async () => {
    const script = UPLOAD.replace(
      'done();',
      `${PAUSE} fs.rmSync('out', { recursive: true }); done();`,
    );
    const step = await runs.run({ script });
    assert.equal(step.result, 'Failed');
    assert.deepEqual(step.uploads, []);
  });

  it('warns about a folder without files and makes no artifact of it', async () => {
    const agent = await runs.agent();
    const script =
      "require('node:fs').mkdirSync('e/e', { recursive: true }); say('artifact.upload artifactname=e', process.cwd() + '/e'); done();";
    const step = await runs.run({ script }, {}, agent);
    assert.equal(step.result, 'Succeeded');
    assert.equal(step.issues[0]?.type, 'warning');
    assert.equal(agent.artifacts.size, 0);
  });

  const refused = [
    { name: 'a path that is not there', script: "say('artifact.upload artifactname=a', '/none');" },
    { name: 'no name', script: "say('artifact.upload', __filename);" },
    { name: 'a name with a slash', script: "say('artifact.upload artifactname=a/b', __filename);" },
  ] as const;
  for (const { name, script } of refused) {
    it(`fails an upload with ${name}`, async () => {
      const step = await runs.run({ script: `${script} done();` });
      assert.equal(step.result, 'Failed');
    });
  }

  for (const hostType of ['release', 'deployment'] as const) {
    it(`fails an upload in a ${hostType}`, async () => {
      const agent = await runs.agent({ hostType });
      const step = await runs.run({ script: UPLOAD }, {}, agent);
      assert.equal(step.result, 'Failed');
      assert.equal(agent.artifacts.size, 0);
    });
  }

  it('tells when an artifact to download does not exist', async () => {
    const agent = await runs.agent();
    await assert.rejects(agent.downloadArtifact('none'), /no artifact none/);
  });

  it('keeps summaries and attachments with their content', async () => {
    const script = `
      const fs = require('node:fs');
      const file = (name) => { fs.writeFileSync(name, name); return process.cwd() + '/' + name; };
      say('task.uploadsummary', file('s.md'));
      say('task.addattachment type=report;name=r', file('r.json'));
      done();`;
    const { attachments, summaries } = await runs.run({ script });
    const summary = { type: 'Distributedtask.Core.Summary', name: 's.md', content: 's.md' };
    assert.deepEqual(summaries, [summary]);
    assert.deepEqual(attachments, [summary, { type: 'report', name: 'r', content: 'r.json' }]);
  });

  it('tells of an attachment that the task deletes', async () => {
    const script = `
      const fs = require('node:fs');
      fs.writeFileSync('s.md', '');
      say('task.uploadsummary', process.cwd() + '/s.md');
      ${PAUSE}
      fs.rmSync('s.md');
      done();`;
    const step = await runs.run({ script });
    assert.deepEqual(step.violations, ['the attachment s.md was deleted before it was read']);
  });
});
