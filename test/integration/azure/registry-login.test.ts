import assert from 'node:assert/strict';
import { definite } from '../../../shared/core/errors.ts';
import { createAgent } from '../../support/agent/agent.ts';
import type { Agent, AgentOptions } from '../../support/agent/agent.ts';
import type { Endpoint } from '../../support/agent/endpoints.ts';
import type { StepResult } from '../../support/agent/step-finish.ts';
import { startCloud } from '../../support/azure/cloud.ts';
import type { CloudOptions, TestCloud } from '../../support/azure/cloud.ts';
import {
  APPLICATIONS,
  ASSIGNED_ID,
  FEDERATED_ID,
  MEMBERS,
  acrConnection,
} from '../../support/azure/connections.ts';
import type { Scheme } from '../../support/azure/connections.ts';
import type { TestAcr } from '../../support/azure/registry.ts';
import { writeFragments } from '../../support/product/fragments.ts';
import { sampleProduct } from '../../support/product/product.ts';
import { pushProduct } from '../../support/product/push.ts';
import { assertRefused } from '../tasks/support/expect.ts';
import { BUILD_PREFIX, runCreate } from '../tasks/support/stages.ts';

const PRODUCT = sampleProduct();
const REGISTRY = 'build.azurecr.io';

describe('a task at an Azure container registry', function () {
  this.timeout(60_000);
  let cloud: TestCloud;
  let agents: Agent[] = [];

  const open = async (options: CloudOptions = {}): Promise<TestAcr> => {
    cloud = await startCloud({
      applications: Object.values(APPLICATIONS),
      machineIdentities: ['', ASSIGNED_ID],
      registries: [REGISTRY],
      ...options,
    });
    const [acr] = [...cloud.registries.values()];
    const registry = definite(acr, 'a registry');
    registry.switches.members = MEMBERS;
    await pushProduct(registry.registry.url, BUILD_PREFIX, PRODUCT);
    return registry;
  };
  const create = async (connection: Endpoint, options: AgentOptions = {}): Promise<StepResult> => {
    const { accessToken, variables } = cloud.agent;
    const agent = await createAgent({
      accessToken,
      ...options,
      variables: { ...variables, ...options.variables },
    });
    agents.push(agent);
    await writeFragments(agent.workspace, PRODUCT);
    return runCreate({
      ...{ agent, registry: '' },
      step: { endpoints: { registryConnection: connection } },
    });
  };
  afterEach(async () => {
    await Promise.all(agents.map((agent) => agent.dispose()));
    agents = [];
    await cloud.close();
  });

  const exchanging: readonly Scheme[] = ['certificate', 'federated', 'machine', 'assigned'];
  for (const scheme of exchanging) {
    it(`logs in by token exchange over a connection of the kind ${scheme}`, async () => {
      const { logins } = await open();
      const step = await create(acrConnection(scheme, REGISTRY));
      assert.equal(step.result, 'Succeeded', step.lines.join('\n'));
      assert.deepEqual(step.violations, []);
      assert.equal(logins.filter((login) => login === 'POST /oauth2/exchange').length, 1);
    });
  }

  it('gives the id and key of a service principal to the registry itself', async () => {
    const acr = await open();
    const { clientId, secret } = APPLICATIONS.secret;
    acr.switches.principal = { clientId, secret };
    const step = await create(acrConnection('secret', REGISTRY));
    assert.equal(step.result, 'Succeeded', step.lines.join('\n'));
    assert.ok(acr.logins.every((login) => login === 'GET /oauth2/token'));
    assert.deepEqual(cloud.calls, []);
  });

  it('uses the audience of registries where that of Resource Manager is switched off', async () => {
    const acr = await open();
    acr.switches.acceptedAudiences = ['https://containerregistry.azure.net'];
    const step = await create(acrConnection('federated', REGISTRY));
    assert.equal(step.result, 'Succeeded', step.lines.join('\n'));
    assert.equal(acr.logins.filter((login) => login === 'POST /oauth2/exchange').length, 2);
    const oidcRequests = cloud.calls.filter((call) => call.endsWith('/oidctoken'));
    assert.equal(oidcRequests.length, 2, 'one for each login');
  });

  for (const [registry, login] of [
    ['build.azurecr.us', 'login.microsoftonline.us'],
    ['build.azurecr.cn', 'login.partner.microsoftonline.cn'],
  ] as const) {
    it(`logs in at ${login} for ${registry}`, async () => {
      const acr = await open({ registries: [registry] });
      const cloudName = registry.slice(-2);
      acr.switches.acceptedAudiences = [`https://containerregistry.azure.${cloudName}`];
      const step = await create(acrConnection('federated', registry));
      assert.equal(step.result, 'Succeeded', step.lines.join('\n'));
      assert.ok(cloud.calls.some((call) => call.startsWith(`POST ${login}/`)));
      assert.ok(!cloud.calls.some((call) => call.includes('login.microsoftonline.com')));
    });
  }

  it('asks at the address of the job where the server names no other, as in a classic release', async () => {
    await open();
    const step = await create(acrConnection('federated', REGISTRY), {
      variables: {
        'System.OidcRequestUri': '',
        'System.CollectionUri': 'https://dev.azure.test/org/',
      },
    });
    assert.equal(step.result, 'Succeeded', step.lines.join('\n'));
    const [asked = ''] = cloud.calls;
    assert.match(
      asked,
      /^POST dev\.azure\.test\/org\/[^/]+\/_apis\/distributedtask\/hubs\/build\/plans\//,
    );
  });

  it('says which connection has no role, at which step, and where to give it one', async () => {
    const acr = await open();
    acr.switches.members = [];
    assertRefused(await create(acrConnection('federated', REGISTRY)), {
      code: 'REGISTRY_DENIED',
      says: [
        'The token exchange of the service connection of registryConnection',
        FEDERATED_ID,
        'the identity has no role here',
        'Access control (IAM)',
      ],
    });
  });

  it('says which connection Entra refuses, why, and what to check', async () => {
    await open();
    cloud.entra.refuseWith = 'AADSTS700213: No matching federated identity record found.';
    assertRefused(await create(acrConnection('federated', REGISTRY)), {
      code: 'ENTRA_TOKEN_FAILED',
      says: [
        'The service connection of registryConnection',
        FEDERATED_ID,
        'AADSTS700213: No matching federated identity record found.\n',
        'issuer and subject',
      ],
    });
  });
});
