import assert from 'node:assert/strict';
import { definite } from '../../../shared/core/errors.ts';
import { parseCrl } from '../../../shared/notary/crl.ts';
import { statusByLists } from '../../../shared/notary/crl-status.ts';
import type { RevocationStatus } from '../../../shared/notary/revocation-status.ts';
import { extension } from '../../support/certificate-extensions.ts';
import { issueBeside, makeChain } from '../../support/certificates.ts';
import type { TestChain } from '../../support/certificates.ts';
import { der, sequence } from '../../support/der.ts';
import { certificateIn, hoursFromNow, makeList, urlNames } from '../../support/revocation.ts';
import type { ListChanges } from '../../support/revocation.ts';
import { faultsOf } from '../../support/signatures.ts';

const LIST_URL = 'http://crl.example/a.crl';
const CHAIN = makeChain({ leaf: { crlUrl: LIST_URL } });
const STRANGERS = makeChain();
const LEAF = definite(CHAIN.chainDer[0], 'the leaf');
const QUESTION = {
  certificate: certificateIn(CHAIN, 0),
  issuer: certificateIn(CHAIN, 1),
  now: new Date(),
};
const OTHER_LEAF = issueBeside(CHAIN, { keyUsage: [0] });

function textOf(status: RevocationStatus): string {
  return status.kind === 'unknown' ? `unknown: ${status.reason}` : status.kind;
}

/** What one list says about the leaf of its chain. */
function statusIn(chain: TestChain, changes?: ListChanges): RevocationStatus {
  const list = parseCrl(makeList(chain, changes));
  assert.ok(list.ok);
  const [certificate, issuer] = [certificateIn(chain, 0), certificateIn(chain, 1)];
  return statusByLists({ base: list.value }, { certificate, issuer, now: new Date() });
}

const scopeOf = (...fields: readonly Uint8Array[]): ListChanges => ({ scope: sequence(...fields) });
const flag = (field: number): Uint8Array => der(field, Uint8Array.of(0xff));

const LISTS: readonly {
  readonly name: string;
  readonly base?: ListChanges;
  readonly delta?: ListChanges;
  readonly expected: RegExp;
}[] = [
  { name: 'that is empty', expected: /^good$/ },
  {
    name: 'that names others',
    base: { revoked: [{ certificate: OTHER_LEAF.certificate }] },
    expected: /^good$/,
  },
  { name: 'that names it', base: { revoked: [{ certificate: LEAF }] }, expected: /^revoked$/ },
  {
    name: 'that names it for a compromised key',
    base: { revoked: [{ certificate: LEAF, reason: 1 }] },
    expected: /^revoked$/,
  },
  {
    name: 'that holds it',
    base: { revoked: [{ certificate: LEAF, reason: 6 }] },
    expected: /^revoked$/,
  },
  {
    name: 'that held it, with a change that lets it go',
    base: { revoked: [{ certificate: LEAF, reason: 6, at: hoursFromNow(-5) }] },
    delta: { number: 6, changesOf: 5, revoked: [{ certificate: LEAF, reason: 8 }] },
    expected: /^good$/,
  },
  {
    name: 'that is empty, with a change that names it',
    delta: { number: 6, changesOf: 5, revoked: [{ certificate: LEAF }] },
    expected: /^revoked$/,
  },
  {
    name: 'that held it, with a change of the same moment that lets it go',
    base: { revoked: [{ certificate: LEAF, reason: 6, at: hoursFromNow(-5) }] },
    delta: {
      number: 6,
      changesOf: 5,
      revoked: [{ certificate: LEAF, reason: 8, at: hoursFromNow(-5) }],
    },
    expected: /^revoked$/,
  },
  {
    name: 'that let it go last, with an older change that held it',
    base: { revoked: [{ certificate: LEAF, reason: 8, at: hoursFromNow(-1) }] },
    delta: { number: 6, changesOf: 5, revoked: [{ certificate: LEAF, reason: 6 }] },
    expected: /^good$/,
  },
  {
    name: 'that holds it again after it was let go',
    base: { revoked: [{ certificate: LEAF, reason: 8, at: hoursFromNow(-5) }] },
    delta: { number: 6, changesOf: 5, revoked: [{ certificate: LEAF, reason: 6 }] },
    expected: /^revoked$/,
  },
  {
    name: 'that names it for good, with a change that lets a hold go',
    base: { revoked: [{ certificate: LEAF, reason: 1, at: hoursFromNow(-5) }] },
    delta: { number: 6, changesOf: 5, revoked: [{ certificate: LEAF, reason: 8 }] },
    expected: /^revoked$/,
  },
  {
    name: 'that names it for a reason that is marked critical',
    base: { revoked: [{ certificate: LEAF, reason: 1, criticalReason: true }] },
    expected: /^revoked$/,
  },
  {
    name: 'without number, with changes',
    base: { withoutNumber: true },
    delta: { number: 6, changesOf: 5 },
    expected: /the lists have no numbers/,
  },
  {
    name: 'with changes without number',
    delta: { withoutNumber: true, changesOf: 5 },
    expected: /the lists have no numbers/,
  },
  { name: 'with no changes since', delta: { number: 6, changesOf: 4 }, expected: /^good$/ },
  {
    name: 'with changes that are older',
    delta: { number: 5, changesOf: 4 },
    expected: /are older than the list/,
  },
  {
    name: 'with changes to a later one',
    delta: { number: 7, changesOf: 6 },
    expected: /are to a later list/,
  },
  {
    name: 'with another full list as its changes',
    delta: { number: 6 },
    expected: /are a list of their own/,
  },
  {
    name: 'with changes that are out of date',
    delta: { number: 6, changesOf: 5, nextUpdate: hoursFromNow(-1) },
    expected: /of its changes: the list counted until/,
  },
  { name: 'that tells changes only', base: { changesOf: 4 }, expected: /tells changes only/ },
  {
    name: 'of strangers',
    base: { signer: definite(STRANGERS.parties[1], 'a stranger') },
    expected: /is by another issuer|was not signed by/,
  },
  {
    name: 'of a stranger by the name of the issuer',
    base: {
      signer: {
        name: definite(CHAIN.parties[1], 'the issuer').name,
        key: definite(STRANGERS.parties[1], 'a stranger').key,
      },
    },
    expected: /was not signed by/,
  },
  { name: 'signed with SHA-1', base: { weak: true }, expected: /with a weak algorithm/ },
  { name: 'of the future', base: { thisUpdate: hoursFromNow(1) }, expected: /is of the future/ },
  {
    name: 'that is a little ahead, as clocks are',
    base: { thisUpdate: hoursFromNow(4 / 60) },
    expected: /^good$/,
  },
  {
    name: 'that is too far ahead',
    base: { thisUpdate: hoursFromNow(6 / 60) },
    expected: /is of the future/,
  },
  { name: 'of the past', base: { nextUpdate: hoursFromNow(-1) }, expected: /counted until/ },
  { name: 'without end', base: { nextUpdate: 'none' }, expected: /does not say until when/ },
  {
    name: 'with a critical extension',
    base: { criticalExtension: true },
    expected: /critical extensions not known here: 1\.2\.3\.4/,
  },
  {
    name: 'with a critical extension in its entry',
    base: { revoked: [{ certificate: LEAF, criticalExtension: true }] },
    expected: /an entry with a critical extension/,
  },
  { name: 'about leaves', base: scopeOf(flag(0x81)), expected: /^good$/ },
  { name: 'about authorities', base: scopeOf(flag(0x82)), expected: /about other certificates/ },
  {
    name: 'that says that it is not about authorities, attributes and other issuers alone',
    base: scopeOf(...[0x82, 0x85, 0x84].map((field) => der(field, Uint8Array.of(0)))),
    expected: /^good$/,
  },
  { name: 'about attributes', base: scopeOf(flag(0x85)), expected: /about other certificates/ },
  { name: 'about other issuers', base: scopeOf(flag(0x84)), expected: /about other certificates/ },
  { name: 'published where it says', base: scopeOf(urlNames(LIST_URL)), expected: /^good$/ },
  {
    name: 'published elsewhere as well',
    base: scopeOf(urlNames('ldap://crl.example/', LIST_URL)),
    expected: /^good$/,
  },
  {
    name: 'published elsewhere',
    base: scopeOf(urlNames('http://crl.example/b.crl')),
    expected: /about other certificates/,
  },
];

describe('crl-status statusByLists', () => {
  for (const { name, base, delta, expected } of LISTS) {
    it(`understands a list ${name}`, () => {
      const list = parseCrl(makeList(CHAIN, base));
      const changes = delta === undefined ? undefined : parseCrl(makeList(CHAIN, delta));
      assert.ok(list.ok && changes?.ok !== false);
      const lists = {
        base: list.value,
        ...(changes === undefined ? {} : { delta: changes.value }),
      };
      assert.match(textOf(statusByLists(lists, QUESTION)), expected);
    });
  }

  it('does not rely on a list of an issuer that must not sign lists', () => {
    const chain = makeChain({ authority: { keyUsage: [5], ca: true } });
    const status = statusIn(chain);
    assert.match(textOf(status), /must not sign lists/);
  });

  it('reads since when a key is not to be trusted', () => {
    const invalidSince = new Date('2026-01-01T00:00:00Z');
    const list = parseCrl(makeList(CHAIN, { revoked: [{ certificate: LEAF, invalidSince }] }));
    assert.ok(list.ok);
    const status = statusByLists({ base: list.value }, QUESTION);
    assert.ok(status.kind === 'revoked');
    assert.deepEqual(status.invalidSince, invalidSince);
  });

  it('does not rely on a list alone when the certificate names changes to it', () => {
    const point = sequence(sequence(urlNames('http://crl.example/delta.crl')));
    const chain = makeChain({
      leaf: { crlUrl: LIST_URL, extensions: [extension('2.5.29.46', point)] },
    });
    const status = statusIn(chain);
    assert.match(textOf(status), /changes that only the certificate names are not read/);
  });

  const kinds = [
    { name: 'leaves', field: 0x81, expected: /about other certificates/ },
    { name: 'authorities', field: 0x82, expected: /^good$/ },
  ];
  for (const { name, field, expected } of kinds) {
    it(`asks a list about ${name} for an authority`, () => {
      const chain = makeChain({ leaf: { crlUrl: LIST_URL, ca: true } });
      const status = statusIn(chain, scopeOf(flag(field)));
      assert.match(textOf(status), expected);
    });
  }

  it('asks a list about everything for an authority', () => {
    const chain = makeChain({ leaf: { crlUrl: LIST_URL, ca: true } });
    assert.equal(textOf(statusIn(chain)), 'good');
  });

  it('relies on a list of an issuer without key usage, which forbids nothing', () => {
    const chain = makeChain({ authority: { keyUsage: [], ca: true } });
    const status = statusIn(chain);
    assert.equal(status.kind, 'good');
  });

  it('finds one certificate among very many', () => {
    const many = Array.from({ length: 20_000 }, () => ({ certificate: OTHER_LEAF.certificate }));
    const list = parseCrl(makeList(CHAIN, { revoked: [...many, { certificate: LEAF }] }));
    assert.ok(list.ok);
    assert.equal(statusByLists({ base: list.value }, QUESTION).kind, 'revoked');
  });
});

describe('crl parseCrl', () => {
  const list = makeList(CHAIN);
  const broken = [
    { name: 'nothing', bytes: new Uint8Array() },
    { name: 'a cut list', bytes: list.subarray(0, -1) },
    { name: 'a certificate', bytes: LEAF },
    { name: 'a list of version 1', bytes: makeList(CHAIN, { version: 0 }) },
    { name: 'two signature algorithms', bytes: makeList(CHAIN, { otherAlgorithm: true }) },
    { name: 'a page', bytes: Buffer.from('<html>') },
    {
      name: 'very many fields',
      bytes: sequence(sequence(...Array<Uint8Array>(2000).fill(der(5)))),
    },
  ];
  for (const { name, bytes } of broken) {
    it(`rejects ${name}`, () => {
      assert.match(faultsOf(parseCrl(bytes)), /^list: is not a list of revoked certificates/);
    });
  }
});
