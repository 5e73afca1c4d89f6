import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import type { Fault } from '../../support/registry/faults.ts';
import { makeChain } from '../../support/certificates.ts';
import { assertRefused, assertUntouched, writesTo } from './support/expect.ts';
import type { Complaint } from './support/expect.ts';
import { SIGNER, filesLeft, taskLabs } from './support/labs.ts';
import type { Lab } from './support/labs.ts';
import { writeFiles, writeTrust } from './support/stages.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

interface Case extends Complaint {
  readonly name: string;
  readonly inputs?: Readonly<Record<string, string>>;
  /** Breaks what the task will read. */
  readonly prepare?: (lab: Lab) => unknown;
}

function withFiles(files: Readonly<Record<string, string>>): (lab: Lab) => Promise<void> {
  return async ({ agent }) => writeFiles(agent.sources, files);
}

function withImageInfo(text: string): (lab: Lab) => Promise<void> {
  return async ({ agent }) => writeFiles(agent.workspace, { 'image-info/image-info.json': text });
}

function addFault(fault: Fault): (lab: Lab) => void {
  return ({ source }) => {
    source.addFault(fault);
  };
}

/** The key of the signer behind a password. */
function encryptedKey(): string {
  return createPrivateKey(SIGNER.leafKeyPem)
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'right horse' })
    .toString();
}

const expired = makeChain({
  notBefore: new Date(Date.now() - 20 * DAY_MS),
  notAfter: new Date(Date.now() - DAY_MS),
});

const cases: readonly Case[] = [
  {
    name: 'missing inputs',
    inputs: { imageInfo: '$(info)', privateKey: '', certificateChain: '', registry: '' },
    code: 'INPUT_INVALID',
    says: [
      "imageInfo: the variable 'info' is not defined",
      'privateKey: is required',
      'certificateChain: is required',
      'registry: is required unless registryConnection is given',
    ],
  },
  {
    name: 'a trust store without a policy, and an expiry that is none',
    inputs: { trustStore: 'truststore', expiry: 'soon' },
    code: 'INPUT_INVALID',
    says: ['trustPolicy: is required when trustStore is given', 'expiry', 'such as 12h or 90d'],
  },
  {
    name: 'an image-info that is not there',
    inputs: { imageInfo: 'elsewhere/image-info.json' },
    code: 'FILE_NOT_FOUND',
    says: ['elsewhere/image-info.json', 'Check the path'],
  },
  {
    name: 'an image-info that cannot be read',
    inputs: { imageInfo: 'image-info' },
    code: 'FILE_UNREADABLE',
    says: ['/image-info cannot be read (EISDIR)', 'names a file'],
  },
  {
    name: 'an image-info that is not JSON',
    prepare: withImageInfo('{"schemaVersion":'),
    code: 'IMAGE_INFO_INVALID',
    says: ['image-info/image-info.json', 'JSON'],
  },
  {
    name: 'an image-info of another shape',
    prepare: withImageInfo('{"schemaVersion":"3.0","repos":[{}]}'),
    code: 'IMAGE_INFO_INVALID',
    says: ['schemaVersion: is not one of 1.0, 2.0', 'repos[0].repo: is required'],
  },
  {
    name: 'a private key of another certificate',
    prepare: withFiles({ 'chain.pem': makeChain().chainPem }),
    code: 'CERTIFICATE_INVALID',
    says: ['No certificate belongs to the private key', 'issued for this private key'],
  },
  {
    name: 'an encrypted key without a password',
    prepare: withFiles({ 'key.pem': encryptedKey() }),
    code: 'PRIVATE_KEY_INVALID',
    says: ['The private key is encrypted', 'privateKeyPassword'],
  },
  {
    name: 'a wrong password',
    prepare: withFiles({ 'key.pem': encryptedKey() }),
    inputs: { privateKeyPassword: 'wrong horse' },
    code: 'PRIVATE_KEY_INVALID',
    says: ['The password does not open the private key', 'Check privateKeyPassword'],
  },
  {
    name: 'a key file without a key',
    prepare: withFiles({ 'key.pem': 'no key' }),
    code: 'PRIVATE_KEY_INVALID',
    says: ['holds no private key in PEM', 'Give a PEM file'],
  },
  {
    name: 'an expired certificate',
    prepare: withFiles({ 'key.pem': expired.leafKeyPem, 'chain.pem': expired.chainPem }),
    code: 'CERTIFICATE_INVALID',
    says: [/expired|valid until|not valid/i],
  },
  {
    name: 'a trust policy that is none',
    prepare: withFiles({ 'policy.json': '{"version":"2.0","trustPolicies":[]}' }),
    inputs: { trustPolicy: 'policy.json', trustStore: 'truststore' },
    code: 'TRUST_POLICY_INVALID',
    says: ['policy.json: version: is not "1.0"', 'policy.json: trustPolicies', 'Correct the file'],
  },
  {
    name: 'a digest that is not in the registry',
    inputs: { repositoryPrefix: 'build/43' },
    code: 'CONTENT_NOT_FOUND',
    says: ['12 manifests', '/build/43/shop/api@sha256:', 'Check registry and repositoryPrefix'],
  },
  {
    name: 'a registry that wants a login',
    prepare: ({ source }) => {
      source.setOptions({ auth: { kind: 'bearer', username: 'a', password: 'b' } });
    },
    code: 'REGISTRY_UNAUTHORIZED',
    says: ['Check the credentials of the service connection'],
  },
  {
    name: 'a manifest with other bytes than its digest says',
    prepare: addFault({
      match: { method: 'GET', path: 'manifests/sha256' },
      action: { kind: 'corruptBody' },
    }),
    code: 'DIGEST_MISMATCH',
    says: ['build/42/shop/', '@sha256:', 'Run again'],
  },
];

describe('SignImageInfo refuses', () => {
  const labs = taskLabs();
  after(() => labs.dispose());

  for (const { name, inputs = {}, prepare, ...complaint } of cases) {
    it(name, async () => {
      const lab = await labs.open('created');
      await prepare?.(lab);
      const step = await lab.sign({ inputs });
      assertRefused(step, complaint);
      await assertUntouched(lab, step);
    });
  }

  it('an image-info whose lists were never created', async () => {
    const lab = await labs.open('built');
    const step = await lab.sign({
      inputs: { imageInfo: 'linux-amd64-image-info-1/image-info.json' },
    });
    assertRefused(step, {
      code: 'IMAGE_INFO_INVALID',
      says: ['has no digest for', 'shop/api:2.1', 'that CreateManifestLists wrote'],
    });
    await assertUntouched(lab, step);
  });

  it('to push what the trust policy does not accept', async () => {
    const lab = await labs.open('created');
    const inputs = { ...(await writeTrust(lab.agent, makeChain())), artifactName: 'signed' };
    const step = await lab.sign({ inputs });
    assertRefused(step, {
      code: 'SIGNING_FAILED',
      says: ['12 digests of 12', 'SIGNATURE_INVALID', 'trust store'],
    });
    assert.deepEqual(writesTo(lab.source), []);
    assert.deepEqual(step.uploads, []);
    assert.match(step.summaries[0]?.content ?? '', /^\*\*0 digests signed, .* 12 failed\*\*$/m);
    assert.equal(step.outputs['imageInfoPath'], undefined);
    assert.deepEqual(await filesLeft(lab), [
      'image-info-signed/plan.json',
      'image-info-signed/signing-report.json',
    ]);
  });

  it('to write where it may only read', async () => {
    const lab = await labs.open('created');
    const account = { username: 'releaser', password: 'correct horse' };
    lab.source.setOptions({ auth: { kind: 'basic', ...account, grant: ['pull'] } });
    const auth = Buffer.from(`${account.username}:${account.password}`).toString('base64');
    const config = JSON.stringify({ auths: { [lab.source.host]: { auth } } });
    await writeFiles(lab.agent.home, { '.docker/config.json': config });
    const step = await lab.sign();
    assertRefused(step, { code: 'SIGNING_FAILED', says: ['REGISTRY_DENIED', '403', 'AcrPush'] });
    assert.equal(step.outputs['imageInfoPath'], undefined);
  });
});
