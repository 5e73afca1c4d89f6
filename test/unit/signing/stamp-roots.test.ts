import assert from 'node:assert/strict';
import { readStampRoots } from '../../../shared/signing/stamp-roots.ts';
import { makeStampingChain } from '../../support/certificates.ts';
import { memoryFiles } from '../../support/memory-files.ts';

const CHAIN = makeStampingChain();
const OTHER = makeStampingChain();
const FILES = memoryFiles({
  '/roots.pem': Buffer.from(CHAIN.rootPem + OTHER.rootPem),
  '/chain.pem': Buffer.from(CHAIN.chainPem),
  '/page.html': Buffer.from('<html>'),
});
const SIGNAL = new AbortController().signal;

describe('stamp-roots readStampRoots', () => {
  it('reads every root of a file', async () => {
    assert.equal((await readStampRoots(FILES, '/roots.pem', SIGNAL)).length, 2);
  });

  const refused = [
    { path: '/chain.pem', message: /CN=Time Stamping is not a self-signed root/ },
    { path: '/page.html', message: /holds no certificate/ },
  ];
  for (const { path, message } of refused) {
    it(`refuses ${path}`, async () => {
      await assert.rejects(readStampRoots(FILES, path, SIGNAL), {
        code: 'CERTIFICATE_INVALID',
        message,
      });
    });
  }
});
