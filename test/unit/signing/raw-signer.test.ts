import assert from 'node:assert/strict';
import { BugError, definite } from '../../../shared/core/errors.ts';
import { requireSigningChain } from '../../../shared/signing/envelope-maker.ts';
import { signWith } from '../../../shared/signing/raw-signer.ts';
import type { RawSigner } from '../../../shared/signing/raw-signer.ts';
import type { SigningJob, SigningResult } from '../../../shared/ports/signer.ts';
import { makeChain } from '../../support/certificates.ts';
import { SUBJECT, collect } from '../../support/signatures.ts';

const NOW = new Date();
const CHAIN = requireSigningChain(makeChain().chainDer, NOW);

const JOB = { kind: 'manifest', subject: SUBJECT } as const;

interface Given {
  readonly job?: SigningJob;
  readonly signingTime?: Date;
  readonly signal?: AbortSignal;
}

async function signWithRaw(
  sign: RawSigner['sign'],
  { job = JOB, signingTime = NOW, signal = new AbortController().signal }: Given = {},
): Promise<SigningResult> {
  const signer = { chain: CHAIN, signingAgent: 'test/1', concurrency: 1, sign };
  const options = { format: 'cose', signingTime, userMetadata: {} } as const;
  const results = await collect(signWith(signer, [job], { options, signal }));
  return definite(results[0], 'the result');
}

describe('raw-signer signWith', () => {
  it('hands on no envelope that does not verify', async () => {
    const result = await signWithRaw(async () => Promise.resolve(new Uint8Array(64)));
    assert.ok(result.kind === 'failed');
    assert.equal(result.error.code, 'SIGNING_FAILED');
    assert.match(result.error.message, /is not good: integrity: signature was not made by/);
  });

  it('reports a signer that fails with what it said', async () => {
    const cause = new RangeError('token is locked');
    const result = await signWithRaw(async () => Promise.reject(cause));
    assert.ok(result.kind === 'failed');
    assert.equal(result.error.code, 'SIGNING_FAILED');
    assert.equal(result.error.cause, cause);
    assert.equal(result.job, JOB);
  });

  it('lets a bug be a bug', async () => {
    await assert.rejects(
      signWithRaw(async () => Promise.reject(new BugError('x'))),
      BugError,
    );
  });

  it('names content by what it is when it cannot be signed', async () => {
    const blob = { bytes: Buffer.from('{}'), mediaType: 'application/json' };
    const refuse = async (): Promise<never> => Promise.reject(new RangeError('x'));
    const result = await signWithRaw(refuse, { job: { kind: 'blob', blob } });
    assert.ok(result.kind === 'failed');
    assert.equal(result.error.message, 'Could not sign the application/json file.');
  });

  it('makes no signature for a time at which its certificate is not valid', async () => {
    let asked = 0;
    const count = async (): Promise<Uint8Array> => Promise.resolve(new Uint8Array((asked += 1)));
    const signingTime = new Date('2020-01-01T00:00:00Z');
    await assert.rejects(signWithRaw(count, { signingTime }), {
      code: 'CERTIFICATE_INVALID',
      message: /is valid only from/,
    });
    assert.equal(asked, 0);
  });

  it('ends when the run is canceled, and blames no signature for it', async () => {
    const run = new AbortController();
    const cancel = async (): Promise<never> => {
      run.abort();
      return Promise.reject(new RangeError('connection closed'));
    };
    await assert.rejects(signWithRaw(cancel, { signal: run.signal }), (error) => {
      assert.ok(error instanceof Error);
      assert.notEqual((error as { code?: string }).code, 'SIGNING_FAILED');
      return true;
    });
  });
});
