import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { createKeyVault } from '../../../shared/azure/key-vault.ts';
import { parseKeyVaultId } from '../../../shared/core/key-vault-id.ts';
import { digestOf } from '../../../shared/oci/digest.ts';
import { MediaType } from '../../../shared/oci/media-types.ts';
import type { SigningJob } from '../../../shared/ports/signer.ts';
import { createKeyVaultSigner } from '../../../shared/signing/key-vault-signer.ts';
import { startCloud } from '../../support/azure/cloud.ts';
import type { TestCloud } from '../../support/azure/cloud.ts';
import { APPLICATIONS, MEMBERS, azureConnection } from '../../support/azure/connections.ts';
import { aConnection, openCloudNetwork } from '../../support/azure/network.ts';
import { PUBLIC_VAULT, makeVault } from '../../support/azure/vault.ts';
import type { TestVault } from '../../support/azure/vault.ts';
import { makeChain } from '../../support/certificates.ts';
import { NOW } from '../../support/signing.ts';
import { fakeTiming } from '../registry-client/support.ts';
import { assertSucceeded } from '../tasks/support/expect.ts';
import { taskLabs } from '../tasks/support/labs.ts';
import { writeFiles } from '../tasks/support/stages.ts';

const CHAIN = makeChain();
const CERTIFICATE = `https://${PUBLIC_VAULT.host}/certificates/release`;
const { signal } = new AbortController();

function someJobs(count: number): readonly SigningJob[] {
  return Array.from({ length: count }, (_, index) => {
    const bytes = Buffer.from(`manifest ${index}`);
    const size = bytes.byteLength;
    const subject = { mediaType: MediaType.ociManifest, digest: digestOf(bytes), size };
    return { kind: 'manifest', subject };
  });
}

describe('signing for longer than tokens live', function () {
  this.timeout(60_000);
  const labs = taskLabs();
  let cloud: TestCloud;
  let vault: TestVault;

  beforeEach(async () => {
    vault = makeVault(PUBLIC_VAULT, [{ name: 'release', version: 'v1', chain: CHAIN }]);
    vault.switches.members = MEMBERS;
    cloud = await startCloud({ applications: Object.values(APPLICATIONS), services: [vault] });
  });
  afterEach(async () => {
    mock.timers.reset();
    await cloud.close();
    await labs.dispose();
  });
  const logins = (end: string): number => cloud.calls.filter((call) => call.endsWith(end)).length;

  it('logs in anew, with another OIDC token, when both have ended in the middle of a batch', async () => {
    const network = await openCloudNetwork(cloud, fakeTiming());
    const id = parseKeyVaultId(CERTIFICATE, 'keyVaultKey');
    assert.ok(id.ok);
    const signer = createKeyVaultSigner({
      ...{ id: id.value, http: network.http, signingAgent: 'test/1.0' },
      clock: { now: () => NOW },
      chainPem: Buffer.from(CHAIN.chainPem),
      vault: createKeyVault({
        ...{ tokens: network.tokens(aConnection()), sdkHttp: network.sdkHttp },
        timing: fakeTiming(),
      }),
    });
    const options = { format: 'cose', signingTime: NOW, userMetadata: {} } as const;
    mock.timers.enable({ apis: ['Date'], now: Date.now() });
    let signed = 0;
    for await (const result of signer.sign(someJobs(30), options, signal)) {
      assert.equal(result.kind, 'signed');
      signed += 1;
      if (signed === 10) mock.timers.setTime(Date.now() + 2 * 3_600_000);
    }
    await network.close();
    assert.equal(signed, 30);
    assert.deepEqual([logins('/oidctoken'), logins('/oauth2/v2.0/token')], [2, 2]);
  });

  it('signs and pushes with tokens of Entra, the job and the registry that live for a second', async () => {
    const account = { username: 'releaser', password: 'correct horse' };
    const lab = await labs.open('created', {
      agent: cloud.agent,
      source: { auth: { kind: 'bearer', ...account, tokenLifetimeSeconds: 1 } },
    });
    const auth = Buffer.from(`${account.username}:${account.password}`).toString('base64');
    await writeFiles(lab.agent.home, {
      '.docker/config.json': JSON.stringify({ auths: { [lab.source.host]: { auth } } }),
    });
    await writeFiles(lab.agent.sources, { 'chain.pem': CHAIN.chainPem });
    cloud.entra.tokenLifetimeMs = 1_000;
    cloud.jobTokens.tokenLifetimeMs = 1_000;
    vault.switches.signDelayMs = 1_200;
    const step = await lab.sign({
      inputs: { signer: 'azureKeyVault', privateKey: '', keyVaultKey: CERTIFICATE },
      step: { endpoints: { azureSubscription: azureConnection('federated', 'subscription') } },
    });
    assertSucceeded(step);
    assert.equal(step.outputs['signedCount'], '12');
    assert.ok(logins('/oidctoken') > 2, String(logins('/oidctoken')));
  });
});
