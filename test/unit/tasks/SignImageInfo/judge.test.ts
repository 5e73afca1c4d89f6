import assert from 'node:assert/strict';
import { digestOf } from '../../../../shared/oci/digest.ts';
import { flawOf } from '../../../../tasks/SignImageInfo/judge.ts';
import type { Judgement } from '../../../../tasks/SignImageInfo/judge.ts';
import { makeChain } from '../../../support/certificates.ts';
import { SUBJECT } from '../../../support/signatures.ts';
import { NOW, signOne, trustOf } from '../../../support/signing.ts';

const CHAIN = makeChain();
const STRANGER = makeChain();
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

describe('judge flawOf', () => {
  for (const { name, trust, flaw } of trusts) {
    it(`${flaw === undefined ? 'accepts' : 'refuses'} our signature under ${name}`, async () => {
      const { bytes, mediaType } = await signOne(CHAIN, SUBJECT);
      const signature = { envelope: bytes, mediaType, subject: SUBJECT, place: PLACE };
      const found = flawOf(signature, { chain: CHAIN.chainDer, trust, now: NOW });
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
      assert.match(flawOf(signature, { chain: CHAIN.chainDer, trust, now: NOW }) ?? '', flaw);
    });
  }

  it('refuses what is no envelope', () => {
    const signature = { envelope: Buffer.from('no'), mediaType: 'application/cose' };
    const judged = { ...signature, subject: SUBJECT, place: PLACE };
    const found = flawOf(judged, { chain: CHAIN.chainDer, trust: undefined, now: NOW });
    assert.match(found ?? '', /^integrity: /);
  });
});
