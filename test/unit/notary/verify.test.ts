import assert from 'node:assert/strict';
import { definite } from '../../../shared/core/errors.ts';
import { NO_EVIDENCE } from '../../../shared/notary/evidence.ts';
import { parseTrustPolicy } from '../../../shared/notary/trust-policy.ts';
import { parseTrustStore } from '../../../shared/notary/trust-store.ts';
import type { StoreFile } from '../../../shared/notary/trust-store.ts';
import { CHECKS, formatFailures, verifySignature } from '../../../shared/notary/verify.ts';
import type { CheckName, Trust, VerificationResult } from '../../../shared/notary/verify.ts';
import { makeChain } from '../../support/certificates.ts';
import type { ChainOptions, TestChain } from '../../support/certificates.ts';
import { SUBJECT, makeEnvelope } from '../../support/signatures.ts';
import type { EnvelopeChanges } from '../../support/signatures.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

interface Case {
  readonly name: string;
  readonly chain?: ChainOptions;
  readonly changes?: EnvelopeChanges;
  readonly statement?: object;
  /** Path below the trust store for the root; `ca/contoso/root.crt` when not given. */
  readonly store?: string;
  readonly later?: number;
  readonly otherSubject?: boolean;
  /** Outcomes that are not `passed`. */
  readonly outcomes: Partial<Record<CheckName, string>>;
  readonly message?: RegExp;
}

function trustOf(chain: TestChain, statement: object, storePath: string): Trust {
  const policy = parseTrustPolicy(
    Buffer.from(
      JSON.stringify({
        version: '1.0',
        trustPolicies: [
          {
            name: 'release',
            registryScopes: ['r.example/a'],
            signatureVerification: { level: 'strict' },
            trustStores: ['ca:contoso'],
            trustedIdentities: ['x509.subject: C=US, ST=WA, O=Contoso'],
            ...statement,
          },
        ],
      }),
    ),
    'trustpolicy.json',
  );
  const files: readonly StoreFile[] = [
    { path: storePath, bytes: Buffer.from(chain.rootPem) },
    { path: 'tsa/stamps/root.crt', bytes: Buffer.from(STAMPS.rootPem) },
  ];
  const store = parseTrustStore(files);
  assert.ok(policy.ok && store.ok);
  return { statement: definite(policy.value.statements[0], 'the statement'), store: store.value };
}

function verify(format: 'cose' | 'jws', it: Case): VerificationResult {
  const chain = makeChain(it.chain);
  const { bytes: envelope, mediaType } = makeEnvelope(chain, format, it.changes);
  const subject = it.otherSubject === true ? { ...SUBJECT, size: 9 } : SUBJECT;
  const now = new Date(Date.now() + (it.later ?? 0) * DAY_MS);
  const trust = trustOf(chain, it.statement ?? {}, it.store ?? 'ca/contoso/root.crt');
  return verifySignature({ envelope, mediaType, subject, now }, trust, NO_EVIDENCE);
}

const level = (name: string, override?: object): object => ({
  signatureVerification: { level: name, ...(override === undefined ? {} : { override }) },
});
const STAMPS = makeChain();
const TSA = ['ca:contoso', 'tsa:stamps'];
const EXPIRES = { attributes: { expiry: new Date(Math.ceil(Date.now() / DAY_MS + 1) * DAY_MS) } };
const VOUCHED = { scheme: 'notary.x509.signingAuthority' } as const;

const CASES: readonly Case[] = [
  { name: 'a good signature', outcomes: {} },
  { name: 'a good signature under an intermediate', chain: { intermediates: 1 }, outcomes: {} },
  { name: 'a certificate that signed itself', chain: { leaf: { selfSigned: true } }, outcomes: {} },
  { name: 'a signature that expires later', changes: EXPIRES, outcomes: {} },
  { name: 'anyone in the trust store', statement: { trustedIdentities: ['*'] }, outcomes: {} },
  {
    name: 'an expired signature',
    changes: EXPIRES,
    later: 3,
    outcomes: { expiry: 'failed' },
    message: /expiry: the signature expired at/,
  },
  {
    name: 'an expired signature where that is only logged',
    changes: EXPIRES,
    later: 3,
    statement: level('strict', { expiry: 'log' }),
    outcomes: { expiry: 'logged' },
  },
  {
    name: 'a store with other certificates',
    store: 'ca/other/root.crt',
    outcomes: { authenticity: 'failed' },
    message: /the trust store ca:contoso has no certificate/,
  },
  {
    name: 'a store of the other scheme',
    store: 'signingAuthority/contoso/root.crt',
    statement: { trustStores: ['signingAuthority:contoso'] },
    outcomes: { authenticity: 'failed' },
    message: /does not lead to a certificate in no trust store of type ca/,
  },
  {
    name: 'somebody else of the same authority',
    chain: { subject: { C: 'US', ST: 'WA', O: 'Fabrikam' } },
    outcomes: { authenticity: 'failed' },
    message: /O=Fabrikam is none of the trusted identities of statement release/,
  },
  {
    name: 'somebody who has the trusted organization beside another',
    chain: { subject: { C: 'US', ST: 'WA', O: ['Evil', 'Contoso'] } },
    outcomes: { authenticity: 'failed' },
    message: /is none of the trusted identities of statement release: it has O more than once/,
  },
  {
    name: 'somebody else where that is only audited',
    chain: { subject: { CN: 'x' } },
    statement: level('audit'),
    outcomes: { authenticity: 'logged' },
  },
  {
    name: 'an expired certificate',
    later: 400,
    outcomes: { authenticTimestamp: 'failed' },
    message: /authenticTimestamp: .* expired at/,
  },
  {
    name: 'an expired certificate at level permissive',
    later: 400,
    statement: level('permissive'),
    outcomes: { authenticTimestamp: 'logged' },
  },
  {
    name: 'a timestamp that is always asked for',
    statement: { trustStores: TSA },
    outcomes: { authenticTimestamp: 'failed' },
    message: /authenticTimestamp: timestamp is not there/,
  },
  {
    name: 'a timestamp that is asked for once a certificate has expired, before that',
    statement: {
      trustStores: TSA,
      signatureVerification: { level: 'strict', verifyTimestamp: 'afterCertExpiry' },
    },
    outcomes: {},
  },
  {
    name: 'a timestamp that is asked for once a certificate has expired, after that',
    later: 400,
    statement: {
      trustStores: TSA,
      signatureVerification: { level: 'strict', verifyTimestamp: 'afterCertExpiry' },
    },
    outcomes: { authenticTimestamp: 'failed' },
    message: /authenticTimestamp: timestamp is not there/,
  },
  {
    name: 'a signing authority',
    changes: { attributes: VOUCHED },
    store: 'signingAuthority/contoso/root.crt',
    statement: { trustStores: ['signingAuthority:contoso'] },
    later: 400,
    outcomes: {},
  },
  {
    name: 'a signing authority that vouches for a time before the certificate',
    changes: { attributes: { ...VOUCHED, signingTime: new Date('2020-01-01T00:00:00Z') } },
    store: 'signingAuthority/contoso/root.crt',
    statement: { trustStores: ['signingAuthority:contoso'] },
    outcomes: { authenticTimestamp: 'failed' },
    message: /is valid only from/,
  },
  {
    name: 'a certificate with a responder that nobody asked',
    chain: { leaf: { ocspUrl: 'http://ocsp.example/' } },
    outcomes: { revocation: 'failed' },
    message: /revocation: .* may be revoked: nobody was asked/,
  },
  {
    name: 'an intermediate with a list, where that is only logged',
    chain: { intermediates: 1, authority: { crlUrl: 'http://crl.example/a.crl' } },
    statement: level('strict', { revocation: 'log' }),
    outcomes: { revocation: 'logged' },
  },
  {
    name: 'a certificate with a responder where revocation is skipped',
    chain: { leaf: { ocspUrl: 'http://ocsp.example/' } },
    statement: level('strict', { revocation: 'skip' }),
    outcomes: { revocation: 'skipped' },
  },
  {
    name: 'a root with a list, which nobody asks',
    chain: { authority: { crlUrl: 'http://crl.example/a.crl' } },
    outcomes: {},
  },
  {
    name: 'a signature for something else, at whatever level',
    otherSubject: true,
    statement: level('audit'),
    outcomes: { subject: 'failed' },
    message: /subject: signs sha256:/,
  },
  {
    name: 'a chain that must not sign, at whatever level',
    chain: { leaf: { keyUsage: [0, 5] } },
    statement: level('audit'),
    outcomes: {
      integrity: 'failed',
      authenticity: 'skipped',
      expiry: 'skipped',
      authenticTimestamp: 'skipped',
      revocation: 'skipped',
      subject: 'skipped',
    },
    message: /integrity: chain\[0\] has a key usage/,
  },
];

describe('verify verifySignature', () => {
  for (const format of ['cose', 'jws'] as const) {
    for (const row of CASES) {
      it(`judges ${row.name} (${format})`, () => {
        const result = verify(format, row);
        const others = result.checks.filter(({ outcome }) => outcome !== 'passed');
        assert.deepEqual(
          Object.fromEntries(others.map(({ check, outcome }) => [check, outcome])),
          row.outcomes,
        );
        assert.deepEqual(
          result.checks.map(({ check }) => check),
          CHECKS,
        );
        assert.equal(result.ok, !Object.values(row.outcomes).includes('failed'));
        assert.match(formatFailures(result), row.message ?? /^$/);
      });
    }
  }

  it('looks at nothing at level skip', () => {
    const trust = trustOf(
      makeChain(),
      {
        signatureVerification: { level: 'skip' },
        trustStores: undefined,
        trustedIdentities: undefined,
      },
      'ca/contoso/root.crt',
    );
    const signature = {
      envelope: new Uint8Array(),
      mediaType: '',
      subject: SUBJECT,
      now: new Date(),
    };
    const result = verifySignature(signature, trust, NO_EVIDENCE);
    assert.equal(result.ok, true);
    assert.equal(result.signer, undefined);
    assert.ok(result.checks.every(({ outcome }) => outcome === 'skipped'));
  });

  it('says who signed, and when', () => {
    const signingTime = new Date('2026-01-01T00:00:00Z');
    const expiry = new Date('2099-01-01T00:00:00Z');
    const { signer } = verify('cose', {
      name: '',
      changes: { attributes: { signingTime, expiry } },
      outcomes: {},
    });
    assert.equal(signer?.subject, 'C=US, ST=WA, L=Redmond, O=Contoso, CN=Image Signer');
    assert.match(signer.thumbprint, /^[0-9a-f]{64}$/);
    assert.deepEqual(signer.signingTime, signingTime);
    assert.deepEqual(signer.expiry, expiry);
  });

  it('trusts an intermediate in the store as well', () => {
    const chain = makeChain({ intermediates: 1 });
    const { bytes: envelope, mediaType } = makeEnvelope(chain, 'cose');
    const { statement } = trustOf(chain, {}, 'ca/contoso/root.crt');
    const middle = definite(chain.chainDer[1], 'the intermediate');
    const store = parseTrustStore([{ path: 'ca/contoso/middle.der', bytes: middle }]);
    assert.ok(store.ok);
    const signature = { envelope, mediaType, subject: SUBJECT, now: new Date() };
    assert.ok(verifySignature(signature, { statement, store: store.value }, NO_EVIDENCE).ok);
  });
});
