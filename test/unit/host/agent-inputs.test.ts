import assert from 'node:assert/strict';
import { acrConnection, azureConnection } from '../../support/azure/connections.ts';
import { hostTask } from '../../support/host/host-task.ts';
import type { HostTask } from '../../support/host/host-task.ts';
import type { StepResult } from '../../support/agent/step-finish.ts';

const PASSWORD = 'open-sesame-1';

/** A Docker registry service connection, as the service delivers it. */
const ENDPOINT = {
  url: 'https://index.docker.io/v1/',
  scheme: 'UsernamePassword',
  auth: {
    registry: 'https://registry.example/v2/',
    username: 'pusher',
    password: PASSWORD,
    email: '',
  },
  data: { registrytype: 'Others' },
};

/** What the task printed behind a word. */
function shown({ lines }: StepResult, word: string): string | undefined {
  const line = lines.find((one) => one.startsWith(`${word}: `));
  return line?.slice(word.length + 2);
}

describe('agent-inputs', () => {
  let task: HostTask;

  before(async () => {
    task = await hostTask();
  });

  after(() => task.dispose());

  it('reads text trimmed, and empty where nothing was given', async () => {
    const step = await task.run('read inputs', { inputs: { words: ' a\n b ' } });
    assert.equal(shown(step, 'text'), '"a\\n b"');
    assert.equal(shown(step, 'absent'), '""');
    assert.equal(shown(step, 'secret'), 'none');
    assert.deepEqual(JSON.parse(shown(step, 'connection') ?? ''), { ok: true });
  });

  it('masks a secret before it can be printed, also in a debug run', async () => {
    const inputs = { password: PASSWORD };
    const step = await task.run('read inputs', { inputs }, { debug: true });
    assert.equal(shown(step, 'secret'), '***');
    assert.deepEqual(step.violations, []);
    assert.ok(![...step.lines, ...step.debugLines].some((line) => line.includes(PASSWORD)));
  });

  it('masks every line of a secret but the boundaries of PEM', async () => {
    const inputs = { password: `-----BEGIN KEY-----\nfirstline\nsecondline\n-----END KEY-----` };
    const step = await task.run('read inputs', { inputs });
    assert.equal(shown(step, 'secret'), '-----BEGIN KEY-----');
    const at = step.lines.indexOf('secret: -----BEGIN KEY-----');
    assert.deepEqual(step.lines.slice(at + 1, at + 4), ['***', '***', '-----END KEY-----']);
  });

  it('reads a service connection and masks its password, also as Basic sends it', async () => {
    const step = await task.run('read inputs', { endpoints: { registry: ENDPOINT } });
    assert.ok(step.rawStdout.includes('"registry":"registry.example"'));
    assert.ok(step.rawStdout.includes('{"username":"pusher","password":"***"}'));
    assert.deepEqual(step.violations, []);
    const basic = Buffer.from(`pusher:${PASSWORD}`).toString('base64');
    assert.ok(step.rawStdout.includes(`##vso[task.setsecret]${basic}`));
    assert.ok(step.rawStdout.includes(`##vso[task.setsecret]${PASSWORD}`));
  });

  for (const input of ['registry', 'subscription'] as const) {
    for (const scheme of ['secret', 'certificate'] as const) {
      it(`masks the ${scheme} that ${input} logs in to Azure with`, async () => {
        const endpoint =
          input === 'registry'
            ? acrConnection(scheme, 'example.azurecr.io')
            : azureConnection(scheme, 'a-subscription');
        const step = await task.run('read inputs', { endpoints: { [input]: endpoint } });
        const word = input === 'registry' ? 'connection' : 'azure';
        assert.match(shown(step, word) ?? '', /^\{"ok":true,"value":\{/);
        const secretName = /^serviceprincipalkey$|Certificate$/;
        const lines = Object.entries(endpoint.auth)
          .filter(([name]) => secretName.test(name))
          .flatMap(([, value]) => value.split('\n'));
        const secrets = lines.filter((line) => line !== '' && !line.startsWith('-----'));
        assert.ok(secrets.length > 0);
        for (const secret of secrets) {
          assert.ok(step.rawStdout.includes(`##vso[task.setsecret]${secret}`));
        }
        assert.deepEqual(step.violations, []);
      });
    }
  }

  it('says of which kind a connection is that was not delivered', async () => {
    const step = await task.run('read inputs', { inputs: { subscription: 'my-connection' } });
    assert.match(shown(step, 'azure') ?? '', /my-connection.*an Azure Resource Manager/);
  });

  it('says what to do about a service connection that was not delivered', async () => {
    const step = await task.run('read inputs', { inputs: { registry: 'my-connection' } });
    const connection = shown(step, 'connection') ?? '';
    assert.match(connection, /"path":"registry"/);
    assert.match(
      connection,
      /names a service connection that the agent did not deliver: my-connec/,
    );
  });

  it('finds the folders of a build', async () => {
    const step = await task.run('read inputs');
    const folders = JSON.parse(shown(step, 'folders') ?? '') as Record<string, string>;
    assert.match(folders['workspace'] ?? '', /_work\/1$/);
    assert.match(folders['working'] ?? '', /_work\/1\/s$/);
    assert.match(folders['temp'] ?? '', /_work\/_temp$/);
    assert.equal(shown(step, 'in build'), 'true');
  });

  it('finds the folders of a classic release, whose workspace is the artifacts directory', async () => {
    const step = await task.run('read inputs', {}, { hostType: 'release' });
    const folders = JSON.parse(shown(step, 'folders') ?? '') as Record<string, string>;
    assert.match(folders['workspace'] ?? '', /_work\/r1\/a$/);
    assert.equal(shown(step, 'in build'), 'false');
  });

  it('starts at the working directory where the agent names no folders', async () => {
    const variables = {
      'Pipeline.Workspace': '',
      'System.ArtifactsDirectory': '',
      'Agent.TempDirectory': '',
    };
    const step = await task.run('read inputs', {}, { variables });
    const folders = JSON.parse(shown(step, 'folders') ?? '') as Record<string, string>;
    assert.equal(folders['workspace'], folders['working']);
    assert.equal(folders['temp'], folders['working']);
  });
});
