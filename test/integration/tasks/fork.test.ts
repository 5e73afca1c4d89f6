import assert from 'node:assert/strict';
import { assertRefused, writesTo } from './support/expect.ts';
import { taskLabs } from './support/labs.ts';

const NOTE = 'This is a build of a fork: unless the pipeline makes secrets available';
const ACCOUNT = { kind: 'basic', username: 'builder', password: 'correct-horse' } as const;

describe('tasks in a build of a fork without secrets', () => {
  const labs = taskLabs();
  after(() => labs.dispose());

  it('are skipped by the agent where they name a service connection', async () => {
    const lab = await labs.open('built', { agent: { isFork: true } });
    const { username, password } = ACCOUNT;
    const registryConnection = {
      ...{ url: 'https://hub.docker.com/', scheme: 'UsernamePassword' },
      auth: { registry: `http://${lab.source.host}`, username, password },
    };
    const step = await lab.create({ step: { endpoints: { registryConnection } } });
    assert.equal(step.result, 'Skipped');
    assert.deepEqual(lab.source.requests, []);
  });

  it('say so when a registry asks for credentials', async () => {
    const lab = await labs.open('built', { agent: { isFork: true }, source: { auth: ACCOUNT } });
    const step = await lab.create();
    assertRefused(step, { code: 'REGISTRY_UNAUTHORIZED', says: [NOTE] });
  });

  it('say so when a secret variable is not there', async () => {
    const lab = await labs.open('created', {
      agent: { isFork: true, secretVariables: { signingKeyPassword: 'never delivered' } },
    });
    const step = await lab.sign({ inputs: { privateKeyPassword: '$(signingKeyPassword)' } });
    assertRefused(step, { code: 'INPUT_INVALID', says: ['signingKeyPassword', NOTE] });
    assert.deepEqual(writesTo(lab.source), []);
  });

  it('work where nobody asks for credentials', async () => {
    const lab = await labs.open('built', { agent: { isFork: true } });
    const step = await lab.create({ inputs: { dryRun: 'true' } });
    assert.equal(step.result, 'Succeeded', step.lines.join('\n'));
  });
});
