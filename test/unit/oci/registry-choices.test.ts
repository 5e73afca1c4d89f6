import assert from 'node:assert/strict';
import { parsed, problem } from '../../../shared/core/result.ts';
import type { Parsed } from '../../../shared/core/result.ts';
import { parseRegistryChoices } from '../../../shared/oci/registry-choices.ts';
import type { RegistryChoiceTexts, RegistryChoices } from '../../../shared/oci/registry-choices.ts';

const NOTHING: RegistryChoices = { trustedTokenHosts: [], referrersPerMinute: undefined };

const cases: readonly {
  readonly name: string;
  readonly texts: Partial<RegistryChoiceTexts>;
  readonly expected: Parsed<RegistryChoices>;
}[] = [
  { name: 'nothing', texts: {}, expected: parsed(NOTHING) },
  {
    name: 'hosts, one a line, however they are pasted',
    texts: { trustedTokenHosts: 'Login.Example\n\n https://tokens.example:8443/ ' },
    expected: parsed({
      ...NOTHING,
      trustedTokenHosts: ['login.example', 'tokens.example:8443'],
    }),
  },
  {
    name: 'a pattern of hosts',
    texts: { trustedTokenHosts: '*.example' },
    expected: problem(
      'trustedTokenHosts',
      'is not a registry host such as example.azurecr.io: "*.example"',
    ),
  },
  {
    name: 'a host with a path',
    texts: { trustedTokenHosts: 'login.example/token' },
    expected: problem(
      'trustedTokenHosts',
      'is not a registry host such as example.azurecr.io: "login.example/token"',
    ),
  },
  {
    name: 'a variable that does not exist',
    texts: { trustedTokenHosts: '$(host)', referrersPerMinute: '$(rate)' },
    expected: {
      ok: false,
      problems: [
        { path: 'trustedTokenHosts', message: "the variable 'host' is not defined" },
        { path: 'referrersPerMinute', message: "the variable 'rate' is not defined" },
      ],
    },
  },
  {
    name: 'a rate',
    texts: { referrersPerMinute: '100' },
    expected: parsed({ ...NOTHING, referrersPerMinute: 100 }),
  },
  ...['0', '-1', '1.5', 'many', '1000000'].map((text) => ({
    name: `the rate ${text}`,
    texts: { referrersPerMinute: text },
    expected: problem(
      'referrersPerMinute',
      `is not a number of requests such as 250: ${JSON.stringify(text)}`,
    ),
  })),
];

describe('registry-choices parseRegistryChoices', () => {
  for (const { name, texts, expected } of cases) {
    it(`reads ${name}`, () => {
      const given = { trustedTokenHosts: '', referrersPerMinute: '', ...texts };
      assert.deepEqual(parseRegistryChoices(given), expected);
    });
  }
});
