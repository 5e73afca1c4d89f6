import assert from 'node:assert/strict';
import { TaskError } from '../../../shared/core/errors.ts';
import { RegistryError } from '../../../shared/registry/errors.ts';
import { translated, translatedBody } from '../../../shared/registry/failures.ts';

const REQUEST = { what: 'read it', method: 'GET', url: new URL('https://r.io/v2/') };

const { signal } = new AbortController();

describe('failures translated', () => {
  const reset = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
  const network = [
    { name: 'an error of a socket', error: reset },
    { name: 'an error that a socket has caused', error: new TypeError('x', { cause: reset }) },
  ];
  for (const { name, error } of network) {
    it(`takes ${name} for one of the network (X2)`, () => {
      const failure = translated(REQUEST, error, signal);
      assert.ok(failure instanceof RegistryError);
      assert.deepEqual([failure.details.networkCode, failure.cause], ['ECONNRESET', error]);
    });
  }

  const others = [
    { name: 'a bug', error: new RangeError('bug') },
    { name: 'a bug with a cause', error: new RangeError('bug', { cause: new Error('x') }) },
    { name: 'a number for a code', error: Object.assign(new Error('x'), { code: 7 }) },
    { name: 'one of our own', error: new TaskError('DIGEST_MISMATCH', 'x') },
    { name: 'what is no error', error: 'text' },
  ];
  for (const { name, error } of others) {
    it(`passes ${name} on`, () => {
      assert.equal(translated(REQUEST, error, signal), error);
    });
  }

  it('tells of an abort whatever came of it (X19)', () => {
    const reason = new Error('canceled');
    assert.equal(translated(REQUEST, reset, AbortSignal.abort(reason)), reason);
  });

  it('tells of a body that breaks as of its request', async () => {
    const body = translatedBody(REQUEST, breaking(reset), signal);
    assert.deepEqual((await body.next()).value, Buffer.from('a'));
    await assert.rejects(body.next(), { name: 'RegistryError', message: /^Cannot read it: / });
  });
});

async function* breaking(error: Error): AsyncGenerator<Uint8Array> {
  yield Promise.resolve(Buffer.from('a'));
  throw error;
}
