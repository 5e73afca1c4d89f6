import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { StepResult } from '../../support/agent/step-finish.ts';
import { installEsrp } from '../../support/esrp/esrp-kit.ts';
import type { TestEsrp } from '../../support/esrp/esrp-kit.ts';
import { assertRefused, assertSucceeded, assertUntouched, writesTo } from './support/expect.ts';
import { SIGNER, filesLeft, taskLabs } from './support/labs.ts';
import type { Lab } from './support/labs.ts';
import { writeTrust } from './support/stages.ts';

describe('SignImageInfo with ESRP', function () {
  this.timeout(60_000);
  const labs = taskLabs();
  after(() => labs.dispose());

  async function install(lab: Lab, misbehave?: string): Promise<TestEsrp> {
    return installEsrp(join(lab.agent.sources, 'microbuild', 'signing'), SIGNER, misbehave);
  }

  async function sign(
    lab: Lab,
    { toolFolder, environment }: Pick<TestEsrp, 'toolFolder' | 'environment'>,
    inputs: Readonly<Record<string, string>> = {},
  ): Promise<StepResult> {
    lab.agent.variables.set('MBSIGN_APPFOLDER', toolFolder);
    const trust = await writeTrust(lab.agent, SIGNER);
    return lab.sign({
      inputs: { signer: 'esrp', esrpKeyCode: '400', ...trust, ...inputs },
      step: { env: environment },
    });
  }

  it('signs everything in one call, and only what is missing when it runs again', async () => {
    const lab = await labs.open('created');
    const esrp = await install(lab);
    const step = await sign(lab, esrp);
    assertSucceeded(step);
    assert.equal(step.outputs['signedCount'], '12');
    const again = await sign(lab, esrp);
    assertSucceeded(again);
    assert.equal(again.outputs['skippedCount'], '12');
    assert.deepEqual(await esrp.calls(), [
      '--roll-forward major DDSignFiles.dll -- real 400 13',
      '--roll-forward major DDSignFiles.dll -- real 400 1',
    ]);
    const left = await filesLeft(lab);
    assert.deepEqual(
      left.filter((path) => path.includes('payload')),
      [],
    );
  });

  const failures = [
    {
      name: 'nothing that was left unsigned, which a test key does',
      inputs: { esrpSignType: 'test' },
      signed: 0,
      says: ['12 digests of 12 and image-info.json', 'left the payload', 'esrpSignType to real'],
    },
    {
      name: 'all but one file that was left unsigned',
      misbehave: 'skips',
      signed: 11,
      says: [
        '1 digest of 12 could not be signed',
        'left the payload for sha256:',
        'Check that the key of esrpKeyCode may sign',
      ],
    },
    {
      name: 'only the file in the middle when all were swapped',
      misbehave: 'swaps',
      signed: 1,
      says: ['11 digests of 12 and image-info.json', 'subject: signs sha256:'],
    },
    {
      name: 'nothing when the call fails',
      misbehave: 'fails',
      signed: 0,
      says: ['12 digests of 12', 'exit code 2: ESRP said: key code not allowed', 'esrpKeyCode'],
    },
  ];
  for (const { name, misbehave, inputs = {}, signed, says } of failures) {
    it(`pushes ${name}, and signs the rest in the next run`, async () => {
      const lab = await labs.open('created');
      const step = await sign(lab, await install(lab, misbehave), inputs);
      assertRefused(step, { code: 'SIGNING_FAILED', says });
      assert.equal(step.outputs['signedCount'], String(signed));
      assert.equal(step.outputs['imageInfoPath'], undefined);
      const manifests = writesTo(lab.source).filter((write) => write.includes('/manifests/'));
      assert.equal(manifests.length, signed);
      const again = await sign(lab, await install(lab));
      assertSucceeded(again);
      assert.equal(again.outputs['skippedCount'], String(signed));
    });
  }

  it('wants its tool, its login, and no settings that are not for it', async () => {
    const lab = await labs.open('created');
    const esrp = await install(lab);
    const clash = await sign(lab, esrp, {
      signatureFormat: 'jws',
      expiry: '90d',
      timestampUrl: 'http://tsa.example',
      timestampRootCertificate: 'chain.pem',
    });
    assertRefused(clash, {
      code: 'INPUT_INVALID',
      says: [
        'signatureFormat: is cose with the signer esrp',
        'expiry: cannot be set with the signer esrp',
        'timestampUrl: cannot be set with the signer esrp, which stamps its signatures itself',
      ],
    });
    const noTool = await sign(lab, { ...esrp, toolFolder: join(lab.agent.sources, 'elsewhere') });
    assertRefused(noTool, { code: 'FILE_NOT_FOUND', says: ['elsewhere/DDSignFiles.dll'] });
    const noLogin = await sign(lab, { ...esrp, environment: {} });
    assertRefused(noLogin, { code: 'CREDENTIALS_INVALID', says: ['VSENGESRPSSL'] });
    await assertUntouched(lab, noLogin);
  });

  it('does not count signatures of others as its own without a trust policy', async () => {
    const lab = await labs.open('created');
    const esrp = await install(lab);
    const step = await sign(lab, esrp, { trustPolicy: '', trustStore: '' });
    assertRefused(step, { code: 'INPUT_INVALID', says: ['existingSignatures', 'trustPolicy'] });
  });
});
