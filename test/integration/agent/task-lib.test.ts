import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { sampleRuns } from '../../support/agent/sample-run.ts';

const LIBRARY = createRequire(import.meta.url).resolve('azure-pipelines-task-lib/task.js');
const ID = 'a5b6c7d8-0000-4000-8000-000000000001';
const SCRIPT = `
const tl = require(${JSON.stringify(LIBRARY)});
const id = tl.getInput('connection', true);
const { parameters } = tl.getEndpointAuthorization(id, false);
const token = tl.getEndpointAuthorizationParameter('SYSTEMVSSCONNECTION', 'AccessToken', false);
tl.setSecret(token + parameters.password);
tl.setVariable('seen', JSON.stringify([
  tl.getInput('text'),
  tl.getBoolInput('flag'),
  tl.filePathSupplied('file'),
  tl.getEndpointDataParameter(id, 'registrytype', false),
  parameters.username,
  tl.getVariable('Agent.TempDirectory') === process.env.AGENT_TEMPDIRECTORY,
  tl.getVariable('signing.password').length,
]));
console.log('token ' + token + ' ' + parameters.password);
tl.warning('50% of ]; done\\nnext');
tl.setResult(tl.TaskResult.Succeeded, 'All done');
`;
const INPUTS = [
  { name: 'connection', type: 'connectedService:dockerregistry' },
  { name: 'text', type: 'string' },
  { name: 'flag', type: 'boolean', defaultValue: true },
  { name: 'file', type: 'filePath' },
] as const;

describe('agent runStep with the task library', () => {
  const runs = sampleRuns();
  after(() => runs.dispose());

  it('gives the library all it reads and understands all it writes', async () => {
    const agent = await runs.agent({
      accessToken: 'job-token',
      secretVariables: { 'signing.password': 'sixteen-letters!' },
    });
    const connection = {
      id: ID,
      url: 'https://hub.docker.com/',
      scheme: 'UsernamePassword',
      auth: { username: 'bot', password: 'hunter2!' },
      data: { registrytype: 'Others' },
    };
    const step = await runs.run(
      { script: SCRIPT, definition: { inputs: INPUTS } },
      { inputs: { text: ' $(Build.BuildId) ' }, endpoints: { connection } },
      agent,
    );
    assert.equal(step.result, 'Succeeded');
    assert.deepEqual(step.completions, [{ result: 'Succeeded', message: 'All done' }]);
    const seen = ['4711', true, false, 'Others', 'bot', true, 16];
    assert.deepEqual(JSON.parse(step.variables['seen']?.value ?? ''), seen);
    assert.deepEqual(step.issues, [{ type: 'warning', message: '50% of ]; done\nnext' }]);
    assert.ok(step.lines.includes('token *** ***'));
    assert.deepEqual(step.violations, []);
  });

  it('runs the task with the Node.js it is given', async () => {
    const agent = await runs.agent({ node: '/nowhere/node' });
    await assert.rejects(runs.run({ script: '' }, {}, agent), { code: 'ENOENT' });
  });

  it('lets the process of the task write its own coverage', async () => {
    const agent = await runs.agent();
    const before = process.env['NODE_V8_COVERAGE'];
    process.env['NODE_V8_COVERAGE'] = join(agent.temp, 'coverage');
    try {
      await runs.run({ script: 'done();' }, {}, agent);
    } finally {
      if (before === undefined) delete process.env['NODE_V8_COVERAGE'];
      else process.env['NODE_V8_COVERAGE'] = before;
    }
    assert.match((await readdir(join(agent.temp, 'coverage'))).join(), /^coverage-.*\.json$/);
  });
});
