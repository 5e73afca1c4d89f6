import assert from 'node:assert/strict';
import { parsed, problem, problems } from '../../../shared/core/result.ts';
import { parseTrustPaths } from '../../../shared/core/trust-paths.ts';

const cases = [
  { name: 'nothing', policy: '', store: '', expected: parsed(undefined) },
  {
    name: 'both',
    policy: 'p.json',
    store: '/s',
    expected: parsed({ policy: '/base/p.json', store: '/s' }),
  },
  {
    name: 'a policy alone',
    policy: 'p',
    store: '',
    expected: problem('trustStore', 'is required when trustPolicy is given'),
  },
  {
    name: 'a store alone',
    policy: '',
    store: 's',
    expected: problem('trustPolicy', 'is required when trustStore is given'),
  },
  {
    name: 'macros',
    policy: '$(p)',
    store: '$(s)/store',
    expected: problems([
      { path: 'trustPolicy', message: "the variable 'p' is not defined" },
      { path: 'trustStore', message: "the variable 's' is not defined" },
    ]),
  },
];

describe('trust-paths parseTrustPaths', () => {
  for (const { name, policy, store, expected } of cases) {
    it(`${expected.ok ? 'takes' : 'refuses'} ${name}`, () => {
      assert.deepEqual(parseTrustPaths(policy, store, '/base'), expected);
    });
  }
});
