import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Agent } from '../../support/agent/agent.ts';
import { sampleRuns } from '../../support/agent/sample-run.ts';
import type { StepOptions } from '../../support/agent/step.ts';

const ID = 'a5b6c7d8-0000-4000-8000-000000000001';
const SHOW =
  "require('node:fs').writeFileSync(process.env.AGENT_TEMPDIRECTORY + '/seen.json', JSON.stringify({ env: process.env, cwd: process.cwd() })); done();";
const INPUTS = [
  { name: 'text', type: 'string', defaultValue: '$(Build.BuildId)', aliases: ['words'] },
  { name: 'flag', type: 'boolean', defaultValue: false },
  { name: 'file', type: 'filePath' },
  { name: 'connection', type: 'connectedService:dockerregistry' },
  { name: 'notAConnection', type: 'string' },
] as const;

const registry = {
  id: ID,
  url: 'https://hub.docker.com/',
  scheme: 'UsernamePassword',
  auth: { registry: 'https://r.example', username: 'bot', password: 'hunter2-hunter2' },
  data: { registrytype: 'Others' },
};

interface Seen {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

describe('agent runStep environment', () => {
  const runs = sampleRuns();
  after(() => runs.dispose());

  /** What a task sees that does nothing but look. */
  async function look(step: Omit<StepOptions, 'taskFolder'>, on?: Agent): Promise<Seen> {
    const agent = on ?? (await runs.agent());
    const result = await runs.run({ script: SHOW, definition: { inputs: INPUTS } }, step, agent);
    assert.equal(result.result, 'Succeeded');
    return JSON.parse(await readFile(join(agent.temp, 'seen.json'), 'utf8')) as Seen;
  }

  it('starts in the working directory with the folders of the job', async () => {
    const agent = await runs.agent({ attempt: 3 });
    const { cwd, env } = await look({}, agent);
    assert.equal(cwd, agent.sources);
    assert.equal(env['SYSTEM_DEFAULTWORKINGDIRECTORY'], agent.sources);
    assert.equal(env['PIPELINE_WORKSPACE'], agent.workspace);
    assert.equal(env['AGENT_TEMPDIRECTORY'], agent.temp);
    assert.equal(env['SYSTEM_JOBATTEMPT'], '3');
    assert.equal(env['TF_BUILD'], 'True');
  });

  it('has nothing of the environment of the tests', async () => {
    process.env['HARNESS_ONLY'] = 'x';
    const { env } = await look({});
    delete process.env['HARNESS_ONLY'];
    assert.equal(env['HARNESS_ONLY'], undefined);
    assert.notEqual(env['HOME'], process.env['HOME']);
  });

  it('has no pipeline workspace in a release', async () => {
    const agent = await runs.agent({ hostType: 'release' });
    const { cwd, env } = await look({}, agent);
    assert.equal(env['PIPELINE_WORKSPACE'], undefined);
    assert.equal(env['BUILD_SOURCESDIRECTORY'], undefined);
    assert.equal(env['SYSTEM_HOSTTYPE'], 'release');
    assert.equal(env['SYSTEM_ARTIFACTSDIRECTORY'], cwd);
    assert.equal(agent.workspace, cwd);
  });

  const inputs = [
    { name: 'the default with its macro', given: {}, variable: 'INPUT_TEXT', value: '4711' },
    {
      name: 'a given text, trimmed',
      given: { text: '  a b ' },
      variable: 'INPUT_TEXT',
      value: 'a b',
    },
    { name: 'an alias', given: { words: 'w' }, variable: 'INPUT_TEXT', value: 'w' },
    {
      name: 'an unknown macro as it is',
      given: { text: '$(nothing)' },
      variable: 'INPUT_TEXT',
      value: '$(nothing)',
    },
    { name: 'a boolean as text', given: {}, variable: 'INPUT_FLAG', value: 'false' },
    { name: 'an absolute path', given: { file: '/x/y' }, variable: 'INPUT_FILE', value: '/x/y' },
  ] as const;
  for (const { name, given, variable, value } of inputs) {
    it(`delivers ${name}`, async () => {
      const { env } = await look({ inputs: given });
      assert.equal(env[variable], value);
    });
  }

  it('roots relative paths at the sources, an empty one too', async () => {
    const agent = await runs.agent();
    const relative = await look({ inputs: { file: 'a/b' } }, agent);
    const empty = await look({}, agent);
    assert.equal(relative.env['INPUT_FILE'], join(agent.sources, 'a/b'));
    assert.equal(empty.env['INPUT_FILE'], agent.sources);
  });

  it('refuses an input that task.json does not have', async () => {
    await assert.rejects(look({ inputs: { typo: '1' } }), /the input 'typo' in task\.json/);
  });

  it('delivers an endpoint in every form', async () => {
    const { env } = await look({ endpoints: { connection: registry } });
    assert.equal(env['INPUT_CONNECTION'], ID);
    assert.equal(env[`ENDPOINT_URL_${ID}`], 'https://hub.docker.com/');
    assert.equal(env[`ENDPOINT_AUTH_SCHEME_${ID}`], 'UsernamePassword');
    assert.equal(env[`ENDPOINT_AUTH_PARAMETER_${ID}_USERNAME`], 'bot');
    assert.equal(env[`ENDPOINT_DATA_${ID}_REGISTRYTYPE`], 'Others');
    assert.deepEqual(JSON.parse(env[`ENDPOINT_AUTH_${ID}`] ?? ''), {
      parameters: registry.auth,
      scheme: 'UsernamePassword',
    });
  });

  it('gives an endpoint without an id one of its own', async () => {
    const made = await look({
      endpoints: {
        connection: { url: 'https://u.example', scheme: 'None', auth: {} },
      },
    });
    const id = made.env['INPUT_CONNECTION'] ?? '';
    assert.match(id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.equal(made.env[`ENDPOINT_URL_${id}`], 'https://u.example');
  });

  it('delivers no endpoint for an input of another type', async () => {
    const { env } = await look({ endpoints: { notAConnection: registry } });
    assert.equal(env['INPUT_NOTACONNECTION'], ID);
    assert.equal(env[`ENDPOINT_AUTH_${ID}`], undefined);
  });

  it('delivers the connection of the job, without data', async () => {
    const agent = await runs.agent({
      accessToken: 'job-token',
      variables: { 'System.CollectionUri': 'http://127.0.0.1:9/' },
    });
    const { env } = await look({}, agent);
    assert.equal(env['ENDPOINT_URL_SYSTEMVSSCONNECTION'], 'http://127.0.0.1:9/');
    assert.equal(env['ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN'], 'job-token');
    assert.equal(env['ENDPOINT_DATA_SYSTEMVSSCONNECTION'], undefined);
    assert.equal(env['SECRET_SYSTEM_ACCESSTOKEN'], 'job-token');
    assert.equal(env['SYSTEM_ACCESSTOKEN'], undefined);
  });

  it('delivers public and secret variables apart, and the env block below them', async () => {
    const agent = await runs.agent({
      variables: { 'my.public': 'p' },
      secretVariables: { 'my.secret': 'shhh-shhh' },
    });
    const env = { MY_PUBLIC: 'overwritten', EXTRA: '$(my.public)' };
    const seen = (await look({ env }, agent)).env;
    assert.equal(seen['MY_PUBLIC'], 'p');
    assert.equal(seen['EXTRA'], 'p');
    assert.equal(seen['SECRET_MY_SECRET'], 'shhh-shhh');
    assert.equal(seen['MY_SECRET'], undefined);
    assert.ok((JSON.parse(seen['VSTS_PUBLIC_VARIABLES'] ?? '') as string[]).includes('my.public'));
    assert.ok((JSON.parse(seen['VSTS_SECRET_VARIABLES'] ?? '') as string[]).includes('my.secret'));
  });
});
