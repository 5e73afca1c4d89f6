import assert from 'node:assert/strict';
import type { Endpoint } from '../../support/agent/endpoints.ts';
import type { StepResult } from '../../support/agent/step-finish.ts';
import { assertSucceeded } from './support/expect.ts';
import { taskLabs } from './support/labs.ts';
import type { Lab } from './support/labs.ts';
import { PUBLIC_PREFIX, writeFiles } from './support/stages.ts';
import { holesIn } from './support/tree.ts';

/** Accounts of the two registries: credentials must not get mixed up. */
const SOURCE = { username: 'builder', password: 'correct-horse-battery' };
const TARGET = { username: 'publisher', password: 'staple-of-the-other-registry' };

type Account = typeof SOURCE;

/** A Docker registry service connection with user and password. */
function otherRegistry(host: string, { username, password }: Account): Endpoint {
  return {
    url: 'https://hub.docker.com/',
    scheme: 'UsernamePassword',
    auth: { username, password, email: '', registry: `https://${host}/v1/` },
    data: { registrytype: 'Others' },
  };
}

/** A service connection to an Azure container registry with a service principal. */
function azureRegistry(host: string, { username, password }: Account): Endpoint {
  return {
    url: 'https://hub.docker.com/',
    scheme: 'ServicePrincipal',
    auth: {
      loginServer: host,
      serviceprincipalid: username,
      serviceprincipalkey: password,
      tenantId: 'tenant',
    },
    data: { registrytype: 'ACR' },
  };
}

interface Stages {
  readonly build: Parameters<Lab['create']>[0];
  readonly publish: Parameters<Lab['publish']>[0];
}

/** Steps that get credentials from a docker config in the folder that `DOCKER_CONFIG` names. */
async function fromDockerConfig({ agent, source, target }: Lab): Promise<Stages> {
  const base64 = ({ username, password }: Account): string =>
    Buffer.from(`${username}:${password}`).toString('base64');
  const config = {
    auths: {
      [source.host]: { auth: base64(SOURCE) },
      [`https://${target.host}`]: { auth: base64(TARGET) },
    },
  };
  await writeFiles(agent.temp, { 'docker/config.json': JSON.stringify(config) });
  const step = { env: { DOCKER_CONFIG: '$(Agent.TempDirectory)/docker' } };
  return { build: { step }, publish: { step } };
}

/** Steps that get registries and credentials from service connections. */
function fromConnections(connect: typeof otherRegistry): (lab: Lab) => Promise<Stages> {
  return async ({ source, target }) => {
    const from = connect(source.host, SOURCE);
    return Promise.resolve({
      build: { inputs: { registry: '' }, step: { endpoints: { registryConnection: from } } },
      publish: {
        inputs: { sourceRegistry: '', targetRegistry: '' },
        step: {
          endpoints: { sourceConnection: from, targetConnection: connect(target.host, TARGET) },
        },
      },
    });
  };
}

const accesses = [
  { name: 'Basic and a docker config', kind: 'basic', stages: fromDockerConfig },
  { name: 'Bearer and a docker config', kind: 'bearer', stages: fromDockerConfig },
  { name: 'Basic and service connections', kind: 'basic', stages: fromConnections(otherRegistry) },
  {
    name: 'Bearer and service connections',
    kind: 'bearer',
    stages: fromConnections(otherRegistry),
  },
  { name: 'Bearer and service principals', kind: 'bearer', stages: fromConnections(azureRegistry) },
] as const;

/** Everything a step printed that is not the registration of a secret. */
function printed({ rawStdout, rawStderr }: StepResult): string {
  const lines = `${rawStdout}\n${rawStderr}`.split('\n');
  return lines.filter((line) => !line.startsWith('##vso[task.setsecret]')).join('\n');
}

function assertNoPassword(step: StepResult): void {
  for (const { username, password } of [SOURCE, TARGET]) {
    assert.ok(!printed(step).includes(password));
    assert.ok(!printed(step).includes(Buffer.from(`${username}:${password}`).toString('base64')));
  }
}

describe('tasks access', () => {
  const labs = taskLabs();
  after(() => labs.dispose());

  for (const { name, kind, stages } of accesses) {
    it(`releases with ${name}`, async () => {
      const lab = await labs.open('signed', {
        agent: { debug: true },
        source: { auth: { kind, ...SOURCE } },
        target: { auth: { kind, ...TARGET } },
      });
      const { build, publish } = await stages(lab);
      const steps = [
        await lab.create(build),
        await lab.sign({
          ...build,
          inputs: { ...build?.inputs, existingSignatures: 'add' },
        }),
        await lab.publish(publish),
      ];
      for (const step of steps) {
        assertSucceeded(step);
        assertNoPassword(step);
      }
      const { store, requests } = lab.target;
      assert.deepEqual(holesIn(store, { prefix: PUBLIC_PREFIX, referrersApi: true }), []);
      const schemes = requests
        .filter(({ path, status }) => path.startsWith('/v2/') && status !== 401)
        .map(({ authorization }) => authorization);
      assert.deepEqual([...new Set(schemes)], [kind]);
    }).timeout(60_000);
  }

  it('sends no credential to a registry that asks for none', async () => {
    const lab = await labs.open('signed');
    const { publish } = await fromDockerConfig(lab);
    assertSucceeded(await lab.publish(publish));
    const all = [...lab.source.requests, ...lab.target.requests];
    assert.deepEqual([...new Set(all.map(({ authorization }) => authorization))], [undefined]);
  });

  it('stays readable where the agent hides the login server: each such line names a repository', async () => {
    const lab = await labs.open('signed', {
      source: { auth: { kind: 'basic', ...SOURCE } },
      target: { auth: { kind: 'basic', ...TARGET } },
    });
    const { build, publish } = await fromConnections(azureRegistry)(lab);
    const steps = [await lab.create(build), await lab.sign(build), await lab.publish(publish)];
    lab.target.addFault({ match: { method: 'HEAD' }, action: { kind: 'status', status: 403 } });
    steps.push(await lab.publish(publish));
    assert.equal(steps.at(-1)?.result, 'Failed');
    for (const { maskedLines } of steps) {
      assert.ok(maskedLines.length > 0);
      for (const line of maskedLines) assert.match(line, /\*\*\*\/[a-z0-9/]+\/shop\/[a-z]+/);
    }
  }).timeout(60_000);
});
