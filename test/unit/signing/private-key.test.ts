import assert from 'node:assert/strict';
import { Secret } from '../../../shared/core/secret.ts';
import { secretLinesOf } from '../../../shared/signing/private-key.ts';
import { makeChain, makeKey } from '../../support/certificates.ts';
import type { KeyType } from '../../support/certificates.ts';

describe('private-key secretLinesOf', () => {
  for (const keyType of ['EC-256', 'EC-521', 'RSA-2048'] satisfies KeyType[]) {
    it(`keeps all of a key ${keyType} secret but what is its public half`, () => {
      const key = makeKey(keyType);
      const pem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
      const lines = pem.split('\n');
      const secret = new Set(secretLinesOf({ pem: new Secret(pem) }));
      const shown = lines.filter((line) => !secret.has(line));
      assert.ok(shown.length > 0 && shown.length < lines.length - 3);
      const [own, certificate] = [
        key.export({ type: 'pkcs8', format: 'der' }),
        makeChain({ leaf: { key } }).chainDer[0] ?? new Uint8Array(),
      ];
      for (const line of shown) {
        assert.ok(own.includes(Buffer.from(line, 'base64')));
        assert.ok(Buffer.from(certificate).includes(Buffer.from(line, 'base64')));
      }
    });
  }

  it('keeps everything secret in what it cannot read', () => {
    assert.deepEqual(secretLinesOf({ pem: new Secret('one\r\ntwo') }), ['one', 'two']);
  });

  it('keeps everything secret in an encrypted key', () => {
    const password = 'corr3ct';
    const pem = makeKey('EC-256')
      .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: password })
      .toString();
    const text = { pem: new Secret(pem), password: new Secret(password) };
    assert.deepEqual(secretLinesOf(text), pem.split('\n'));
  });
});
