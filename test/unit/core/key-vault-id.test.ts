import assert from 'node:assert/strict';
import { formatKeyVaultId, parseKeyVaultId } from '../../../shared/core/key-vault-id.ts';

const VAULT = 'https://example.vault.azure.net';

describe('key-vault-id parseKeyVaultId', () => {
  const good = [
    [`${VAULT}/certificates/release`, `${VAULT}/certificates/release`],
    [`${VAULT}/keys/release/0123abcd/`, `${VAULT}/keys/release/0123abcd`],
    ['HTTPS://Example.vault.azure.net/Keys/Release', `${VAULT}/keys/Release`],
    ['https://hsm.managedhsm.azure.net/keys/k', 'https://hsm.managedhsm.azure.net/keys/k'],
  ] as const;
  for (const [text, expected] of good) {
    it(`reads ${text}`, () => {
      const id = parseKeyVaultId(text, 'keyVaultKey');
      assert.ok(id.ok);
      assert.equal(formatKeyVaultId(id.value), expected);
    });
  }

  const bad = [
    'http://example.vault.azure.net/keys/release',
    VAULT,
    `${VAULT}/secrets/release`,
    `${VAULT}/keys/`,
    `${VAULT}/keys/a/b/c`,
    `${VAULT}/keys/release?api-version=7.4`,
    `${VAULT}/keys/release#top`,
    'https://user@example.vault.azure.net/keys/release',
    'release',
  ];
  for (const text of bad) {
    it(`refuses ${text}`, () => {
      const id = parseKeyVaultId(text, 'keyVaultKey');
      assert.ok(!id.ok);
      assert.match(id.problems[0]?.message ?? '', /^is not the identifier/);
    });
  }
});
