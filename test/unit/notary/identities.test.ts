import assert from 'node:assert/strict';
import {
  matchesIdentity,
  overlaps,
  parseIdentity,
  repeatedTypes,
} from '../../../shared/notary/identities.ts';
import type { Identity } from '../../../shared/notary/identities.ts';
import { faultsOf } from '../../support/signatures.ts';

const BASE = 'C=US, ST=WA, O=Contoso';

function identityOf(name: string): Identity {
  const result = parseIdentity(`x509.subject:${name}`, 'identity');
  assert.equal(faultsOf(result), '');
  assert.ok(result.ok);
  return result.value;
}

describe('identities parseIdentity', () => {
  const accepted = [
    {
      name: 'blanks anywhere',
      text: ' C = US ,ST=WA,  O=Contoso  ',
      expected: ['US', 'WA', 'Contoso'],
    },
    {
      name: 'the old name of ST',
      text: 'C=US, S=WA, O=Contoso',
      expected: ['US', 'WA', 'Contoso'],
    },
    { name: 'lower-case types', text: 'c=US, st=WA, o=Contoso', expected: ['US', 'WA', 'Contoso'] },
    {
      name: 'escaped characters',
      text: 'C=US,ST=WA,O=a\\, b\\+\\"c\\\\',
      expected: ['US', 'WA', 'a, b+"c\\'],
    },
    {
      name: 'escapes in hex',
      text: 'C=US,ST=WA,O=\\C3\\85ngren',
      expected: ['US', 'WA', 'Ångren'],
    },
    {
      name: 'an escaped blank at the end',
      text: 'C=US,ST=WA,O=a\\  ',
      expected: ['US', 'WA', 'a '],
    },
    { name: 'an equals sign in a value', text: 'C=US,ST=WA,O=a=b', expected: ['US', 'WA', 'a=b'] },
  ];
  for (const { name, text, expected } of accepted) {
    it(`reads ${name}`, () => {
      assert.deepEqual(
        [...identityOf(text)],
        [
          ['C', expected[0]],
          ['ST', expected[1]],
          ['O', expected[2]],
        ],
      );
    });
  }

  const rejected = [
    ...['\\x', '\\zz', '\\2', 'a\\ \\4'].map((value) => ({
      name: `the escape in ${value}, which RFC 4514 does not have`,
      text: `x509.subject:C=US, ST=WA, O=${value}`,
      message: /is not a distinguished name/,
    })),
    {
      name: 'types after line breaks, as notation does',
      text: 'x509.subject:C=US,\nST=WA,\nO=Contoso',
      message: /is not a distinguished name/,
    },
    {
      name: 'another kind',
      text: 'email:a@b.example',
      message: /does not begin with x509\.subject:/,
    },
    { name: 'an empty name', text: 'x509.subject:', message: /is not a distinguished name/ },
    { name: 'no country', text: 'x509.subject:ST=WA, O=Contoso', message: /does not name C$/ },
    {
      name: 'no state and no organization',
      text: 'x509.subject:C=US',
      message: /does not name ST\n.*does not name O/,
    },
    {
      name: 'an empty organization',
      text: 'x509.subject:C=US,ST=WA,O=',
      message: /does not name O/,
    },
    { name: 'a type twice', text: `x509.subject:${BASE}, S=OR`, message: /names ST twice/ },
    {
      name: 'several values in one part',
      text: `x509.subject:${BASE}+OU=x`,
      message: /is not a distinguished name/,
    },
    {
      name: 'a value in hex',
      text: `x509.subject:${BASE}, OU=#0401`,
      message: /value in hex for OU/,
    },
    {
      name: 'a part without equals sign',
      text: `x509.subject:${BASE}, OU`,
      message: /is not a distinguished name/,
    },
    { name: 'a comma at the end', text: `x509.subject:${BASE},`, message: /ends with a comma/ },
    {
      name: 'a backslash at the end',
      text: `x509.subject:${BASE}\\`,
      message: /is not a distinguished name/,
    },
  ];
  for (const { name, text, message } of rejected) {
    it(`rejects ${name}`, () => {
      assert.match(faultsOf(parseIdentity(text, 'identity')), message);
    });
  }
});

describe('identities matchesIdentity', () => {
  const subject = [
    { type: 'C', value: 'US' },
    { type: 'ST', value: 'WA' },
    { type: 'O', value: 'Contoso' },
    { type: 'OU', value: 'Build' },
    { type: 'OU', value: 'Release' },
    { type: '1.2.3', value: '#0401' },
  ];
  const cases = [
    { name: 'some of the attributes', text: BASE, expected: true },
    {
      name: 'a subject with two units where it names one',
      text: `${BASE}, OU=Release`,
      expected: false,
    },
    { name: 'another value', text: 'C=US, ST=WA, O=Fabrikam', expected: false },
    { name: 'another case', text: 'C=US, ST=WA, O=contoso', expected: false },
    { name: 'its values under other types', text: 'C=US, ST=WA, O=Build', expected: false },
    { name: 'an attribute that is missing', text: `${BASE}, L=Redmond`, expected: false },
  ];
  for (const { name, text, expected } of cases) {
    it(`${expected ? 'takes' : 'refuses'} ${name}`, () => {
      assert.equal(matchesIdentity(subject, identityOf(text)), expected);
    });
  }

  it('refuses a subject that has the organization of another beside its own', () => {
    const evil = [{ type: 'O', value: 'Evil' }, ...subject];
    assert.equal(matchesIdentity(evil, identityOf(BASE)), false);
    assert.deepEqual(repeatedTypes(evil, identityOf(BASE)), ['O']);
  });
});

describe('identities overlaps', () => {
  const cases = [
    { name: 'the same', one: BASE, other: 'O=Contoso, ST=WA, C=US', expected: true },
    { name: 'a narrower one', one: BASE, other: `${BASE}, OU=Build`, expected: true },
    { name: 'two units', one: `${BASE}, OU=Build`, other: `${BASE}, OU=Test`, expected: false },
  ];
  for (const { name, one, other, expected } of cases) {
    it(`says ${expected} for ${name}, in both directions`, () => {
      assert.equal(overlaps(identityOf(one), identityOf(other)), expected);
      assert.equal(overlaps(identityOf(other), identityOf(one)), expected);
    });
  }
});
