import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Secret } from '../../../shared/core/secret.ts';
import { createCertificateSigner } from '../../../shared/signing/certificate-signer.ts';
import { isPkcs12, readPkcs12 } from '../../../shared/signing/pkcs12.ts';
import { SUBJECT, collect } from '../../support/signatures.ts';

const FOLDER = join(import.meta.dirname, '../../fixtures/pkcs12');
const SECRET = new Secret('secret');
const NOW = new Date('2027-01-01T00:00:00Z');

const read = (name: string): Uint8Array => readFileSync(join(FOLDER, `${name}.p12`));

describe('pkcs12 readPkcs12', () => {
  const files = [
    { name: 'rsa', password: SECRET },
    { name: 'ec', password: SECRET },
    { name: 'ec-521', password: SECRET },
    { name: 'rsa-3des', password: SECRET },
    { name: 'ec-no-password', password: undefined },
  ];
  for (const { name, password } of files) {
    it(`gives a key and certificates that sign together: ${name}`, async () => {
      const { privateKey, certificatesPem } = await readPkcs12(read(name), password);
      const signer = createCertificateSigner({
        privateKey,
        chainPem: Buffer.from(certificatesPem),
        signingAgent: 'test/1.0',
        clock: { now: () => NOW },
      });
      const options = { format: 'cose', signingTime: NOW, userMetadata: {} } as const;
      const job = { kind: 'manifest', subject: SUBJECT } as const;
      const { signal } = new AbortController();
      const [result] = await collect(signer.sign([job], options, signal));
      assert.equal(result?.kind, 'signed');
      assert.equal((await signer.chain(signal))?.length, 3);
    });
  }

  it('gives a key alone when there are no certificates', async () => {
    const { privateKey, certificatesPem } = await readPkcs12(read('ec-key-alone'), SECRET);
    assert.match(privateKey.reveal(), /^-----BEGIN PRIVATE KEY-----/);
    assert.equal(certificatesPem, '');
  });

  const refused = [
    {
      name: 'a wrong password',
      bytes: read('ec'),
      password: new Secret('other'),
      message: /password does not open/,
    },
    {
      name: 'no password',
      bytes: read('rsa'),
      password: undefined,
      message: /password does not open/,
    },
    {
      name: 'half a file',
      bytes: read('ec').subarray(0, 400),
      password: SECRET,
      message: /neither PEM nor PKCS#12/,
    },
    {
      name: 'something else',
      bytes: Buffer.from('3003020100', 'hex'),
      password: SECRET,
      message: /neither PEM nor PKCS#12/,
    },
  ];
  for (const { name, bytes, password, message } of refused) {
    it(`refuses ${name}`, async () => {
      await assert.rejects(readPkcs12(bytes, password), { code: 'PRIVATE_KEY_INVALID', message });
    });
  }

  it('is told from PEM by its first byte', () => {
    assert.ok(isPkcs12(read('ec')));
    assert.ok(!isPkcs12(Buffer.from('-----BEGIN PRIVATE KEY-----')));
    assert.ok(!isPkcs12(new Uint8Array()));
  });
});
