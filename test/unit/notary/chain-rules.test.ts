import assert from 'node:assert/strict';
import { parseCertificate } from '../../../shared/notary/certificate.ts';
import type { Certificate } from '../../../shared/notary/certificate.ts';
import {
  CODE_SIGNING,
  TIME_STAMPING,
  findChainProblems,
} from '../../../shared/notary/chain-rules.ts';
import type { ChainPurpose } from '../../../shared/notary/chain-rules.ts';
import { extension } from '../../support/certificate-extensions.ts';
import { makeChain, makeStampingChain } from '../../support/certificates.ts';
import type { ChainOptions, TestChain } from '../../support/certificates.ts';
import { NULL } from '../../support/der.ts';

function faultsOf({ chainDer }: TestChain, purpose: ChainPurpose): string {
  const certificates = chainDer.flatMap((der): readonly Certificate[] => {
    const read = parseCertificate(der, 'certificate');
    assert.ok(read.ok);
    return [read.value];
  });
  return findChainProblems(certificates, purpose, 'chain')
    .map(({ path, message }) => `${path} ${message}`)
    .join('\n');
}

const FOREIGN = extension('1.2.3.4', NULL, true);

describe('chain-rules CODE_SIGNING', () => {
  const usages = [
    [2, 'keyEncipherment'],
    [3, 'dataEncipherment'],
    [4, 'keyAgreement'],
    [5, 'keyCertSign'],
    [6, 'cRLSign'],
    [7, 'encipherOnly'],
    [8, 'decipherOnly'],
  ] as const;
  for (const [bit, name] of usages) {
    it(`refuses a leaf whose key is also for ${name}`, () => {
      const faults = faultsOf(makeChain({ leaf: { keyUsage: [0, bit] } }), CODE_SIGNING);
      assert.equal(faults, `chain[0] has a key usage that signing forbids: ${name}`);
    });
  }

  const purposes = [
    ['2.5.29.37.0', 'any purpose'],
    ['1.3.6.1.5.5.7.3.1', 'server authentication'],
    ['1.3.6.1.5.5.7.3.2', 'client authentication'],
    ['1.3.6.1.5.5.7.3.4', 'e-mail protection'],
    ['1.3.6.1.5.5.7.3.8', 'time stamping'],
    ['1.3.6.1.5.5.7.3.9', 'OCSP signing'],
  ] as const;
  for (const [oid, name] of purposes) {
    it(`refuses a leaf that is for ${name} besides code`, () => {
      const extendedKeyUsage = ['1.3.6.1.5.5.7.3.3', oid];
      const faults = faultsOf(makeChain({ leaf: { extendedKeyUsage } }), CODE_SIGNING);
      assert.equal(faults, `chain[0] is for ${name}, which signing forbids`);
    });
  }

  const rejected: readonly {
    readonly name: string;
    readonly options: ChainOptions;
    readonly fault: string;
  }[] = [
    {
      name: 'an authority whose basic constraints are not critical',
      options: { authority: { caCritical: false } },
      fault: 'chain[1] has basic constraints that are not critical',
    },
    {
      name: 'an authority whose key usage is not critical',
      options: { authority: { keyUsageCritical: false } },
      fault: 'chain[1] has a key usage that is not critical',
    },
  ];
  for (const { name, options, fault } of rejected) {
    it(`refuses ${name}`, () => {
      assert.equal(faultsOf(makeChain(options), CODE_SIGNING), fault);
    });
  }

  it('passes over extensions that the reference implementation does not know, critical or not', () => {
    const profile = { extensions: [FOREIGN] };
    assert.equal(faultsOf(makeChain({ leaf: profile, authority: profile }), CODE_SIGNING), '');
  });
});

describe('chain-rules TIME_STAMPING', () => {
  const accepted: readonly { readonly name: string; readonly authority: object }[] = [
    { name: 'any purpose', authority: { extendedKeyUsage: ['2.5.29.37.0'] } },
    {
      name: 'time stamping and other purposes',
      authority: { extendedKeyUsage: ['1.3.6.1.5.5.7.3.3', '1.3.6.1.5.5.7.3.8'] },
    },
    { name: 'a key usage that is not critical', authority: { keyUsageCritical: false } },
  ];
  for (const { name, authority } of accepted) {
    it(`accepts an issuer with ${name}`, () => {
      assert.equal(faultsOf(makeStampingChain({ authority }), TIME_STAMPING), '');
    });
  }

  const rejected: readonly {
    readonly name: string;
    readonly options: ChainOptions;
    readonly fault: string;
  }[] = [
    {
      name: 'a leaf with a critical extension that means nothing here',
      options: { leaf: { extensions: [FOREIGN] } },
      fault: 'chain[0] has critical extensions not known here: 1.2.3.4',
    },
    {
      name: 'an authority with a critical extension that means nothing here',
      options: { authority: { extensions: [FOREIGN] } },
      fault: 'chain[1] has critical extensions not known here: 1.2.3.4',
    },
    {
      name: 'a leaf without a purpose',
      options: { leaf: { extendedKeyUsage: [] } },
      fault: 'chain[0] is not for time stamping alone',
    },
    {
      name: 'a leaf that is an authority',
      options: { leaf: { ca: true } },
      fault: 'chain[0] is a certificate authority, not a signing certificate',
    },
  ];
  for (const { name, options, fault } of rejected) {
    it(`refuses ${name}`, () => {
      assert.equal(faultsOf(makeStampingChain(options), TIME_STAMPING), fault);
    });
  }

  // Name constraints, policies and the like, which only say whom else authorities may certify.
  const harmless = ['14', '15', '17', '19', '30', '31', '32', '33', '35', '36', '37', '46', '54'];
  it('passes over critical extensions that limit names and policies', () => {
    const own = new Set(['15', '19', '31', '37']);
    const extensions = harmless
      .filter((arc) => !own.has(arc))
      .map((arc) => extension(`2.5.29.${arc}`, NULL, true));
    const chain = makeStampingChain({ authority: { extensions } });
    assert.equal(faultsOf(chain, TIME_STAMPING), '');
  });
});
