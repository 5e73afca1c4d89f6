import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assertRefused, assertSucceeded } from './support/expect.ts';
import { SIGNER, taskLabs } from './support/labs.ts';
import { writeFiles } from './support/stages.ts';

const PASSWORD = 'correct horse battery';
const PKCS12 = join(import.meta.dirname, '../../fixtures/pkcs12');

/** The key of the signer, encrypted as openssl does. */
function encryptedKey(): string {
  return createPrivateKey(SIGNER.leafKeyPem)
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSWORD })
    .toString();
}

describe('SignImageInfo with certificate files', () => {
  const labs = taskLabs();
  after(() => labs.dispose());

  const files = [
    {
      name: 'an encrypted key in PEM',
      file: 'key.pem',
      content: async () => Promise.resolve(encryptedKey()),
      password: PASSWORD,
      chain: 'chain.pem',
    },
    {
      name: 'a PKCS#12 file that holds the chain',
      file: 'signing.pfx',
      content: async () => readFile(join(PKCS12, 'rsa-3des.p12')),
      password: 'secret',
      chain: '',
    },
  ];
  for (const { name, file, content, password, chain } of files) {
    it(`signs with ${name}`, async () => {
      const lab = await labs.open('created');
      await writeFiles(lab.agent.sources, { [file]: await content() });
      const inputs = { privateKey: file, certificateChain: chain, privateKeyPassword: password };
      const step = await lab.sign({ inputs });
      assertSucceeded(step);
      assert.equal(step.outputs['signedCount'], '12');
      const again = await lab.sign({ inputs });
      assert.equal(again.outputs['skippedCount'], '12');
    });
  }

  it('names what a PKCS#12 file without certificates lacks', async () => {
    const lab = await labs.open('created');
    const bytes = await readFile(join(PKCS12, 'ec-key-alone.p12'));
    await writeFiles(lab.agent.sources, { 'key.p12': bytes });
    const inputs = { privateKey: 'key.p12', certificateChain: '', privateKeyPassword: 'secret' };
    const step = await lab.sign({ inputs });
    assertRefused(step, { code: 'CERTIFICATE_INVALID', says: [/holds no certificate/] });
  });
});
