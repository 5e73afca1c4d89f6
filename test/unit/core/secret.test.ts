import assert from 'node:assert/strict';
import { format, inspect } from 'node:util';
import { Secret } from '../../../shared/core/secret.ts';

const secret = new Secret('hunter2');

describe('Secret', () => {
  const ways: readonly { readonly name: string; readonly print: () => string }[] = [
    { name: 'String', print: () => String(secret) },
    { name: 'concatenation', print: () => ['', secret].join('') },
    { name: 'JSON.stringify', print: () => JSON.stringify({ secret, list: [secret] }) },
    { name: 'inspect', print: () => inspect({ secret }, { showHidden: true, depth: 9 }) },
    { name: 'format', print: () => format('%s %o %j', secret, secret, secret) },
    { name: 'Object.entries', print: () => JSON.stringify(Object.entries(secret)) },
  ];
  for (const { name, print } of ways) {
    it(`does not print by ${name}`, () => {
      assert.ok(!print().includes('hunter2'));
    });
  }

  it('prints three stars and reveals the value when asked', () => {
    assert.equal(String(secret), '***');
    assert.equal(JSON.stringify(secret), '"***"');
    assert.equal(inspect(secret), '***');
    assert.equal(secret.reveal(), 'hunter2');
  });
});
