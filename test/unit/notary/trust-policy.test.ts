import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseTrustPolicy, selectStatement } from '../../../shared/notary/trust-policy.ts';
import type { TrustPolicy } from '../../../shared/notary/trust-policy.ts';
import { faultsOf } from '../../support/signatures.ts';

const FILE = 'trustpolicy.json';
const STATEMENT = {
  name: 'release',
  registryScopes: ['r.example/a'],
  signatureVerification: { level: 'strict' },
  trustStores: ['ca:contoso'],
  trustedIdentities: ['x509.subject: C=US, ST=WA, O=Contoso'],
};

function policyText(...statements: readonly unknown[]): Uint8Array {
  return Buffer.from(JSON.stringify({ version: '1.0', trustPolicies: statements }));
}

function policyOf(...statements: readonly unknown[]): TrustPolicy {
  const result = parseTrustPolicy(policyText(...statements), FILE);
  assert.ok(result.ok, faultsOf(result));
  return result.value;
}

describe('trust-policy parseTrustPolicy', () => {
  it('reads a statement', () => {
    const [statement] = policyOf(STATEMENT).statements;
    assert.deepEqual(statement, {
      name: 'release',
      registryScopes: ['r.example/a'],
      level: 'strict',
      actions: {
        integrity: 'enforce',
        authenticity: 'enforce',
        authenticTimestamp: 'enforce',
        expiry: 'enforce',
        revocation: 'enforce',
      },
      verifyTimestamp: 'always',
      trustStores: [{ type: 'ca', name: 'contoso' }],
      trustedIdentities: [
        new Map([
          ['C', 'US'],
          ['ST', 'WA'],
          ['O', 'Contoso'],
        ]),
      ],
    });
  });

  for (const none of [undefined, [], null]) {
    const trust = { trustStores: none, trustedIdentities: none };
    it(`reads a statement that skips verification and has ${JSON.stringify(trust)}`, () => {
      const signatureVerification = { level: 'skip' };
      const registryScopes = ['r.example/test', 'r.example/more'];
      const statement = { name: 'none', registryScopes, signatureVerification, ...trust };
      const [read] = policyOf(statement).statements;
      assert.equal(read?.level, 'skip');
      assert.deepEqual(read.trustStores, []);
      assert.deepEqual(read.registryScopes, registryScopes);
    });
  }

  it('refuses another version, whatever its statements', () => {
    const text = JSON.stringify({ version: '1.1', trustPolicies: [STATEMENT] });
    assert.equal(
      faultsOf(parseTrustPolicy(Buffer.from(text), FILE)),
      'trustpolicy.json: version: is not "1.0", the version known here',
    );
  });

  it('passes over identities that only verification plugins know, as notation does', () => {
    const trustedIdentities = ['email: a@b.example', ...STATEMENT.trustedIdentities];
    const { statements } = policyOf({ ...STATEMENT, trustedIdentities });
    assert.deepEqual(
      statements[0]?.trustedIdentities,
      policyOf(STATEMENT).statements[0]?.trustedIdentities,
    );
  });

  const scopes = ['localhost:5000/a', '127.0.0.1:5000/a/b', 'r.example/a-b/c__d.e', '*'];
  for (const scope of scopes) {
    it(`accepts the scope ${scope}`, () => {
      assert.deepEqual(
        policyOf({ ...STATEMENT, registryScopes: [scope] }).statements[0]?.registryScopes,
        [scope],
      );
    });
  }

  const skip = {
    name: 's',
    registryScopes: ['r.example/b'],
    signatureVerification: { level: 'skip' },
  };
  const rejected: readonly {
    readonly name: string;
    readonly statements: readonly unknown[];
    readonly message: RegExp;
  }[] = [
    {
      name: 'no statements',
      statements: [],
      message: /trustPolicies: is not a list of statements/,
    },
    {
      name: 'a statement that is text',
      statements: ['x'],
      message: /trustPolicies\[0\]: is not an object/,
    },
    {
      name: 'no name',
      statements: [{ ...STATEMENT, name: '' }],
      message: /\[0\]\.name: is not a name/,
    },
    {
      name: 'a name twice',
      statements: [STATEMENT, { ...STATEMENT, registryScopes: ['*'] }],
      message: /\[1\]\.name: repeats release/,
    },
    {
      name: 'a scope twice',
      statements: [STATEMENT, { ...STATEMENT, name: 'b' }],
      message: /\[1\]\.registryScopes: repeats r\.example\/a/,
    },
    {
      name: 'no scopes',
      statements: [{ ...STATEMENT, registryScopes: [] }],
      message: /registryScopes: is not a list of text, or empty/,
    },
    {
      name: 'a scope that is a number',
      statements: [{ ...STATEMENT, registryScopes: [1] }],
      message: /registryScopes\[0\]: is not text/,
    },
    {
      name: 'a wildcard beside a scope',
      statements: [{ ...STATEMENT, registryScopes: ['*', 'r.example/a'] }],
      message: /has \* beside other scopes/,
    },
    {
      name: 'a wildcard within a scope',
      statements: [{ ...STATEMENT, registryScopes: ['r.example/*'] }],
      message: /is not host\/repository: r\.example\/\*/,
    },
    {
      name: 'a scope with scheme',
      statements: [{ ...STATEMENT, registryScopes: ['https://r.example/a'] }],
      message: /is not host\/repository/,
    },
    {
      name: 'a scope with tag',
      statements: [{ ...STATEMENT, registryScopes: ['r.example/a:1'] }],
      message: /is not host\/repository/,
    },
    {
      name: 'a scope without repository',
      statements: [{ ...STATEMENT, registryScopes: ['r.example'] }],
      message: /is not host\/repository/,
    },
    {
      name: 'no verification',
      statements: [{ ...STATEMENT, signatureVerification: undefined }],
      message: /signatureVerification: is not an object/,
    },
    {
      name: 'no trust stores',
      statements: [{ ...STATEMENT, trustStores: [] }],
      message: /trustStores: is not a list/,
    },
    {
      name: 'a store of no type',
      statements: [{ ...STATEMENT, trustStores: ['x:y'] }],
      message: /trustStores\[0\]: is not ca:/,
    },
    {
      name: 'a store that leaves its folder',
      statements: [{ ...STATEMENT, trustStores: ['ca:../x'] }],
      message: /trustStores\[0\]: is not ca:/,
    },
    {
      name: 'no identities',
      statements: [{ ...STATEMENT, trustedIdentities: [] }],
      message: /trustedIdentities: is not a list/,
    },
    {
      name: 'a wildcard beside an identity',
      statements: [{ ...STATEMENT, trustedIdentities: ['*', 'x509.subject:C=US,ST=WA,O=a'] }],
      message: /has \* beside other identities/,
    },
    {
      name: 'no identity but one that only verification plugins know',
      statements: [{ ...STATEMENT, trustedIdentities: ['email: a@b.example'] }],
      message: /trustedIdentities\[0\]: does not begin with x509\.subject:/,
    },
    {
      name: 'an identity of no kind',
      statements: [
        { ...STATEMENT, trustedIdentities: ['Contoso', ...STATEMENT.trustedIdentities] },
      ],
      message: /trustedIdentities\[0\]: does not begin with x509\.subject:/,
    },
    {
      name: 'identities that overlap',
      statements: [
        {
          ...STATEMENT,
          trustedIdentities: ['x509.subject:C=US,ST=WA,O=a', 'x509.subject:C=US,ST=WA,O=a,OU=b'],
        },
      ],
      message: /two identities that overlap/,
    },
    {
      name: 'level skip for every repository',
      statements: [{ ...skip, registryScopes: ['*'] }],
      message: /registryScopes: must not be \* at level skip/,
    },
    {
      name: 'level skip with trust stores',
      statements: [{ ...skip, trustStores: ['ca:x'] }],
      message: /trustStores: must not be given at level skip/,
    },
    {
      name: 'level skip with overrides',
      statements: [
        { ...skip, signatureVerification: { level: 'skip', override: { expiry: 'log' } } },
      ],
      message: /cannot change the level skip/,
    },
    ...['a..b/c', 'a.-b/c', 'a-.b/c', 'a-/c'].map((scope) => ({
      name: `the scope ${scope}, which is no host`,
      statements: [{ ...STATEMENT, registryScopes: [scope] }],
      message: /is not host/,
    })),
  ];
  for (const { name, statements, message } of rejected) {
    it(`rejects ${name}`, () => {
      assert.match(faultsOf(parseTrustPolicy(policyText(...statements), FILE)), message);
    });
  }

  it('lists every problem with the file and its path', () => {
    const text = JSON.stringify({
      version: '2.0',
      trustPolicies: [{ ...STATEMENT, name: 1, trustStores: ['x'] }],
    });
    const result = parseTrustPolicy(Buffer.from(text), FILE);
    assert.ok(!result.ok);
    assert.deepEqual(
      result.problems.map(({ path }) => path),
      [
        'trustpolicy.json: version',
        'trustpolicy.json: trustPolicies[0].name',
        'trustpolicy.json: trustPolicies[0].trustStores[0]',
      ],
    );
  });

  it('never crashes on any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        const text = policyText({ ...STATEMENT, registryScopes: one, trustStores: [other] }, one);
        assert.ok(!parseTrustPolicy(text, FILE).ok);
      }),
    );
  });
});

describe('trust-policy selectStatement', () => {
  const policy = policyOf(
    { ...STATEMENT, name: 'any', registryScopes: ['*'] },
    { ...STATEMENT, name: 'built', registryScopes: ['build.example/1/app'] },
    { ...STATEMENT, name: 'public', registryScopes: ['mcr.example/app'] },
  );
  const cases = [
    {
      name: 'the repository that is read',
      candidates: ['build.example/1/app', 'mcr.example/app'],
      expected: 'built',
    },
    {
      name: 'the public name',
      candidates: ['build.example/2/app', 'mcr.example/app'],
      expected: 'public',
    },
    { name: 'the wildcard', candidates: ['build.example/2/x', 'mcr.example/x'], expected: 'any' },
  ];
  for (const { name, candidates, expected } of cases) {
    it(`chooses by ${name}`, () => {
      assert.equal(selectStatement(policy, candidates)?.name, expected);
    });
  }

  it('chooses none when no scope fits and there is no wildcard', () => {
    assert.equal(selectStatement(policyOf(STATEMENT), ['r.example/b']), undefined);
  });
});
