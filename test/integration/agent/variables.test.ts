import assert from 'node:assert/strict';
import { sampleRuns } from '../../support/agent/sample-run.ts';

const ALLOWED = { settableVariables: { allowed: ['imageInfoPath', 'count*'] } };
const SET = `
say('task.setvariable variable=imageInfoPath;', '/a');
say('task.setvariable variable=COUNTED;', '1');
say('task.setvariable variable=PATH;', '/evil');
done();
`;

describe('agent runStep variables', () => {
  const runs = sampleRuns();
  after(() => runs.dispose());

  it('sets what the task may set and warns about the rest', async () => {
    const step = await runs.run({ script: SET, definition: { restrictions: ALLOWED } });
    assert.deepEqual(step.variables, {
      imageInfoPath: { value: '/a', isOutput: false, isSecret: false },
      COUNTED: { value: '1', isOutput: false, isSecret: false },
    });
    assert.deepEqual(step.issues, [
      { type: 'warning', message: "The task is not allowed to set the variable 'PATH'." },
    ]);
    assert.equal(step.result, 'Succeeded');
  });

  it('lets a task without restrictions set all', async () => {
    const { variables } = await runs.run({ script: SET });
    assert.deepEqual(Object.keys(variables), ['imageInfoPath', 'COUNTED', 'PATH']);
  });

  it('makes outputs of declared names and of what is marked, under the name of the step', async () => {
    const agent = await runs.agent();
    const script = `
      say('task.setvariable variable=declared', '1');
      say('task.setvariable variable=marked;isoutput=true', '2');
      say('task.setvariable variable=plain', '3');
      done();`;
    const definition = { outputVariables: [{ name: 'Declared' }] };
    const step = await runs.run({ script, definition }, { name: 'make' }, agent);
    assert.deepEqual(step.outputs, { declared: '1', marked: '2' });
    const values = ['make.declared', 'make.marked', 'plain', 'declared', 'make.plain'];
    assert.deepEqual(
      values.map((name) => agent.variables.get(name)),
      ['1', '2', '3', undefined, undefined],
    );
  });

  it('hands variables to the next step of the job, not to the next job', async () => {
    const agent = await runs.agent();
    const first = "say('task.setvariable variable=path;isoutput=true', '/p'); done();";
    await runs.run({ script: first }, { name: 'make' }, agent);
    const show = {
      script: 'console.log(process.env.INPUT_WHERE + process.env.MAKE_PATH); done();',
      definition: { inputs: [{ name: 'where', type: 'string' }] },
    };
    const inputs = { where: '$(make.path)' };
    const same = await runs.run(show, { inputs }, agent);
    const other = await runs.run(show, { inputs }, await agent.newJob());
    assert.deepEqual(same.lines, ['/p/p']);
    assert.deepEqual(other.lines, ['$(make.path)undefined']);
  });

  it('drops commands that restricted mode does not allow, with a warning', async () => {
    const script =
      "say('artifact.upload artifactname=a', __filename); say('task.uploadsummary', __filename); say('task.setvariable variable=a', '1'); done();";
    const definition = { restrictions: { commands: { mode: 'restricted' } } };
    const step = await runs.run({ script, definition });
    assert.equal(step.result, 'Succeeded');
    assert.equal(step.issues.filter(({ type }) => type === 'warning').length, 2);
    assert.deepEqual([step.uploads, step.attachments], [[], []]);
    assert.deepEqual(Object.keys(step.variables), ['a']);
  });

  it('restricts the commands of a step that asks for it', async () => {
    const script = "say('artifact.upload artifactname=a', __filename); done();";
    const step = await runs.run({ script }, { isRestricted: true });
    assert.equal(step.result, 'Succeeded');
    assert.deepEqual(step.uploads, []);
    assert.equal(step.issues[0]?.type, 'warning');
  });
});
