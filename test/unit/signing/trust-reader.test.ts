import assert from 'node:assert/strict';
import { createTrustReader } from '../../../shared/signing/trust-reader.ts';
import { makeChain } from '../../support/certificates.ts';
import { memoryFiles } from '../../support/memory-files.ts';
import { policyText } from '../../support/signing.ts';

const CHAIN = makeChain();
const ROOT = Buffer.from(CHAIN.rootPem);
const POLICY = Buffer.from(policyText('*'));
const { signal } = new AbortController();

async function read(
  files: Readonly<Record<string, unknown>>,
  store = '/trust/store',
): ReturnType<ReturnType<typeof createTrustReader>['read']> {
  const reader = createTrustReader(memoryFiles({ '/trust/policy.json': POLICY, ...files }));
  return reader.read({ policy: '/trust/policy.json', store }, signal);
}

describe('trust-reader', () => {
  for (const store of ['/trust/store', '/trust/store/']) {
    it(`reads the policy and the certificates below ${store}`, async () => {
      const trust = await read(
        {
          '/trust/store/ca/release/root.pem': ROOT,
          '/trust/store/truststore/x509/ca/other/root.crt': CHAIN.chainDer[1],
          '/trust/store/README.md': Buffer.from('how to'),
          '/elsewhere/ca/third/root.pem': ROOT,
        },
        store,
      );
      assert.deepEqual(
        trust.policy.statements.map(({ name }) => name),
        ['release'],
      );
      assert.deepEqual([...trust.store.keys()].sort(), ['ca:other', 'ca:release']);
    });
  }

  it('understands backslashes in the path of the store', async () => {
    const { store } = await read({ '/trust/store/ca/release/root.pem': ROOT }, '\\trust\\store\\');
    assert.deepEqual([...store.keys()], ['ca:release']);
  });

  it('refuses a policy that is none, naming the file', async () => {
    await assert.rejects(read({ '/trust/policy.json': { version: '2.0', trustPolicies: [] } }), {
      code: 'TRUST_POLICY_INVALID',
      message: /^The trust policy has 2 problems:\n {2}\/trust\/policy\.json: /,
    });
  });

  it('refuses a store with a file that is no certificate, naming it', async () => {
    const files = {
      '/trust/store/ca/release/root.pem': Buffer.from('no'),
      '/trust/store/ca/release/leaf.pem': Buffer.from(CHAIN.chainPem),
    };
    await assert.rejects(read(files), {
      code: 'TRUST_STORE_INVALID',
      message: /^The trust store \/trust\/store has \d problems:[\s\S]*ca\/release\/root\.pem/,
    });
  });

  it('refuses a store without any certificate, naming the folder', async () => {
    await assert.rejects(read({}, '/nowhere'), {
      code: 'TRUST_STORE_INVALID',
      message: 'There are no certificates in /nowhere.',
    });
  });

  it('says which file is not there', async () => {
    const reader = createTrustReader(memoryFiles());
    await assert.rejects(reader.read({ policy: '/p.json', store: '/s' }, signal), {
      code: 'FILE_NOT_FOUND',
    });
  });
});
