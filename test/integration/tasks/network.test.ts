import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Agent } from '../../support/agent/agent.ts';
import type { StepResult } from '../../support/agent/step-finish.ts';
import { makeTlsChain } from '../../support/certificates.ts';
import { startProxy } from '../../support/proxy.ts';
import type { TestProxy } from '../../support/proxy.ts';
import type { EmbeddedRegistry } from '../../support/registry/registry.ts';
import { assertRefused, assertSucceeded } from './support/expect.ts';
import { taskLabs } from './support/labs.ts';
import type { Lab } from './support/labs.ts';
import { writeFiles } from './support/stages.ts';

const NAME = 'registry.test';
const SERVER = makeTlsChain(['127.0.0.1', NAME]);
const CLIENT = makeTlsChain();
const TLS = { key: SERVER.leafKeyPem, cert: SERVER.chainPem };
const USER = { name: 'domain\\user', password: 'p@ss:w/rd%41' };

function setVariables(agent: Agent, variables: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(variables)) agent.variables.set(name, value);
}

/** Gives the agent its own authority, and the files of its client certificate. */
async function trustServer({ agent }: Lab): Promise<void> {
  await writeFiles(agent.temp, {
    'pki/ca.pem': SERVER.rootPem,
    'pki/client.pem': CLIENT.chainPem,
    'pki/client.key': CLIENT.leafKeyPem,
  });
  setVariables(agent, { 'Agent.CAInfo': join(agent.temp, 'pki/ca.pem') });
}

describe('tasks on the network of the agent', () => {
  const labs = taskLabs();
  const proxies: TestProxy[] = [];
  after(() => labs.dispose());
  afterEach(async () => {
    for (const proxy of proxies.splice(0)) await proxy.close();
  });

  const create = (lab: Lab, registry: string): Promise<StepResult> =>
    lab.create({ inputs: { registry, dryRun: 'true' } });

  it('trust its authority', async () => {
    const lab = await labs.open('built', { source: { tls: TLS } });
    await trustServer(lab);
    assertSucceeded(await create(lab, `https://${lab.source.host}`));
  });

  it('show its client certificate', async () => {
    const lab = await labs.open('built', { source: { tls: { ...TLS, ca: CLIENT.rootPem } } });
    await trustServer(lab);
    setVariables(lab.agent, {
      'Agent.ClientCert': join(lab.agent.temp, 'pki/client.pem'),
      'Agent.ClientCertKey': join(lab.agent.temp, 'pki/client.key'),
    });
    assertSucceeded(await create(lab, `https://${lab.source.host}`));
  });

  /** A proxy that wants credentials, which the agent has. */
  const useProxy = async (lab: Lab): Promise<TestProxy> => {
    const pair = Buffer.from(`${USER.name}:${USER.password}`).toString('base64');
    const proxy = await startProxy({ authorization: `Basic ${pair}` });
    proxies.push(proxy);
    await trustServer(lab);
    setVariables(lab.agent, {
      'Agent.ProxyUrl': proxy.url,
      'Agent.ProxyUsername': USER.name,
    });
    lab.agent.variables.set('Agent.ProxyPassword', USER.password, true);
    return proxy;
  };
  const behindProxy = ({ host }: EmbeddedRegistry): string => `${NAME}:${host.split(':')[1] ?? ''}`;

  it('go through its proxy with its credentials, which nobody else sees', async () => {
    const lab = await labs.open('built', { source: { tls: TLS }, agent: { debug: true } });
    const proxy = await useProxy(lab);
    const registry = behindProxy(lab.source);
    const step = await create(lab, registry);
    assertSucceeded(step);
    assert.deepEqual(
      [...new Set(proxy.requests.map(({ method, target }) => `${method} ${target}`))],
      [`CONNECT ${registry}`],
    );
    assert.ok(!step.lines.join('\n').includes(USER.password));
    assert.deepEqual(step.violations, []);
  });

  it('pass it by where its list says so', async () => {
    const lab = await labs.open('built', { source: { tls: TLS } });
    const proxy = await useProxy(lab);
    setVariables(lab.agent, { 'Agent.ProxyBypassList': JSON.stringify(['registry\\.test']) });
    // The name exists only behind the proxy.
    assertRefused(await create(lab, behindProxy(lab.source)), {
      code: 'REGISTRY_UNAVAILABLE',
      says: [/ENOTFOUND|EAI_AGAIN/],
    });
    assert.deepEqual(proxy.requests, []);
  }).timeout(60_000);
});
