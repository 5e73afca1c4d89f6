import assert from 'node:assert/strict';
import { keyVaultFailure } from '../../../shared/azure/key-vault-failures.ts';
import { OutOfPatience, withPatience } from '../../../shared/azure/patience.ts';
import { systemTiming } from '../../../shared/registry/timing.ts';

const { signal } = new AbortController();

/** What the SDK throws when a service refuses because it is throttled. */
const THROTTLED = Object.assign(new RangeError('Too many.'), { statusCode: 429 });

/** A service that says for how long it is to be left alone: the SDK waits, until it is told to stop. */
async function waitsInTheSdk(bounded: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    bounded.addEventListener('abort', () => {
      reject(new DOMException('The operation was aborted.', 'AbortError'));
    });
  });
}

describe('patience withPatience', () => {
  const services = [
    {
      name: 'refuses and does not say for how long',
      work: async () => Promise.reject(THROTTLED),
      cause: 'Too many.',
    },
    {
      name: 'is waited for by the SDK',
      work: waitsInTheSdk,
      cause: 'The operation was aborted.',
    },
  ];
  for (const { name, work, cause } of services) {
    it(`says that time is over when a service ${name}`, async () => {
      const patience = { timing: systemTiming, deadlineMs: 50 };
      await assert.rejects(withPatience(patience, signal, work), (error) => {
        assert.ok(error instanceof OutOfPatience);
        assert.equal(error.message, 'the service was busy or silent for 0.05 s');
        assert.ok(error.cause instanceof Error);
        assert.equal(error.cause.message, cause);
        return true;
      });
    });
  }

  it('ends with the reason of the run when that is cancelled', async () => {
    const run = new AbortController();
    const patience = { timing: systemTiming, deadlineMs: 60_000 };
    const ended = withPatience(patience, run.signal, async () => Promise.reject(THROTTLED));
    run.abort();
    await assert.rejects(ended, { name: 'AbortError' });
  });
});

describe('key-vault-failures keyVaultFailure', () => {
  it('does not take a vault that is busy for long for a wrong address', () => {
    const cause = new OutOfPatience('the service was busy or silent for 300 s');
    const { code, message, hint } = keyVaultFailure('sign with a key', cause);
    assert.equal(code, 'KEY_VAULT_FAILED');
    assert.equal(message, 'Cannot sign with a key: the service was busy or silent for 300 s');
    assert.match(hint ?? '', /^Run again/);
  });
});
