import assert from 'node:assert/strict';
import type { JsonValue } from '../../../shared/core/json.ts';
import { parseVerification } from '../../../shared/notary/trust-policy-verification.ts';
import type { VerificationSettings } from '../../../shared/notary/trust-policy-verification.ts';
import { faultsOf } from '../../support/signatures.ts';

function settingsOf(value: JsonValue): VerificationSettings {
  const result = parseVerification(value, 'signatureVerification');
  assert.equal(faultsOf(result), '');
  assert.ok(result.ok);
  return result.value;
}

describe('trust-policy-verification parseVerification', () => {
  const levels = [
    { level: 'strict', expected: ['enforce', 'enforce', 'enforce', 'enforce', 'enforce'] },
    { level: 'permissive', expected: ['enforce', 'enforce', 'log', 'log', 'log'] },
    { level: 'audit', expected: ['enforce', 'log', 'log', 'log', 'log'] },
    { level: 'skip', expected: ['skip', 'skip', 'skip', 'skip', 'skip'] },
  ];
  for (const { level, expected } of levels) {
    it(`knows what level ${level} does`, () => {
      const { actions, verifyTimestamp } = settingsOf({ level });
      assert.deepEqual(Object.values(actions), expected);
      assert.equal(verifyTimestamp, 'always');
    });
  }

  it('changes a level by its overrides', () => {
    const override = { expiry: 'log', revocation: 'skip', authenticity: 'log' };
    const settings = settingsOf({ level: 'strict', override, verifyTimestamp: 'afterCertExpiry' });
    assert.deepEqual(settings.actions, {
      integrity: 'enforce',
      authenticity: 'log',
      authenticTimestamp: 'enforce',
      expiry: 'log',
      revocation: 'skip',
    });
    assert.equal(settings.verifyTimestamp, 'afterCertExpiry');
  });

  const overrides = [
    { validation: 'authenticity', allowed: ['enforce', 'log'] },
    { validation: 'authenticTimestamp', allowed: ['enforce', 'log'] },
    { validation: 'expiry', allowed: ['enforce', 'log'] },
    { validation: 'revocation', allowed: ['enforce', 'log', 'skip'] },
    { validation: 'integrity', allowed: [] },
  ];
  for (const { validation, allowed } of overrides) {
    it(`lets ${validation} be ${allowed.join(', ') || 'nothing'}, and nothing else`, () => {
      const accepted = ['enforce', 'log', 'skip', 'off', ''].filter((action) => {
        const value = { level: 'audit', override: { [validation]: action } };
        return parseVerification(value, 'signatureVerification').ok;
      });
      assert.deepEqual(accepted, allowed);
    });
  }

  it('takes always for verifyTimestamp', () => {
    const { verifyTimestamp } = settingsOf({ level: 'strict', verifyTimestamp: 'always' });
    assert.equal(verifyTimestamp, 'always');
  });

  const absent = [
    { name: 'override', given: { override: null } },
    { name: 'verifyTimestamp', given: { verifyTimestamp: null } },
    { name: 'verifyTimestamp', given: { verifyTimestamp: '' } },
  ];
  for (const { name, given } of absent) {
    it(`takes ${name} ${JSON.stringify(Object.values(given)[0])} for none, as notation does`, () => {
      const settings = settingsOf({ level: 'strict', ...given });
      assert.deepEqual(settings, settingsOf({ level: 'strict' }));
    });
  }

  const rejected: readonly {
    readonly name: string;
    readonly changes: Readonly<Record<string, JsonValue>>;
    readonly message: RegExp;
  }[] = [
    {
      name: 'an unknown level',
      changes: { level: 'toString' },
      message: /level: is not strict/,
    },
    {
      name: 'integrity overridden',
      changes: { override: { integrity: 'log' } },
      message: /override\.integrity: cannot be "log"/,
    },
    {
      name: 'expiry skipped',
      changes: { override: { expiry: 'skip' } },
      message: /override\.expiry: cannot be "skip"/,
    },
    {
      name: 'an unknown override',
      changes: { override: { all: 'log' } },
      message: /override\.all: cannot be/,
    },
    {
      name: 'an override that is text',
      changes: { override: 'log' },
      message: /override: is not an object/,
    },
    {
      name: 'an unknown time for timestamps',
      changes: { verifyTimestamp: 'never' },
      message: /verifyTimestamp: is not always/,
    },
  ];
  for (const { name, changes, message } of rejected) {
    it(`rejects ${name}`, () => {
      const value = { level: 'strict', ...changes };
      assert.match(faultsOf(parseVerification(value, 'signatureVerification')), message);
    });
  }
});
