import assert from 'node:assert/strict';
import { digestOf } from '../../../../shared/oci/digest.ts';
import type { TrustPolicyStatement } from '../../../../shared/notary/trust-policy.ts';
import { NO_EVIDENCE } from '../../../../shared/notary/evidence.ts';
import { flawOf } from '../../../../tasks/SignImageInfo/judge.ts';
import type { Judgement } from '../../../../tasks/SignImageInfo/judge.ts';
import { makeChain } from '../../../support/certificates.ts';
import { SUBJECT } from '../../../support/signatures.ts';
import { NOW, signOne, trustOf } from '../../../support/signing.ts';

const CHAIN = makeChain();
const STRANGER = makeChain();
/** What most signatures are judged with. */
const NOTHING = { now: NOW, stampRoots: undefined, evidence: NO_EVIDENCE } as const;
const PLACE = {
  repository: { registry: 'build.example', name: 'run/1/app' },
  publicName: 'mcr.example/app',
};

const trusts: readonly {
  readonly name: string;
  readonly trust: Judgement['trust'];
  readonly flaw: RegExp | undefined;
}[] = [
  { name: 'no policy', trust: undefined, flaw: undefined },
  { name: 'a policy for everything', trust: trustOf(CHAIN, '*'), flaw: undefined },
  {
    name: 'a policy for the repository that is read',
    trust: trustOf(CHAIN, 'build.example/run/1/app'),
    flaw: undefined,
  },
  {
    name: 'a policy for the public name',
    trust: trustOf(CHAIN, 'mcr.example/app'),
    flaw: undefined,
  },
  {
    name: 'a policy for something else',
    trust: trustOf(CHAIN, 'mcr.example/other'),
    flaw: /^no trust policy statement is for build\.example\/run\/1\/app or mcr\.example\/app$/,
  },
  { name: 'a policy that trusts others', trust: trustOf(STRANGER, '*'), flaw: /^authenticity: / },
];

/** The same trust where every statement lets strangers pass. */
function leniently(
  { policy, store }: NonNullable<Judgement['trust']>,
  how: 'log' | 'skip',
): Judgement['trust'] {
  const statements = policy.statements.map((statement): TrustPolicyStatement =>
    how === 'skip'
      ? { ...statement, level: 'skip' }
      : { ...statement, actions: { ...statement.actions, authenticity: 'log' } },
  );
  return { policy: { statements }, store };
}

describe('judge flawOf', () => {
  for (const { name, trust, flaw } of trusts) {
    it(`${flaw === undefined ? 'accepts' : 'refuses'} our signature under ${name}`, async () => {
      const { bytes, mediaType } = await signOne(CHAIN, SUBJECT);
      const signature = { envelope: bytes, mediaType, subject: SUBJECT, place: PLACE };
      const found = flawOf(signature, { trust, ...NOTHING }, CHAIN.chainDer);
      if (flaw === undefined) assert.equal(found, undefined);
      else assert.match(found ?? '', flaw);
    });
  }

  const flaws = [
    { name: 'of another certificate', chain: STRANGER, subject: SUBJECT, flaw: /^authenticity: / },
    {
      name: 'over something else',
      chain: CHAIN,
      subject: { ...SUBJECT, digest: digestOf(Buffer.from('other')) },
      flaw: /^subject: /,
    },
  ];
  for (const { name, chain, subject, flaw } of flaws) {
    it(`refuses a signature ${name}, even when the policy would trust it`, async () => {
      const { bytes, mediaType } = await signOne(chain, subject);
      const signature = { envelope: bytes, mediaType, subject: SUBJECT, place: PLACE };
      const trust = trustOf(chain, '*');
      assert.match(flawOf(signature, { trust, ...NOTHING }, CHAIN.chainDer) ?? '', flaw);
    });
  }

  const unknown: readonly {
    readonly name: string;
    readonly trust: Judgement['trust'];
    readonly flaw: RegExp | undefined;
  }[] = [
    { name: 'under a policy that trusts it', trust: trustOf(CHAIN, '*'), flaw: undefined },
    {
      name: 'under a policy that does not',
      trust: trustOf(STRANGER, '*'),
      flaw: /^authenticity: /,
    },
    {
      name: 'under a policy that only logs who signed',
      trust: leniently(trustOf(STRANGER, '*'), 'log'),
      flaw: /^authenticity: .* does not lead to/,
    },
    {
      name: 'under a policy that skips verification',
      trust: leniently(trustOf(CHAIN, '*'), 'skip'),
      flaw: /^authenticity: statement release skips verification/,
    },
    { name: 'without a policy', trust: undefined, flaw: /^nothing says who may sign$/ },
  ];
  for (const { name, trust, flaw } of unknown) {
    it(`${flaw === undefined ? 'accepts' : 'refuses'} a signature of an unknown signer ${name}`, async () => {
      const { bytes, mediaType } = await signOne(CHAIN, SUBJECT);
      const signature = { envelope: bytes, mediaType, subject: SUBJECT, place: PLACE };
      const found = flawOf(signature, { trust, ...NOTHING }, undefined);
      if (flaw === undefined) assert.equal(found, undefined);
      else assert.match(found ?? '', flaw);
    });
  }

  it('refuses what is no envelope', () => {
    const signature = { envelope: Buffer.from('no'), mediaType: 'application/cose' };
    const judged = { ...signature, subject: SUBJECT, place: PLACE };
    const found = flawOf(judged, { trust: undefined, ...NOTHING }, CHAIN.chainDer);
    assert.match(found ?? '', /^integrity: /);
  });
});
