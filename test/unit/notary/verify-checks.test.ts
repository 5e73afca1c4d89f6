import assert from 'node:assert/strict';
import { definite } from '../../../shared/core/errors.ts';
import { loadAsn1 } from '../../../shared/notary/asn1.ts';
import { NO_EVIDENCE, tokenKey } from '../../../shared/notary/evidence.ts';
import type { Evidence } from '../../../shared/notary/evidence.ts';
import { parseTimestampToken } from '../../../shared/notary/timestamp-token.ts';
import { LEVELS } from '../../../shared/notary/trust-levels.ts';
import type { Trust } from '../../../shared/notary/verify.ts';
import { openSignature } from '../../../shared/notary/verify.ts';
import {
  checkExpiry,
  checkRevocation,
  checkSameSigner,
  checkSigningTime,
  checkTrust,
  isChainRevocable,
  requiredAuthorities,
} from '../../../shared/notary/verify-checks.ts';
import type { SoundSignature } from '../../../shared/notary/verify-checks.ts';
import { issueBeside, makeChain, makeStampingChain } from '../../support/certificates.ts';
import type { ChainOptions, TestChain } from '../../support/certificates.ts';
import { certificateIn, hoursFromNow } from '../../support/revocation.ts';
import { makeEnvelope } from '../../support/signatures.ts';
import type { EnvelopeChanges } from '../../support/signatures.ts';
import { makeToken } from '../../support/timestamps.ts';

const SIGNER = makeChain();
const VOUCHED = { scheme: 'notary.x509.signingAuthority' } as const;

function soundOf(chain: TestChain, changes: EnvelopeChanges = {}): SoundSignature {
  const { bytes: envelope, mediaType } = makeEnvelope(chain, 'cose', changes);
  return definite(openSignature({ envelope, mediaType }), 'a sound signature');
}

/** A chain with another leaf under the issuer of a chain, valid at other times. */
function withOtherLeaf(chain: TestChain, options: ChainOptions = {}): TestChain {
  const leaf = issueBeside(chain, { keyUsage: [0] }, options);
  const chainDer = [leaf.certificate, ...chain.chainDer.slice(1)];
  return { ...chain, leafKey: leaf.key, chainDer };
}

function trustIn(chain: TestChain, statement: Partial<Trust['statement']> = {}): Trust {
  return {
    statement: {
      name: 'release',
      registryScopes: ['*'],
      level: 'strict',
      actions: LEVELS.strict,
      verifyTimestamp: 'always',
      trustStores: [
        { type: 'ca', name: 'contoso' },
        { type: 'signingAuthority', name: 'contoso' },
      ],
      trustedIdentities: '*',
      ...statement,
    },
    store: new Map([
      ['ca:contoso', [certificateIn(chain, 1)]],
      ['signingAuthority:contoso', [certificateIn(SIGNER, 1)]],
      ['tsa:stamps', [certificateIn(makeStampingChain(), 1)]],
    ]),
  };
}

describe('verify-checks checkTrust', () => {
  const identity = (organization: string): ReadonlyMap<string, string> =>
    new Map([['O', organization]]);

  it('takes a signer who is one of several trusted identities', () => {
    const { statement, store } = trustIn(SIGNER, {
      trustedIdentities: [identity('Fabrikam'), identity('Contoso')],
    });
    assert.ok(checkTrust(soundOf(SIGNER), statement, store).passed);
  });

  it('says no more than that a signer is no trusted identity, safe to print', () => {
    const { statement, store } = trustIn(SIGNER, {
      name: '##vso[x]',
      trustedIdentities: [identity('Fabrikam')],
    });
    const { passed, message } = checkTrust(soundOf(SIGNER), statement, store);
    assert.ok(!passed);
    assert.match(message, /is none of the trusted identities of statement # #vso\[x\]$/);
  });

  it('does not trust a signing authority for being in a store of the other scheme', () => {
    const vouched = makeChain();
    const { statement, store } = trustIn(vouched);
    assert.ok(checkTrust(soundOf(vouched), statement, store).passed);
    const { passed, message } = checkTrust(
      soundOf(vouched, { attributes: VOUCHED }),
      statement,
      store,
    );
    assert.ok(!passed);
    assert.match(message, /does not lead to a certificate in signingAuthority:contoso$/);
  });
});

describe('verify-checks checkSameSigner', () => {
  it('refuses another leaf that the same root issued', () => {
    const other = withOtherLeaf(SIGNER);
    assert.ok(checkSameSigner(soundOf(other), other.chainDer).passed);
    assert.ok(!checkSameSigner(soundOf(other), SIGNER.chainDer).passed);
  });
});

describe('verify-checks checkExpiry', () => {
  it('ends a signature with the moment that it names', () => {
    const expiry = new Date('2027-01-01T00:00:00Z');
    const signature = soundOf(SIGNER, {
      attributes: { signingTime: new Date('2026-01-01T00:00:00Z'), expiry },
    });
    assert.ok(checkExpiry(signature, new Date(expiry.getTime() - 1)).passed);
    assert.ok(!checkExpiry(signature, expiry).passed);
  });
});

describe('verify-checks checkRevocation', () => {
  const chain = makeChain({ leaf: { ocspUrl: 'http://ocsp.example/' } });
  const lost = hoursFromNow(-1);
  const evidence: Evidence = {
    ...NO_EVIDENCE,
    revocation: new Map([
      [certificateIn(chain, 0).thumbprint, { kind: 'revoked', at: lost, invalidSince: lost }],
    ]),
  };
  const signingTime = hoursFromNow(-2);

  it('does not believe a signer with a lost key who claims to have signed before', () => {
    const claimed = soundOf(chain, { attributes: { signingTime } });
    assert.ok(!checkRevocation(claimed, evidence).passed);
  });

  it('believes a signing authority that vouches for a time before the key was lost', () => {
    const vouched = soundOf(chain, { attributes: { ...VOUCHED, signingTime } });
    assert.ok(checkRevocation(vouched, evidence).passed);
  });

  it('says whether anybody could have revoked a certificate', () => {
    const known: Evidence = {
      ...NO_EVIDENCE,
      revocation: new Map([[certificateIn(chain, 0).thumbprint, { kind: 'good' }]]),
    };
    assert.equal(checkRevocation(soundOf(chain), known).message, 'no certificate is revoked');
    const { message } = checkRevocation(soundOf(SIGNER), NO_EVIDENCE);
    assert.match(message, /^no certificate can be revoked/);
  });
});

describe('verify-checks isChainRevocable', () => {
  const listed = { crlUrl: 'http://crl.example/a.crl' };
  const isRevocable = (options: ChainOptions): boolean =>
    isChainRevocable(soundOf(makeChain(options)));

  it('holds for one certificate among several', () => {
    assert.ok(isRevocable({ intermediates: 1, leaf: listed }));
  });

  it('passes over the root', () => {
    assert.ok(!isRevocable({ authority: listed }));
  });
});

describe('verify-checks requiredAuthorities', () => {
  const stamped = {
    trustStores: [
      { type: 'ca', name: 'contoso' },
      { type: 'tsa', name: 'stamps' },
    ],
    verifyTimestamp: 'afterCertExpiry',
  } as const;
  const old = { notBefore: new Date('2024-01-01'), notAfter: new Date('2025-01-01') };

  it('wants a timestamp once one certificate of several has expired', () => {
    const trust = trustIn(SIGNER, stamped);
    const now = new Date();
    assert.equal(requiredAuthorities(soundOf(SIGNER), trust, now), undefined);
    const required = requiredAuthorities(soundOf(withOtherLeaf(SIGNER, old)), trust, now);
    assert.ok(required?.ok === true);
    assert.equal(required.value.length, 1);
  });

  it('wants no timestamp of a signing authority', () => {
    const vouched = soundOf(SIGNER, { attributes: VOUCHED });
    const trust = trustIn(SIGNER, { ...stamped, verifyTimestamp: 'always' });
    assert.equal(requiredAuthorities(vouched, trust, new Date()), undefined);
  });

  it('names the stores of time stamping authorities that have no certificate', () => {
    const { statement } = trustIn(SIGNER, { ...stamped, verifyTimestamp: 'always' });
    const required = requiredAuthorities(
      soundOf(SIGNER),
      { statement, store: new Map() },
      new Date(),
    );
    assert.ok(required !== undefined && !required.ok);
    assert.match(required.problems[0]?.message ?? '', /trust store tsa:stamps has no certificate/);
  });
});

describe('verify-checks checkSigningTime', () => {
  const authority = makeStampingChain();
  const authorities = { ok: true, value: [certificateIn(authority, 1)] } as const;
  const edges = [
    { name: 'within the validity of the signer', seconds: 10, passed: true },
    { name: 'whose latest true time is after the signer expired', seconds: -1, passed: false },
  ] as const;
  for (const { name, seconds, passed } of edges) {
    it(`${passed ? 'takes' : 'refuses'} a timestamp ${name}`, async () => {
      const time = hoursFromNow(0);
      const notAfter = new Date(time.getTime() + seconds * 1000 + 2000);
      const signer = makeChain({ notAfter });
      let token = new Uint8Array();
      const signature = soundOf(signer, {
        stamp: (bytes) =>
          (token = Uint8Array.from(makeToken(authority, bytes, { time, accuracySeconds: 3 }))),
      });
      const read = parseTimestampToken(await loadAsn1(), token);
      const evidence = { ...NO_EVIDENCE, timestamps: new Map([[tokenKey(token), read]]) };
      const finding = checkSigningTime(signature, { now: new Date(), evidence, authorities });
      assert.equal(finding.passed, passed, finding.message);
    });
  }
});
