import assert from 'node:assert/strict';
import { TaskError } from '../../../../shared/core/errors.ts';
import { NO_EVIDENCE } from '../../../../shared/notary/evidence.ts';
import { LEVELS } from '../../../../shared/notary/trust-levels.ts';
import { checkGate } from '../../../../tasks/PublishArtifacts/gate.ts';
import type { GateFacts } from '../../../../tasks/PublishArtifacts/gate.ts';
import type { GatedManifest, SignatureFact } from '../../../../tasks/PublishArtifacts/gated.ts';
import { makeChain } from '../../../support/certificates.ts';
import type { TestChain } from '../../../support/certificates.ts';
import { SUBJECT } from '../../../support/signatures.ts';
import { NOW, signOne, trustOf } from '../../../support/signing.ts';

const CHAIN = makeChain();
const STRANGER = makeChain();
const GARBAGE: SignatureFact = { envelope: Buffer.from('no'), mediaType: 'application/cose' };

async function signatureBy(chain: TestChain, subject = SUBJECT): Promise<SignatureFact> {
  const { bytes, mediaType } = await signOne(chain, subject);
  return { envelope: bytes, mediaType };
}

function manifestWith(...signatures: readonly SignatureFact[]): GatedManifest {
  const scopes = ['build.example/run/1/app', 'mcr.example/app'];
  return { name: `app@${SUBJECT.digest}`, descriptor: SUBJECT, scopes, signatures };
}

function verified(...scopes: readonly string[]): GateFacts {
  return { kind: 'verified', ...trustOf(CHAIN, ...scopes), now: NOW };
}

function refusalOf(gate: GateFacts, ...manifests: readonly GatedManifest[]): TaskError | undefined {
  try {
    checkGate(gate, manifests, NO_EVIDENCE);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof TaskError);
    return error;
  }
}

describe('gate checkGate', () => {
  let ours: SignatureFact;
  let strange: SignatureFact;
  let misplaced: SignatureFact;

  before(async () => {
    ours = await signatureBy(CHAIN);
    strange = await signatureBy(STRANGER);
    misplaced = await signatureBy(CHAIN, { ...SUBJECT, size: SUBJECT.size + 1 });
  });

  const passes: readonly {
    readonly name: string;
    readonly gate: GateFacts;
    readonly signatures: () => readonly SignatureFact[];
  }[] = [
    { name: 'no signature when none is asked for', gate: { kind: 'none' }, signatures: () => [] },
    {
      name: 'any signature when one must be present',
      gate: { kind: 'present' },
      signatures: () => [GARBAGE],
    },
    { name: 'a trusted signature', gate: verified('*'), signatures: () => [ours] },
    {
      name: 'one trusted signature among others',
      gate: verified('*'),
      signatures: () => [GARBAGE, strange, misplaced, ours],
    },
    {
      name: 'a statement for the repository that is read',
      gate: verified('build.example/run/1/app'),
      signatures: () => [ours],
    },
    {
      name: 'a statement for the public name',
      gate: verified('mcr.example/app'),
      signatures: () => [ours],
    },
  ];
  for (const { name, gate, signatures } of passes) {
    it(`passes ${name}`, () => {
      assert.equal(refusalOf(gate, manifestWith(...signatures())), undefined);
    });
  }

  const refusals: readonly {
    readonly name: string;
    readonly gate: GateFacts;
    readonly signatures: () => readonly SignatureFact[];
    readonly code: string;
    readonly reason: RegExp;
  }[] = [
    {
      name: 'no signature when one must be present',
      gate: { kind: 'present' },
      signatures: () => [],
      code: 'SIGNATURE_MISSING',
      reason: /: no signature$/,
    },
    {
      name: 'no signature when one must verify',
      gate: verified('*'),
      signatures: () => [],
      code: 'SIGNATURE_MISSING',
      reason: /: no signature$/,
    },
    {
      name: 'a signature of a stranger',
      gate: verified('*'),
      signatures: () => [strange],
      code: 'SIGNATURE_INVALID',
      reason: /: authenticity: /,
    },
    {
      name: 'a signature over something else',
      gate: verified('*'),
      signatures: () => [misplaced],
      code: 'SIGNATURE_INVALID',
      reason: /: subject: /,
    },
    {
      name: 'several bad signatures, with the reason of each',
      gate: verified('*'),
      signatures: () => [strange, GARBAGE],
      code: 'SIGNATURE_INVALID',
      reason: /: authenticity: .* \| integrity: /,
    },
    {
      name: 'a repository that no statement is for',
      gate: verified('mcr.example/other'),
      signatures: () => [ours],
      code: 'SIGNATURE_INVALID',
      reason:
        /: no trust policy statement is for build\.example\/run\/1\/app or mcr\.example\/app$/,
    },
  ];
  for (const { name, gate, signatures, code, reason } of refusals) {
    it(`refuses ${name}`, () => {
      const refusal = refusalOf(gate, manifestWith(...signatures()));
      assert.equal(refusal?.code, code);
      assert.match(refusal.message, /^1 digest of 1 may not be published:\n {2}app@sha256:/);
      assert.match(refusal.message, reason);
    });
  }

  it('sends to the trust policy, not to signing, where no statement is for a repository', () => {
    const lacking = refusalOf(verified('mcr.example/other'), manifestWith(ours));
    assert.match(
      lacking?.hint ?? '',
      /^Add a statement for these repositories to the trust policy/,
    );
    const strangers = refusalOf(verified('*'), manifestWith(strange));
    assert.match(strangers?.hint ?? '', /^Run SignImageInfo on this image-info/);
  });

  /** A gate of a trust policy that only wants to be told what fails, or nothing. */
  function lax(level: 'audit' | 'skip'): GateFacts {
    const [statement] = trustOf(CHAIN, '*').policy.statements;
    assert.ok(statement);
    const settings = level === 'audit' ? { actions: LEVELS.audit } : {};
    const policy = { statements: [{ ...statement, level, ...settings }] };
    return { kind: 'verified', ...trustOf(CHAIN, '*'), policy, now: NOW };
  }

  it('warns about what the trust policy only logs, once a check, however many digests it is', () => {
    const manifests = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ ...manifestWith(strange), name }));
    const warnings = checkGate(lax('audit'), manifests, NO_EVIDENCE);
    const [authenticity = ''] = warnings;
    assert.match(
      authenticity,
      /^The trust policy does not enforce authenticity for 5 digests: a: .*; b: .*; c: .*; and 2 more$/,
    );
    const checks = warnings.map((warning) => /enforce (\w+)/.exec(warning)?.[1]);
    assert.equal(new Set(checks).size, warnings.length);
  });

  it('warns that a statement skips verification', () => {
    assert.deepEqual(checkGate(lax('skip'), [manifestWith(GARBAGE)], NO_EVIDENCE), [
      `The trust policy does not enforce integrity for 1 digest: app@${SUBJECT.digest}: statement release skips verification`,
    ]);
  });

  it('does not warn where another signature passes every check', () => {
    const manifest = manifestWith(strange, ours);
    assert.deepEqual(checkGate(lax('audit'), [manifest], NO_EVIDENCE), []);
  });

  it('lists everything that it refuses; what is missing names the failure', () => {
    const missing = { ...manifestWith(), name: 'other' };
    const refusal = refusalOf(verified('*'), manifestWith(strange), manifestWith(ours), missing);
    assert.equal(refusal?.code, 'SIGNATURE_MISSING');
    assert.match(
      refusal.message,
      /^2 digests of 3 .*\n {2}app@.*authenticity.*\n {2}other: no signature$/,
    );
  });
});
