import assert from 'node:assert/strict';
import type { StepResult } from '../../support/agent/step-finish.ts';
import { startProxy } from '../../support/proxy.ts';
import type { TestProxy } from '../../support/proxy.ts';
import { assertRefused, assertSucceeded, writesTo } from './support/expect.ts';
import { taskLabs } from './support/labs.ts';
import type { Lab, LabOptions } from './support/labs.ts';
import { writeFiles } from './support/stages.ts';

const USER = { username: 'publisher', password: 'correct-horse-battery' };

/** The target as a registry on another machine, behind a proxy that knows where every name is. */
describe('tasks on a registry that is not on this machine', () => {
  const labs = taskLabs();
  let proxy: TestProxy;
  let lab: Lab;
  let host: string;

  beforeEach(async () => {
    proxy = await startProxy();
  });
  afterEach(async () => {
    await proxy.close();
  });
  after(() => labs.dispose());

  const open = async (target: LabOptions['target'] = {}): Promise<void> => {
    lab = await labs.open('signed', { target });
    host = lab.target.host.replace('127.0.0.1', 'registry.test');
  };
  const publish = async (inputs: Readonly<Record<string, string>>): Promise<StepResult> => {
    const auth = Buffer.from(`${USER.username}:${USER.password}`).toString('base64');
    const config = JSON.stringify({ auths: { [host]: { auth } } });
    await writeFiles(lab.agent.temp, { 'docker/config.json': config });
    const env = { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url, NO_PROXY: '127.0.0.1' };
    return lab.publish({
      inputs,
      step: { env: { ...env, DOCKER_CONFIG: '$(Agent.TempDirectory)/docker' } },
    });
  };
  const warningsOf = ({ issues }: StepResult): readonly string[] =>
    issues.flatMap(({ type, message }) => (type === 'warning' ? [message] : []));

  it('publishes over plain HTTP where the input begins with http://, and says what that means', async () => {
    await open({ auth: { kind: 'basic', ...USER } });
    const step = await publish({ targetRegistry: `http://${host}` });
    assertSucceeded(step);
    assert.ok(writesTo(lab.target).length > 0);
    const warned = `${host} is talked to in plain HTTP, as its input begins with http://`;
    assert.ok(warningsOf(step).some((text) => text.startsWith(warned)));
  });

  for (const scheme of ['', 'https://']) {
    it(`speaks TLS with it where the input begins with ${scheme || 'its name'}, and sends nothing openly`, async () => {
      await open({ auth: { kind: 'basic', ...USER } });
      const step = await publish({ targetRegistry: `${scheme}${host}` });
      assertRefused(step, { code: 'REGISTRY_UNAVAILABLE', says: [host] });
      assert.ok(proxy.requests.length > 0);
      assert.deepEqual([...new Set(proxy.requests.map(({ method }) => method))], ['CONNECT']);
      assert.equal(lab.target.requests.length, 0);
    }).timeout(60_000);
  }

  /** The registry says to log in at another host. */
  const sendAway = (): void => {
    const realm = `http://${lab.target.host.replace('127.0.0.1', 'tokens.test')}/token`;
    const challenge = `Bearer realm="${realm}",service="registry"`;
    lab.target.addFault({
      match: { path: '/v2/' },
      action: { kind: 'headers', headers: { 'www-authenticate': challenge } },
    });
  };
  const tokenRequests = (): readonly string[] =>
    proxy.requests.map(({ target }) => target).filter((target) => target.includes('/token'));

  it('sends no password to a token server on another host, and says which input would', async () => {
    await open({ auth: { kind: 'bearer', ...USER } });
    sendAway();
    const step = await publish({ targetRegistry: `http://${host}` });
    assertRefused(step, {
      code: 'REGISTRY_RESPONSE_INVALID',
      says: [`${host} asks to log in at "http://tokens.test`, 'trustedTokenHosts'],
    });
    assert.deepEqual(tokenRequests(), []);
  });

  it('logs in at a token server that trustedTokenHosts names', async () => {
    await open({ auth: { kind: 'bearer', ...USER } });
    sendAway();
    const step = await publish({
      targetRegistry: `http://${host}`,
      trustedTokenHosts: `login.example\n${lab.target.host.replace('127.0.0.1', 'tokens.test')}`,
    });
    assertSucceeded(step);
    assert.ok(tokenRequests().length > 0);
    assert.ok(tokenRequests().every((target) => target.startsWith('http://tokens.test')));
  });

  it('asks for no more lists of referrers in a minute than referrersPerMinute says', async () => {
    await open();
    const lists = (): number =>
      lab.source.requests.filter(({ path }) => path.includes('/referrers/')).length;
    const step = await lab.publish({
      inputs: { referrersPerMinute: '2' },
      step: { cancelAfterMs: 4000 },
    });
    assert.equal(step.result, 'Canceled');
    assert.equal(lists(), 2);
  }).timeout(60_000);
});
