import assert from 'node:assert/strict';
import { BugError, definite } from '../../../shared/core/errors.ts';
import { requireSigningChain } from '../../../shared/signing/envelope-maker.ts';
import { signWith } from '../../../shared/signing/raw-signer.ts';
import type { RawSigner } from '../../../shared/signing/raw-signer.ts';
import type { SigningResult } from '../../../shared/ports/signer.ts';
import { makeChain } from '../../support/certificates.ts';
import { SUBJECT, collect } from '../../support/signatures.ts';

const NOW = new Date();
const CHAIN = requireSigningChain(makeChain().chainDer, NOW);

const JOB = { kind: 'manifest', subject: SUBJECT } as const;

async function signWithRaw(sign: RawSigner['sign']): Promise<SigningResult> {
  const signer = { chain: CHAIN, signingAgent: 'test/1', concurrency: 1, sign };
  const options = { format: 'cose', signingTime: NOW, userMetadata: {} } as const;
  const signal = new AbortController().signal;
  const results = await collect(signWith(signer, [JOB], { options, signal }));
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
});
