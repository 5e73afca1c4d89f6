import assert from 'node:assert/strict';
import { findRevocationFault } from '../../../shared/notary/revocation-status.ts';
import type { RevocationStatus } from '../../../shared/notary/revocation-status.ts';
import { makeChain } from '../../support/certificates.ts';
import { certificateIn } from '../../support/revocation.ts';

const LIST_URL = 'http://crl.example/a.crl';
const CHAIN = makeChain({ leaf: { crlUrl: LIST_URL } });

describe('revocation-status findRevocationFault', () => {
  const at = new Date('2026-01-01T00:00:00Z');
  const chain = [0, 1].map((index) => certificateIn(CHAIN, index));
  const later = new Date('2026-02-01T00:00:00Z');
  const cases: readonly {
    readonly name: string;
    readonly status?: RevocationStatus;
    readonly at?: Date;
    readonly expected: RegExp;
  }[] = [
    { name: 'is good', status: { kind: 'good' }, expected: /^$/ },
    { name: 'is revoked', status: { kind: 'revoked', at: later }, at, expected: /was revoked at/ },
    {
      name: 'was revoked for later signatures',
      status: { kind: 'revoked', at: later, invalidSince: later },
      at,
      expected: /^$/,
    },
    {
      name: 'was revoked for later signatures, when the time is not proven',
      status: { kind: 'revoked', at: later, invalidSince: later },
      expected: /was revoked at/,
    },
    {
      name: 'was revoked for earlier signatures',
      status: { kind: 'revoked', at: later, invalidSince: at },
      at: later,
      expected: /was revoked at/,
    },
    {
      name: 'was revoked for signatures from that very moment on',
      status: { kind: 'revoked', at: later, invalidSince: at },
      at,
      expected: /was revoked at/,
    },
    {
      name: 'is not known',
      status: { kind: 'unknown', reason: 'silence' },
      expected: /may be revoked: silence/,
    },
    { name: 'was not asked about', expected: /may be revoked: nobody was asked/ },
  ];
  for (const { name, status, at: proven, expected } of cases) {
    it(`judges a chain whose leaf ${name}`, () => {
      const { thumbprint } = certificateIn(CHAIN, 0);
      const statuses = new Map(status === undefined ? [] : [[thumbprint, status] as const]);
      assert.match(findRevocationFault(chain, statuses, proven) ?? '', expected);
    });
  }

  it('tells the certificate that is revoked rather than one that may be', () => {
    const three = makeChain({
      intermediates: 1,
      leaf: { crlUrl: LIST_URL },
      authority: { crlUrl: LIST_URL },
    });
    const certificates = [0, 1, 2].map((index) => certificateIn(three, index));
    const statuses = new Map([
      [certificateIn(three, 1).thumbprint, { kind: 'revoked', at } as const],
    ]);
    assert.match(findRevocationFault(certificates, statuses) ?? '', /Intermediate was revoked/);
  });
});
