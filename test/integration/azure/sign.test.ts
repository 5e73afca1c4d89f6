import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createAgent } from '../../support/agent/agent.ts';
import type { Agent } from '../../support/agent/agent.ts';
import type { StepResult } from '../../support/agent/step-finish.ts';
import { startCloud } from '../../support/azure/cloud.ts';
import type { TestCloud } from '../../support/azure/cloud.ts';
import {
  APPLICATIONS,
  ASSIGNED_ID,
  MEMBERS,
  SCHEMES,
  azureConnection,
} from '../../support/azure/connections.ts';
import type { Scheme } from '../../support/azure/connections.ts';
import { PUBLIC_VAULT, makeVault } from '../../support/azure/vault.ts';
import type { TestVault, VaultPlace } from '../../support/azure/vault.ts';
import { makeChain } from '../../support/certificates.ts';
import { taskLabs } from '../tasks/support/labs.ts';
import type { Lab } from '../tasks/support/labs.ts';
import { assertRefused, assertUntouched } from '../tasks/support/expect.ts';
import { runSign, writeFiles } from '../tasks/support/stages.ts';

const CHAIN = makeChain({ keyType: 'RSA-3072', intermediates: 1 });

describe('SignImageInfo with a key in Azure Key Vault', function () {
  this.timeout(60_000);
  const labs = taskLabs();
  let cloud: TestCloud;
  let vault: TestVault;
  let agent: Agent;
  let lab: Lab;

  const open = async (place: VaultPlace = PUBLIC_VAULT): Promise<void> => {
    vault = makeVault(place, [{ name: 'release', version: 'v1', chain: CHAIN }]);
    vault.switches.members = MEMBERS;
    cloud = await startCloud({
      applications: Object.values(APPLICATIONS),
      machineIdentities: ['', ASSIGNED_ID],
      services: [vault],
    });
    lab = await labs.open('created');
    agent = await createAgent({ ...cloud.agent });
    const imageInfo = await readFile(`${lab.agent.workspace}/image-info/image-info.json`);
    await writeFiles(agent.workspace, { 'image-info/image-info.json': imageInfo });
    await writeFiles(agent.sources, { 'chain.pem': CHAIN.chainPem });
  };
  const sign = async (
    scheme: Scheme,
    inputs: Readonly<Record<string, string>> = {},
    data: Readonly<Record<string, string>> = {},
  ): Promise<StepResult> =>
    runSign({
      ...{ agent, registry: lab.source.host },
      inputs: {
        signer: 'azureKeyVault',
        privateKey: '',
        keyVaultKey: `${vault.url}/certificates/release`,
        ...inputs,
      },
      step: { endpoints: { azureSubscription: azureConnection(scheme, 'subscription', data) } },
    });
  afterEach(async () => {
    await agent.dispose();
    await cloud.close();
    await labs.dispose();
  });

  for (const scheme of SCHEMES) {
    it(`signs every digest over a connection of the kind ${scheme}`, async () => {
      await open();
      const step = await sign(scheme);
      assert.equal(step.result, 'Succeeded', step.lines.join('\n'));
      assert.deepEqual(step.violations, []);
      assert.equal(step.completions.length, 1);
      const signatures = vault.requests.filter((each) => each === 'POST /keys/release/v1/sign');
      const { signedCount } = step.outputs;
      assert.equal(signatures.length, Number(signedCount) + 1, 'each digest, and image-info');
      assert.equal(vault.requests.length, signatures.length + 1, 'and the certificate once');
    });
  }

  const elsewhere = [
    {
      name: 'in the cloud of the US government',
      service: 'vault.usgovcloudapi.net',
      login: 'login.microsoftonline.us',
      environment: 'AzureUSGovernment',
    },
    {
      name: 'in the cloud of China',
      service: 'vault.azure.cn',
      login: 'login.partner.microsoftonline.cn',
      environment: 'AzureChinaCloud',
    },
    {
      name: 'in a managed HSM',
      service: 'managedhsm.azure.net',
      login: 'login.microsoftonline.com',
      environment: 'AzureCloud',
      kind: 'keys',
    },
  ];
  for (const { name, service, login, environment, kind = 'certificates' } of elsewhere) {
    it(`signs ${name}`, async () => {
      const place = { host: `release.${service}`, audience: `https://${service}` };
      await open({ ...place, authority: `https://${login}/common` });
      const key = { keyVaultKey: `${vault.url}/${kind}/release` };
      const step = await sign('federated', key, { environment });
      assert.equal(step.result, 'Succeeded', step.lines.join('\n'));
      assert.ok(cloud.calls.some((call) => call.startsWith(`POST ${login}/`)));
    });
  }

  it('sends no empty request where many log in at the same moment', async () => {
    await open();
    vault.switches.emptyRefusalDelayMs = 300;
    const step = await sign('federated');
    assert.equal(step.result, 'Succeeded', step.lines.join('\n'));
  });

  it('finds its own signatures again', async () => {
    await open();
    await sign('federated');
    const again = await sign('federated');
    assert.equal(again.outputs['signedCount'], '0', again.lines.join('\n'));
  });

  it('says all that is wrong with its inputs at once', async () => {
    await open();
    const step = await runSign({
      ...{ agent, registry: lab.source.host },
      inputs: { signer: 'azureKeyVault', keyVaultKey: 'https://release.vault.azure.net/release' },
    });
    assertRefused(step, {
      code: 'INPUT_INVALID',
      says: ['azureSubscription: is required', 'keyVaultKey: is not the identifier'],
    });
  });

  it('wants the certificate of a key', async () => {
    await open();
    const step = await sign('federated', {
      keyVaultKey: `${vault.url}/keys/release`,
      certificateChain: '',
    });
    assertRefused(step, {
      code: 'INPUT_INVALID',
      says: ['certificateChain: is required when keyVaultKey names a key'],
    });
  });

  it('writes nothing when the vault refuses', async () => {
    await open();
    vault.switches.members = [];
    const step = await sign('federated');
    assertRefused(step, { code: 'KEY_VAULT_DENIED', says: ['Key Vault Crypto User'] });
    await assertUntouched(lab, step);
  });
});
