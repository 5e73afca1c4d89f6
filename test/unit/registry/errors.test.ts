import assert from 'node:assert/strict';
import {
  endedTokenError,
  isDefinite,
  networkError,
  protocolError,
  registryCodesIn,
  responseError,
} from '../../../shared/registry/errors.ts';
import type { RegistryError } from '../../../shared/registry/errors.ts';

const REQUEST = {
  what: 'read it',
  method: 'GET',
  url: new URL('https://r.io/v2/app/blobs/x?sig=secret&n=1'),
};

const body = (...errors: readonly unknown[]): Uint8Array => Buffer.from(JSON.stringify({ errors }));

const answered = (
  status: number,
  text: string | Uint8Array = '',
  more: object = {},
): RegistryError => responseError(REQUEST, { status, body: Buffer.from(text), ...more });

describe('errors responseError', () => {
  const codes = [
    { status: 302, code: 'REGISTRY_RESPONSE_INVALID' },
    { status: 400, code: 'REGISTRY_REJECTED' },
    { status: 401, code: 'REGISTRY_UNAUTHORIZED' },
    { status: 403, code: 'REGISTRY_DENIED' },
    { status: 404, code: 'CONTENT_NOT_FOUND' },
    { status: 405, code: 'REGISTRY_REJECTED' },
    { status: 413, code: 'CONTENT_TOO_LARGE' },
    { status: 429, code: 'REGISTRY_THROTTLED' },
    { status: 500, code: 'REGISTRY_UNAVAILABLE' },
    { status: 503, code: 'REGISTRY_UNAVAILABLE' },
    { status: 507, code: 'REGISTRY_FULL' },
  ];
  for (const { status, code } of codes) {
    it(`calls ${status} ${code}`, () => {
      const error = answered(status);
      assert.deepEqual([error.code, error.details.status], [code, status]);
      assert.equal(error.message, `Cannot read it: the registry answered ${status}.`);
      assert.notEqual(error.hint, undefined);
    });
  }

  const quay = { code: 'DENIED', message: 'Quota has been exceeded on namespace' };
  const harbor = { code: 'DENIED', message: 'it will exceed the configured upper limit of 1 GiB' };
  const quotas = [
    { status: 403, said: quay, code: 'REGISTRY_FULL' },
    { status: 412, said: harbor, code: 'REGISTRY_FULL' },
    { status: 413, said: quay, code: 'REGISTRY_FULL' },
    { status: 429, said: quay, code: 'REGISTRY_THROTTLED' },
    { status: 403, said: { message: 'no quotations' }, code: 'REGISTRY_DENIED' },
  ];
  for (const { status, said, code } of quotas) {
    it(`calls ${status} with "${said.message}" ${code}`, () => {
      assert.equal(answered(status, body({ code: 'OTHER' }, said)).code, code);
    });
  }

  it('calls a 5xx that will not change rejected (X1)', () => {
    const error = answered(500, body({ code: 'MANIFEST_INVALID' }));
    assert.equal(error.code, 'REGISTRY_REJECTED');
  });

  it('tells a token that is good for something else from one that is not good', () => {
    assert.equal(answered(401, '', { lacksScope: true }).code, 'REGISTRY_DENIED');
  });

  const texts = [
    { name: 'codes and messages', text: body({ code: 'A', message: 'b' }), says: ' (A: b)' },
    { name: 'a code alone', text: body({ code: 'A' }), says: ' (A)' },
    { name: 'a message alone', text: body({ message: 'b' }), says: ' (b)' },
    {
      name: 'the first three of many',
      text: body(...[1, 2, 3, 4].map((message) => ({ message: String(message) }))),
      says: ' (1; 2; 3)',
    },
    { name: 'plain text (row 35)', text: 'Ref A: 1 ', says: ' (Ref A: 1)' },
    { name: 'no page in HTML', text: ' <html>no</html>', says: '' },
    { name: 'no command of the agent (S9)', text: '##vso[x]y', says: ' (# #vso[x]y)' },
    {
      name: 'no command in a list (S9)',
      text: body({ code: '##vso[a]', message: '##vso[b]' }),
      says: ' (# #vso[a]: # #vso[b])',
    },
  ];
  for (const { name, text, says } of texts) {
    it(`shows ${name}`, () => {
      const { message } = answered(400, text);
      assert.equal(message, `Cannot read it: the registry answered 400${says}.`);
    });
  }

  it('makes nothing of entries that are no errors', () => {
    const error = answered(400, body('text', null, { code: 1, message: 2 }, { code: 'A' }));
    assert.deepEqual(error.details.registryCodes, ['A']);
  });

  it('finds digests anywhere in the text, and only whole ones (X12)', () => {
    const digests = [`sha256:${'a'.repeat(64)}`, `sha512:${'b'.repeat(128)}`];
    const text = body({ message: `unknown ${digests[0] ?? ''}`, detail: { digest: digests[1] } });
    assert.deepEqual(answered(400, text).details.namedDigests, digests);
    assert.deepEqual(answered(400, `sha256:${'a'.repeat(63)}`).details.namedDigests, []);
  });

  it('names another server that answered, and no secret of its address (S10)', () => {
    const error = answered(403, '', { isElsewhere: true, retryAfterMs: 5 });
    assert.equal(error.message, 'Cannot read it: r.io answered 403.');
    const { isElsewhere, retryAfterMs, method, url } = error.details;
    assert.deepEqual([isElsewhere, retryAfterMs, method], [true, 5, 'GET']);
    assert.ok(!url.includes('secret') && url.includes('n=1'), url);
  });
});

describe('errors networkError', () => {
  const coded = (code: string, cause?: unknown): Error =>
    Object.assign(new Error('broken', { cause }), { code });
  const nested = (depth: number): Error => {
    let error = coded('ECONNRESET');
    for (let level = 1; level < depth; level += 1) error = new Error('outer', { cause: error });
    return error;
  };
  const causes = [
    { name: 'of its own', cause: coded('EPIPE', coded('OTHER')), is: 'EPIPE' },
    { name: 'of its cause (X2)', cause: nested(2), is: 'ECONNRESET' },
    { name: 'of the fifth cause', cause: nested(5), is: 'ECONNRESET' },
    { name: 'too deep inside', cause: nested(6), is: 'UNKNOWN' },
    { name: 'of nothing that is an error', cause: 'text', is: 'UNKNOWN' },
  ];
  for (const { name, cause, is } of causes) {
    it(`has the code ${name}`, () => {
      const error = networkError(REQUEST, cause);
      assert.deepEqual([error.code, error.details.networkCode], ['REGISTRY_UNAVAILABLE', is]);
      assert.deepEqual([error.cause, error.details.status], [cause, undefined]);
    });
  }

  it('takes the sting out of what an error says (S9)', () => {
    const { message } = networkError(REQUEST, Object.assign(new Error('##vso[x]'), { code: 'E' }));
    assert.equal(message, 'Cannot read it: no answer from r.io (E: # #vso[x]).');
  });
});

describe('errors of other kinds', () => {
  it('say that a token has ended, with all else as it was', () => {
    const refused = answered(401, body({ code: 'UNAUTHORIZED' }));
    const ended = endedTokenError(refused);
    assert.deepEqual(ended.details, { ...refused.details, tokenHasEnded: true });
    assert.deepEqual([ended.code, ended.message], [refused.code, refused.message]);
  });

  it('say what breaks the protocol', () => {
    const error = protocolError(REQUEST, 'it is odd');
    assert.deepEqual(
      [error.code, error.message, error.details.method],
      ['REGISTRY_RESPONSE_INVALID', 'Cannot read it: it is odd.', 'GET'],
    );
  });

  for (const code of [
    ...['BLOB_UNKNOWN', 'DENIED', 'DIGEST_INVALID', 'MANIFEST_BLOB_UNKNOWN', 'MANIFEST_INVALID'],
    ...['MANIFEST_UNVERIFIED', 'NAME_INVALID', 'SIZE_INVALID', 'UNSUPPORTED'],
  ]) {
    it(`X1 takes ${code} for the last word`, () => {
      assert.ok(isDefinite(['UNKNOWN', code]));
    });
  }

  it('X1 takes other codes for what may pass', () => {
    assert.ok(!isDefinite(['UNKNOWN', 'TOOMANYREQUESTS', 'BLOB_UPLOAD_UNKNOWN']));
  });

  it('read the codes of a body', () => {
    assert.deepEqual(registryCodesIn(body({ code: 'A' }, { message: 'b' }, { code: 'C' })), [
      ...['A', 'C'],
    ]);
    assert.deepEqual(registryCodesIn(Buffer.from('NAME_UNKNOWN')), []);
  });
});
