import assert from 'node:assert/strict';
import { sampleRuns } from '../../support/agent/sample-run.ts';

const SECRET = 'correct-horse';
const LEAKED_EARLY = 'a secret was printed in line 1, before setsecret in line 2';
const DERIVED = 'a secret was shown in a form that no mask covers, in line 1';
const WRITE = "require('node:fs').writeFileSync(";

const leaks = [
  {
    name: 'printed before setsecret',
    script: `console.log('p=${SECRET}'); say('task.setsecret', '${SECRET}'); done();`,
    violations: [LEAKED_EARLY],
  },
  {
    name: 'printed before it becomes a secret variable, on stderr',
    script: `console.error('${SECRET}');
      setTimeout(() => { say('task.setvariable variable=a;issecret=true', '${SECRET}'); done(); }, 50);`,
    violations: [LEAKED_EARLY],
  },
  {
    name: 'printed in a debug command before setsecret',
    script: `say('task.debug', '${SECRET}'); say('task.setsecret', '${SECRET}'); done();`,
    violations: [LEAKED_EARLY],
  },
  {
    name: 'printed in base64',
    script: `say('task.setsecret', '${SECRET}');
      console.log(Buffer.from('${SECRET}').toString('base64')); done();`,
    violations: [DERIVED],
  },
  {
    name: 'of two lines and printed line by line',
    script: `say('task.setsecret', 'first-part%0Asecond-part'); console.log('second-part'); done();`,
    violations: [DERIVED],
  },
  {
    name: 'in a variable that is no secret',
    script: `say('task.setsecret', '${SECRET}'); say('task.setvariable variable=a', 'x${SECRET}'); done();`,
    violations: ['a secret is in variable a, where nothing is masked'],
  },
  {
    name: 'in an artifact',
    script: `say('task.setsecret', '${SECRET}'); ${WRITE}'f.json', '["${SECRET}"]');
      say('artifact.upload artifactname=out', process.cwd() + '/f.json'); done();`,
    violations: ['a secret is in artifact out, file f.json, where nothing is masked'],
  },
  {
    name: 'in a summary',
    script: `say('task.setsecret', '${SECRET}'); ${WRITE}'s.md', '${SECRET}');
      say('task.uploadsummary', process.cwd() + '/s.md'); done();`,
    violations: ['a secret is in attachment s.md, where nothing is masked'],
  },
] as const;

describe('agent runStep secrets', () => {
  const runs = sampleRuns();
  after(() => runs.dispose());

  for (const { name, script, violations } of leaks) {
    it(`tells of a secret ${name}`, async () => {
      const step = await runs.run({ script });
      assert.equal(step.result, 'Succeeded');
      assert.deepEqual(step.violations, violations);
    });
  }

  it('hides a secret in text, issues and completion once it is registered', async () => {
    const script = `
      say('task.setsecret', '${SECRET}');
      console.log('text ${SECRET}');
      say('task.logissue type=error', 'issue ${SECRET}');
      say('task.complete result=Failed', 'end ${SECRET}');`;
    const step = await runs.run({ script });
    assert.deepEqual(step.lines, ['text ***', '##[error]issue ***']);
    assert.deepEqual(step.maskedLines, step.lines);
    assert.equal(step.issues[0]?.message, 'issue ***');
    assert.equal(step.completions[0]?.message, 'end ***');
    assert.ok(!step.debugLines.join('\n').includes(SECRET));
    assert.match(step.rawStdout, /text correct-horse/);
    assert.deepEqual(step.violations, []);
  });

  it('hides what the job knew before the step', async () => {
    const agent = await runs.agent({
      accessToken: 'job-token',
      secretVariables: { signing: SECRET },
    });
    const endpoint = {
      url: 'https://r.example',
      scheme: 'UsernamePassword',
      auth: { username: 'bot-user', password: 'hunter2!', scope: 'visible' },
    };
    const base64 = Buffer.from(SECRET).toString('base64');
    const script = `console.log('job-token ${SECRET} ${base64} bot-user hunter2! visible'); done();`;
    const step = await runs.run(
      {
        script,
        definition: { inputs: [{ name: 'target', type: 'connectedService:dockerregistry' }] },
      },
      { endpoints: { target: endpoint } },
      agent,
    );
    assert.deepEqual(step.lines, ['*** *** *** *** *** visible']);
    assert.deepEqual(step.violations, []);
  });

  it('tells of the pair of a connection that is printed as Basic sends it', async () => {
    const auth = { username: 'bot', password: 'hunter2!' };
    const pair = Buffer.from('bot:hunter2!').toString('base64');
    const task = {
      script: `console.log('${pair}'); done();`,
      definition: { inputs: [{ name: 'target', type: 'connectedService:dockerregistry' }] },
    };
    const endpoint = { url: 'https://r.example', scheme: 'UsernamePassword', auth };
    const open = await runs.run(task, { endpoints: { target: endpoint } });
    assert.deepEqual(open.violations, [DERIVED]);
    const script = `say('task.setsecret', '${pair}'); ${task.script}`;
    const hidden = await runs.run({ ...task, script }, { endpoints: { target: endpoint } });
    assert.deepEqual(hidden.violations, []);
  });

  it('fails a secret variable of two lines', async () => {
    const script = "say('task.setvariable variable=a;issecret=true', 'one%0Atwo'); done();";
    const step = await runs.run({ script });
    assert.equal(step.result, 'Failed');
    assert.deepEqual(step.variables, {});
  });
});
