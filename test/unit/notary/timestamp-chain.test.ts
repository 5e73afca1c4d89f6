import assert from 'node:assert/strict';
import { definite } from '../../../shared/core/errors.ts';
import { parseCertificate } from '../../../shared/notary/certificate.ts';
import type { Certificate } from '../../../shared/notary/certificate.ts';
import { findTimestampChain } from '../../../shared/notary/timestamp-chain.ts';
import type { TimestampAnchors } from '../../../shared/notary/timestamp-chain.ts';
import { certify, makeKey, makeStampingChain } from '../../support/certificates.ts';
import type { Party } from '../../support/certificates.ts';
import { oid, sequence, set, utf8 } from '../../support/der.ts';
import { faultsOf } from '../../support/signatures.ts';

const NOW = new Date();
const PAST = { notBefore: new Date('2020-01-01'), notAfter: new Date('2021-01-01') };
const AUTHORITY = { keyUsage: [5, 6], ca: true };
const CHAIN = makeStampingChain({ intermediates: 1 });
const [leaf, middle, root] = CHAIN.chainDer.map(read);
const [, middleParty, rootParty] = CHAIN.parties;
assert.ok(leaf !== undefined && middle !== undefined && root !== undefined);
assert.ok(middleParty !== undefined && rootParty !== undefined);

function read(der: Uint8Array): Certificate {
  const certificate = parseCertificate(der, 'certificate');
  assert.ok(certificate.ok);
  return certificate.value;
}

function partyOf(name: string): Party {
  return { name: sequence(set(sequence(oid('2.5.4.3'), utf8(name)))), key: makeKey('EC-256') };
}

/** The certificate of an authority, by an issuer, at other times. */
function issued(subject: Party, issuer: Party, options = {}): Certificate {
  return read(certify({ subject, issuer, profile: AUTHORITY, options }));
}

function namesOf(anchors: Omit<TimestampAnchors, 'at'>, of = leaf): readonly string[] | string {
  const chain = findTimestampChain(definite(of, 'the leaf'), { ...anchors, at: NOW });
  return chain.ok ? chain.value.map(({ thumbprint }) => thumbprint) : faultsOf(chain);
}

describe('timestamp-chain findTimestampChain', () => {
  const good = [leaf, middle, root].map(({ thumbprint }) => thumbprint);
  const expired = issued(middleParty, rootParty, PAST);

  const orders = [
    { name: 'first', certificates: [expired, middle] },
    { name: 'last', certificates: [middle, expired] },
  ];
  for (const { name, certificates } of orders) {
    it(`takes the renewed certificate of an issuer when the old one comes ${name}`, () => {
      assert.deepEqual(namesOf({ certificates, roots: [root] }), good);
    });
  }

  it('is not led past a trusted root by a certificate that somebody else gave it', () => {
    const crossSigned = issued(rootParty, partyOf('Older Root'));
    const certificates = [crossSigned, middle];
    assert.deepEqual(namesOf({ certificates, roots: [root] }), good);
  });

  it('says what is wrong with the first chain when none keeps the rules', () => {
    const certificates = [expired];
    const faults = namesOf({ certificates, roots: [root] });
    assert.match(String(faults), /Test Intermediate expired at 2021/);
  });

  it('takes any of several trusted roots', () => {
    const other = partyOf('Other Root');
    const roots = [issued(other, other), root];
    assert.deepEqual(namesOf({ certificates: [middle], roots }), good);
  });

  it('trusts no root for its name', () => {
    const impostor = { name: rootParty.name, key: makeKey('EC-256') };
    const roots = [issued(impostor, impostor)];
    const faults = namesOf({ certificates: [middle, root], roots });
    assert.match(String(faults), /CN=Time Stamping does not lead to a trusted root$/);
  });

  it('does not trust an intermediate for being among the roots', () => {
    const faults = namesOf({ certificates: [], roots: [middle] });
    assert.match(String(faults), /is the last certificate but not a self-signed root/);
  });

  it('gives up on authorities that all issue each other', () => {
    const parties = Array.from({ length: 6 }, (_, index) => partyOf(`Ring ${index}`));
    const ring = parties.flatMap((subject) => parties.map((issuer) => issued(subject, issuer)));
    const lost = issued(partyOf('Lost'), definite(parties[0], 'an issuer'));
    const began = performance.now();
    const faults = namesOf({ certificates: ring, roots: [root] }, lost);
    assert.match(String(faults), /CN=Lost does not lead to a trusted root$/);
    assert.ok(performance.now() - began < 5000);
  });

  const lengths = [
    { length: 8, expected: /^$/ },
    { length: 9, expected: /does not lead to a trusted root/ },
  ];
  for (const { length, expected } of lengths) {
    it(`${length === 8 ? 'follows' : 'does not follow'} a chain of ${length}`, () => {
      const parties = Array.from({ length: length - 2 }, (_, index) => partyOf(`Level ${index}`));
      const line = [...parties, rootParty];
      const certificates = parties.map((one, index) =>
        issued(one, definite(line[index + 1], 'an issuer')),
      );
      const profile = {
        keyUsage: [0],
        extendedKeyUsage: ['1.3.6.1.5.5.7.3.8'],
        extendedKeyUsageCritical: true,
      };
      const issuer = definite(line[0], 'an issuer');
      const end = read(certify({ subject: partyOf('Leaf'), issuer, profile, options: {} }));
      const found = namesOf({ certificates, roots: [root] }, end);
      assert.match(typeof found === 'string' ? found : '', expected);
    });
  }
});
