import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { definite } from '../../../shared/core/errors.ts';
import { describeBlob } from '../../../shared/notary/blob-signature.ts';
import { formatFailures, verifyAgainstChain } from '../../../shared/notary/verify.ts';
import { digestOf } from '../../../shared/oci/digest.ts';
import type { SigningJob, SigningOptions, SigningResult } from '../../../shared/ports/signer.ts';
import { createEsrpSigner } from '../../../shared/signing/esrp-signer.ts';
import { makeChain } from '../../support/certificates.ts';
import { installEsrp } from '../../support/esrp/esrp-kit.ts';
import type { TestEsrp } from '../../support/esrp/esrp-kit.ts';
import { SUBJECT, collect } from '../../support/signatures.ts';
import { NOW } from '../../support/signing.ts';

const CHAIN = makeChain();
const BLOB = { bytes: Buffer.from('{}'), mediaType: 'application/json' };
const OPTIONS: SigningOptions = { format: 'cose', signingTime: NOW, userMetadata: { build: '42' } };
const JOBS: readonly SigningJob[] = [
  { kind: 'manifest', subject: SUBJECT },
  { kind: 'manifest', subject: { ...SUBJECT, digest: digestOf(Buffer.from('other')) } },
  { kind: 'blob', blob: BLOB },
];

describe('esrp-signer', () => {
  let folder = '';
  let count = 0;
  let esrp: TestEsrp | undefined;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'esrp-'));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  async function sign(
    given: { chain?: typeof CHAIN; misbehave?: string; signType?: 'real' | 'test' } = {},
  ): Promise<readonly SigningResult[]> {
    const place = join(folder, String((count += 1)));
    const { chain = CHAIN, misbehave, signType = 'real' } = given;
    esrp = await installEsrp(place, chain, misbehave);
    const { toolFolder, environment } = esrp;
    const temp = join(place, 'temp');
    const signer = createEsrpSigner({ toolFolder, keyCode: '400', signType, temp, environment });
    const { signal } = new AbortController();
    assert.equal(await signer.chain(signal), undefined);
    const results = await collect(signer.sign(JOBS, OPTIONS, signal));
    assert.deepEqual(await readdir(temp), []);
    return results;
  }

  it('signs manifests and content in one call', async () => {
    const results = await sign();
    assert.deepEqual(await esrp?.calls(), ['--roll-forward major DDSignFiles.dll -- real 400 3']);
    assert.deepEqual(new Set(results.map(({ job }) => job)), new Set(JOBS));
    for (const result of results) {
      assert.ok(result.kind === 'signed');
      const { bytes, mediaType, subject } = result.envelope;
      const signature = { envelope: bytes, mediaType, subject, now: new Date() };
      assert.equal(formatFailures(verifyAgainstChain(signature, CHAIN.chainDer)), '');
    }
  });

  it('signs content once more when its digest must be made with another hash', async () => {
    const results = await sign({ chain: makeChain({ keyType: 'EC-384' }) });
    const calls = await definite(esrp, 'ESRP').calls();
    assert.deepEqual(
      calls.map((call) => call.split(' ').at(-1)),
      ['3', '1'],
    );
    const content = results.find(({ job }) => job.kind === 'blob');
    assert.ok(content?.kind === 'signed');
    assert.deepEqual(content.envelope.subject, describeBlob(BLOB, 'sha384'));
  });

  const failures = [
    {
      name: 'every file left unsigned by a test key',
      given: { signType: 'test' as const },
      failed: 3,
      message: /left the payload for sha256:\w+ unsigned/,
    },
    {
      name: 'one file left unsigned',
      given: { misbehave: 'skips' },
      failed: 1,
      message: /left the payload for sha256:\w+ unsigned/,
    },
    {
      name: 'files that were swapped',
      given: { misbehave: 'swaps' },
      failed: 2,
      message: /is not good: subject: signs sha256:/,
    },
    {
      name: 'a file that is gone',
      given: { misbehave: 'loses' },
      failed: 1,
      message: /^Could not sign sha256:/,
    },
    {
      name: 'a call that failed',
      given: { misbehave: 'fails' },
      failed: 3,
      message: /^DDSignFiles ended with exit code 2: ESRP said: key code not allowed$/,
    },
  ];
  for (const { name, given, failed, message } of failures) {
    it(`notices ${name}`, async () => {
      const results = await sign(given);
      const errors = results.flatMap((it) => (it.kind === 'failed' ? [it.error] : []));
      assert.equal(errors.length, failed);
      for (const error of errors) {
        assert.equal(error.code, 'SIGNING_FAILED');
        assert.match(error.message, message);
      }
    });
  }
});
