import assert from 'node:assert/strict';
import { definite } from '../../../shared/core/errors.ts';
import { parseTrustPolicy } from '../../../shared/notary/trust-policy.ts';
import { parseTrustStore } from '../../../shared/notary/trust-store.ts';
import {
  formatFailures,
  verifyAgainstChain,
  verifySignature,
} from '../../../shared/notary/verify.ts';
import type { Trust, VerificationResult } from '../../../shared/notary/verify.ts';
import { createEvidenceReader } from '../../../shared/signing/evidence-reader.ts';
import { createRevocationReader } from '../../../shared/signing/revocation.ts';
import { makeChain, makeStampingChain } from '../../support/certificates.ts';
import type { TestChain } from '../../support/certificates.ts';
import { makeAnswer } from '../../support/revocation.ts';
import { scriptedHttp } from '../../support/scripted-http.ts';
import type { ScriptedHttp } from '../../support/scripted-http.ts';
import { SUBJECT, makeEnvelope } from '../../support/signatures.ts';
import type { EnvelopeChanges } from '../../support/signatures.ts';
import { makeToken } from '../../support/timestamps.ts';

const SIGNAL = new AbortController().signal;
const OCSP = 'http://ocsp.example/';
const AUTHORITY = makeStampingChain();
const REVOCABLE_AUTHORITY = makeStampingChain({ leaf: { ocspUrl: OCSP } });
const STRANGER = makeStampingChain();
const SIGNER = makeChain();
const REVOCABLE = makeChain({ leaf: { ocspUrl: OCSP } });

const PAST = { notBefore: new Date('2024-01-01'), notAfter: new Date('2025-01-01') };
const EXPIRED = makeChain(PAST);
const THEN = new Date('2024-06-01T00:00:00Z');
const OLD_AUTHORITY = makeStampingChain(PAST);

interface Case {
  readonly name: string;
  readonly chain?: TestChain;
  readonly authority?: TestChain;
  readonly stampedAt?: Date;
  readonly accuracySeconds?: number;
  /** The timestamp is of other bytes than the signature. */
  readonly misplaced?: boolean;
  readonly attributes?: EnvelopeChanges['attributes'];
  readonly verification?: object;
  readonly stores?: readonly string[];
  readonly http?: ScriptedHttp;
  /** Failures of the verification; none when not given. */
  readonly failures?: RegExp;
  readonly calls?: number;
}

function trustOf(chain: TestChain, { verification, stores, authority = AUTHORITY }: Case): Trust {
  const policy = parseTrustPolicy(
    Buffer.from(
      JSON.stringify({
        version: '1.0',
        trustPolicies: [
          {
            name: 'release',
            registryScopes: ['*'],
            signatureVerification: { level: 'strict', ...verification },
            trustStores: stores ?? ['ca:r', 'signingAuthority:r', 'tsa:stamps'],
            trustedIdentities: ['*'],
          },
        ],
      }),
    ),
    'policy',
  );
  const trusted = authority === STRANGER ? AUTHORITY : authority;
  const store = parseTrustStore([
    { path: 'ca/r/root.pem', bytes: Buffer.from(chain.rootPem) },
    { path: 'signingAuthority/r/root.pem', bytes: Buffer.from(chain.rootPem) },
    { path: 'tsa/stamps/root.pem', bytes: Buffer.from(trusted.rootPem) },
  ]);
  assert.ok(policy.ok && store.ok);
  return { statement: definite(policy.value.statements[0], 'the statement'), store: store.value };
}

function envelopeOf(
  chain: TestChain,
  row: Case,
): { readonly bytes: Uint8Array; readonly mediaType: string } {
  const { stampedAt: time, accuracySeconds, authority = AUTHORITY, misplaced } = row;
  return makeEnvelope(chain, 'cose', {
    ...(row.attributes === undefined ? {} : { attributes: row.attributes }),
    ...(time === undefined
      ? {}
      : {
          stamp: (signature) =>
            makeToken(authority, misplaced === true ? Buffer.from('other') : signature, {
              time,
              ...(accuracySeconds === undefined ? {} : { accuracySeconds }),
            }),
        }),
  });
}

async function verify(row: Case): Promise<VerificationResult> {
  const { chain = SIGNER, http = scriptedHttp() } = row;
  const clock = { now: () => new Date() };
  const { bytes: envelope, mediaType } = envelopeOf(chain, row);
  const trust = trustOf(chain, row);
  const reader = createEvidenceReader(createRevocationReader(http, clock), clock);
  const evidence = await reader.gather([{ envelope, mediaType, trust }], SIGNAL);
  const signature = { envelope, mediaType, subject: SUBJECT, now: clock.now() };
  return verifySignature(signature, trust, evidence);
}

const recently = (): Date => new Date(Math.floor(Date.now() / 1000) * 1000);
const afterExpiry = { verifyTimestamp: 'afterCertExpiry' };

const CASES: readonly Case[] = [
  { name: 'a stamped signature', stampedAt: recently() },
  {
    name: 'a signature without the stamp that is always wanted',
    failures: /^authenticTimestamp: timestamp is not there$/,
  },
  { name: 'a signature without stamp before its certificate expires', verification: afterExpiry },
  {
    name: 'a signature without stamp after its certificate expired',
    chain: EXPIRED,
    verification: afterExpiry,
    failures: /^authenticTimestamp: timestamp is not there$/,
  },
  {
    name: 'a signature stamped before its certificate expired, by an authority that has expired as well',
    chain: EXPIRED,
    authority: OLD_AUTHORITY,
    stampedAt: THEN,
    verification: afterExpiry,
  },
  {
    name: 'a stamp that nobody asks for when there is no store for it, after expiry',
    chain: EXPIRED,
    authority: OLD_AUTHORITY,
    stampedAt: THEN,
    stores: ['ca:r'],
    failures: /^authenticTimestamp: .* expired at 2025/,
  },
  {
    name: 'a stamp from after the certificate expired',
    chain: EXPIRED,
    stampedAt: recently(),
    failures: /^authenticTimestamp: .* expired at 2025/,
  },
  {
    name: 'a stamp whose accuracy reaches before the certificate',
    chain: EXPIRED,
    authority: OLD_AUTHORITY,
    stampedAt: new Date('2024-01-01T00:00:10Z'),
    accuracySeconds: 30,
    failures: /^authenticTimestamp: .* is valid only from 2024/,
  },
  {
    name: 'a stamp of another signature',
    stampedAt: recently(),
    misplaced: true,
    failures: /^authenticTimestamp: timestamp is of another signature$/,
  },
  {
    name: 'a stamp by an authority that is not trusted',
    authority: STRANGER,
    stampedAt: recently(),
    failures: /^authenticTimestamp: .* does not lead to a trusted root$/,
  },
  {
    name: 'a stamp by an authority that is not revoked',
    authority: REVOCABLE_AUTHORITY,
    stampedAt: recently(),
    http: scriptedHttp({ 'ocsp.example': () => makeAnswer(REVOCABLE_AUTHORITY) }),
    calls: 1,
  },
  {
    name: 'a stamp by an authority that is revoked, also where revocation is skipped',
    authority: REVOCABLE_AUTHORITY,
    stampedAt: recently(),
    verification: { override: { revocation: 'skip' } },
    http: scriptedHttp({
      'ocsp.example': () => makeAnswer(REVOCABLE_AUTHORITY, { state: 'revoked' }),
    }),
    failures: /^authenticTimestamp: the time stamping certificate .* was revoked at/,
    calls: 1,
  },
  {
    name: 'a stamp store without certificates',
    stampedAt: recently(),
    stores: ['ca:r', 'tsa:none'],
    failures: /^authenticTimestamp: timestamp the trust store tsa:none has no certificate$/,
  },
  {
    name: 'a signing authority, which needs no stamp',
    attributes: { scheme: 'notary.x509.signingAuthority' },
  },
  {
    name: 'a signer that is not revoked',
    chain: REVOCABLE,
    stampedAt: recently(),
    http: scriptedHttp({ 'ocsp.example': () => makeAnswer(REVOCABLE) }),
    calls: 1,
  },
  {
    name: 'a signer that is revoked',
    chain: REVOCABLE,
    stampedAt: recently(),
    http: scriptedHttp({ 'ocsp.example': () => makeAnswer(REVOCABLE, { state: 'revoked' }) }),
    failures: /^revocation: .* was revoked at/,
    calls: 1,
  },
  {
    name: 'a signer that may be revoked',
    chain: REVOCABLE,
    stampedAt: recently(),
    http: scriptedHttp(),
    failures:
      /^revocation: .* may be revoked: the responder http:\/\/ocsp\.example\/ cannot be used/,
    calls: 1,
  },
  {
    name: 'a signer that nobody asks about',
    chain: REVOCABLE,
    stampedAt: recently(),
    verification: { override: { revocation: 'skip' } },
    http: scriptedHttp(),
    calls: 0,
  },
  {
    name: 'a signer whose key was good when a signing authority vouched for it',
    chain: REVOCABLE,
    attributes: { scheme: 'notary.x509.signingAuthority' },
    http: scriptedHttp({
      'ocsp.example': () =>
        makeAnswer(REVOCABLE, { state: 'revoked', invalidSince: new Date(Date.now() + 3_600_000) }),
    }),
    calls: 1,
  },
];

describe('evidence-reader createEvidenceReader', () => {
  for (const row of CASES) {
    it(`finds what judges ${row.name}`, async () => {
      const before = row.http?.calls.length ?? 0;
      const result = await verify(row);
      assert.match(formatFailures(result), row.failures ?? /^$/);
      assert.equal(result.ok, row.failures === undefined);
      assert.equal((row.http?.calls.length ?? 0) - before, row.calls ?? 0);
    });
  }

  it('finds nothing out about what is no signature, or is not to be verified', async () => {
    const clock = { now: () => new Date() };
    const http = scriptedHttp();
    const reader = createEvidenceReader(createRevocationReader(http, clock), clock);
    const { bytes: envelope, mediaType } = makeEnvelope(REVOCABLE, 'jws');
    const trust = trustOf(REVOCABLE, { name: '' });
    const skipped = { ...trust, statement: { ...trust.statement, level: 'skip' as const } };
    const evidence = await reader.gather(
      [
        { envelope: Buffer.from('no'), mediaType, trust },
        { envelope, mediaType, trust: skipped },
        { envelope, mediaType },
      ],
      SIGNAL,
    );
    assert.equal(evidence.revocation.size + evidence.timestamps.size, 0);
    assert.equal(http.calls.length, 0);
  });

  it('reads the stamps that are wanted of a signer whom we know', async () => {
    const clock = { now: () => new Date() };
    const reader = createEvidenceReader(createRevocationReader(scriptedHttp(), clock), clock);
    const { store } = trustOf(SIGNER, { name: '' });
    const stampRoots = definite(store.get('tsa:stamps'), 'the roots');
    for (const stampedAt of [recently(), undefined]) {
      const row = { name: '', ...(stampedAt === undefined ? {} : { stampedAt }) };
      const { bytes: envelope, mediaType } = envelopeOf(SIGNER, row);
      const evidence = await reader.gather([{ envelope, mediaType, stampRoots }], SIGNAL);
      const signature = { envelope, mediaType, subject: SUBJECT, now: clock.now() };
      const stamps = { roots: stampRoots, evidence };
      const result = verifyAgainstChain(signature, SIGNER.chainDer, stamps);
      assert.equal(result.ok, stampedAt !== undefined);
    }
  });
});
