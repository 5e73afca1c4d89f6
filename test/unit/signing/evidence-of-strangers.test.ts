import assert from 'node:assert/strict';
import { definite } from '../../../shared/core/errors.ts';
import type { Evidence } from '../../../shared/notary/evidence.ts';
import { LEVELS } from '../../../shared/notary/trust-levels.ts';
import { formatFailures, verifySignature } from '../../../shared/notary/verify.ts';
import type { Trust, VerificationResult } from '../../../shared/notary/verify.ts';
import type { SignatureInQuestion } from '../../../shared/ports/evidence.ts';
import { createEvidenceReader } from '../../../shared/signing/evidence-reader.ts';
import { createRevocationReader } from '../../../shared/signing/revocation.ts';
import { makeChain, makeStampingChain } from '../../support/certificates.ts';
import type { TestChain } from '../../support/certificates.ts';
import { certificateIn } from '../../support/revocation.ts';
import { scriptedHttp } from '../../support/scripted-http.ts';
import { SUBJECT, makeEnvelope } from '../../support/signatures.ts';
import { trustOf } from '../../support/signing.ts';
import { makeToken } from '../../support/timestamps.ts';

const SIGNAL = new AbortController().signal;
const CLOCK = { now: () => new Date() };
const TRUSTED = makeChain();
const AUTHORITY = makeStampingChain({ leaf: { ocspUrl: 'http://ocsp.example/' } });

function strangerAt(url: string): TestChain {
  return makeChain({ leaf: { ocspUrl: url } });
}

/** Trust in somebody else than the stranger; timestamps are wanted. */
function trustIn(chain: TestChain, actions: Trust['statement']['actions']): Trust {
  const { policy, store } = trustOf(chain, '*');
  const statement = definite(policy.statements[0], 'the statement');
  const stamps = { type: 'tsa', name: 'stamps' } as const;
  return {
    statement: { ...statement, actions, trustStores: [...statement.trustStores, stamps] },
    store: new Map([...store, ['tsa:stamps', [certificateIn(AUTHORITY, 1)]]]),
  };
}

function question(chain: TestChain, trust: Trust): SignatureInQuestion & { readonly trust: Trust } {
  const { bytes: envelope, mediaType } = makeEnvelope(chain, 'cose', {
    stamp: (signature) => makeToken(AUTHORITY, signature, {}),
  });
  return { envelope, mediaType, trust };
}

function verdict(
  { trust, ...signature }: ReturnType<typeof question>,
  evidence: Evidence,
): VerificationResult {
  const now = CLOCK.now();
  return verifySignature({ ...signature, subject: SUBJECT, now }, trust, evidence);
}

describe('evidence-reader gather', () => {
  it('never calls an address that a stranger names in a certificate, and says only that he is none we trust', async () => {
    const http = scriptedHttp();
    const reader = createEvidenceReader(createRevocationReader(http, CLOCK), CLOCK);
    const asked = question(
      strangerAt('http://169.254.169.254/latest'),
      trustIn(TRUSTED, LEVELS.strict),
    );
    const evidence = await reader.gather([asked], SIGNAL);
    assert.deepEqual(http.calls, []);
    const result = verdict(asked, evidence);
    assert.match(formatFailures(result), /^authenticity: [^;]* does not lead to [^;]*$/);
    const skipped = result.checks.filter(({ outcome }) => outcome === 'skipped');
    assert.deepEqual(
      skipped.map(({ check, message }) => `${check} ${message}`),
      ['authenticTimestamp not asked for', 'revocation not asked for'],
    );
  });

  it('asks about few of the strangers whom a statement only logs', async () => {
    const http = scriptedHttp();
    const reader = createEvidenceReader(createRevocationReader(http, CLOCK), CLOCK);
    const trust = trustIn(TRUSTED, LEVELS.audit);
    const questions = Array.from({ length: 20 }, (_, index) =>
      question(strangerAt(`http://inside.example/${index}`), trust),
    );
    await reader.gather(questions, SIGNAL);
    await reader.gather(questions, SIGNAL);
    const inside = http.calls.filter(({ url }) => url.host === 'inside.example');
    assert.equal(inside.length, 8);
  });
});
