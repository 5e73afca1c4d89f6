import assert from 'node:assert/strict';
import { definite } from '../../../shared/core/errors.ts';
import { isIssuedBy, parseCertificate } from '../../../shared/notary/certificate.ts';
import type { Certificate } from '../../../shared/notary/certificate.ts';
import { certify, makeChain, makeKey } from '../../support/certificates.ts';
import { faultsOf } from '../../support/signatures.ts';

function certificateOf(der: Uint8Array | undefined): Certificate {
  const result = parseCertificate(definite(der, 'a certificate'), 'certificate');
  assert.ok(result.ok);
  return result.value;
}

describe('certificate parseCertificate', () => {
  it('reads names, validity and revocation', () => {
    const { chainDer } = makeChain({
      keyType: 'EC-384',
      subject: { C: 'SE', O: 'Ågren & Co', '1.2.3.4': 'x', CN: '##vso[a]' },
      notBefore: new Date('2026-01-02T03:04:05Z'),
      notAfter: new Date('2051-01-02T03:04:05Z'),
      leaf: { ocspUrl: 'http://ocsp.example/' },
    });
    const leaf = certificateOf(chainDer[0]);
    assert.deepEqual(leaf.subject, [
      { type: 'C', value: 'SE' },
      { type: 'O', value: 'Ågren & Co' },
      { type: '1.2.3.4', value: 'x' },
      { type: 'CN', value: '##vso[a]' },
    ]);
    assert.equal(leaf.subjectText, 'C=SE, O=Ågren & Co, 1.2.3.4=x, CN=# #vso[a]');
    assert.equal(leaf.notBefore.toISOString(), '2026-01-02T03:04:05.000Z');
    assert.equal(leaf.notAfter.toISOString(), '2051-01-02T03:04:05.000Z');
    assert.deepEqual(leaf.extensions.ocspUrls, ['http://ocsp.example/']);
  });

  const sources = [
    { name: 'neither responder nor list', leaf: {}, ocsp: undefined, crl: undefined },
    {
      name: 'a responder',
      leaf: { ocspUrl: 'http://ocsp.example/' },
      ocsp: ['http://ocsp.example/'],
      crl: undefined,
    },
    {
      name: 'a list',
      leaf: { crlUrl: 'http://crl.example/a.crl' },
      ocsp: undefined,
      crl: ['http://crl.example/a.crl'],
    },
  ];
  for (const { name, leaf, ocsp, crl } of sources) {
    it(`sees where to ask about a certificate with ${name}`, () => {
      const { extensions } = certificateOf(makeChain({ leaf }).chainDer[0]);
      assert.deepEqual(extensions.ocspUrls, ocsp);
      assert.deepEqual(extensions.crlUrls, crl);
    });
  }

  it('does not change when the caller reuses its bytes', () => {
    const der = Uint8Array.from(definite(makeChain().chainDer[0], 'the leaf'));
    const before = certificateOf(der);
    const copy = Uint8Array.from(before.raw);
    der.fill(0);
    assert.deepEqual(Uint8Array.from(before.raw), copy);
  });

  it('forgets certificates rather than growing without end', () => {
    const key = makeKey('EC-256');
    const many = Array.from({ length: 300 }, () => makeChain({ leaf: { key, selfSigned: true } }));
    const read = many.map(({ chainDer }) => certificateOf(chainDer[0]).thumbprint);
    assert.equal(new Set(read).size, 300);
  });
});

describe('certificate isIssuedBy', () => {
  it('refuses an issuer of another name, though the key is the same', () => {
    const chain = makeChain();
    const root = definite(chain.parties[1], 'the root');
    const other = { name: definite(chain.parties[0], 'the leaf').name, key: root.key };
    const renamed = certify({ subject: other, issuer: other, profile: { ca: true }, options: {} });
    const leaf = certificateOf(chain.chainDer[0]);
    assert.ok(isIssuedBy(leaf, certificateOf(chain.chainDer[1])));
    assert.ok(!isIssuedBy(leaf, certificateOf(renamed)));
  });
});

describe('certificate parseCertificate, changed', () => {
  const der = Buffer.from(definite(makeChain({ intermediates: 1 }).chainDer[1], 'an authority'));
  const ECDSA_SHA256 = Buffer.from('06082a8648ce3d040302', 'hex');
  const BASIC_CONSTRAINTS = Buffer.from('0603551d13', 'hex');
  const KEY_USAGE = Buffer.from('0603551d0f', 'hex');

  it('finds an algorithm that differs inside and outside', () => {
    const changed = Buffer.from(der);
    changed[changed.lastIndexOf(ECDSA_SHA256) + ECDSA_SHA256.byteLength - 1] = 0x03;
    assert.match(certificateOf(changed).weakness ?? '', /two different signature algorithms/);
  });

  it('refuses an extension that is there twice', () => {
    const changed = Buffer.from(der);
    BASIC_CONSTRAINTS.copy(changed, changed.indexOf(KEY_USAGE));
    const result = parseCertificate(changed, 'certificate');
    assert.ok(!result.ok);
    assert.match(result.problems[0]?.message ?? '', /has the extension 2\.5\.29\.19 twice/);
  });
});

describe('certificate parseCertificate, as notation reads certificates', () => {
  const der = Buffer.from(definite(makeChain().chainDer[0], 'the leaf'));
  const replaced = (from: string, to: string): Uint8Array => {
    // The name of the issuer is before that of the subject.
    const at = der.lastIndexOf(Buffer.from(from, 'hex'));
    assert.ok(at >= 0);
    const changed = Buffer.from(der);
    Buffer.from(to, 'hex').copy(changed, at);
    return changed;
  };
  // 16 bytes of a serial number begin with 0x40 and more.
  const serial = /a0030201020210(..)/.exec(der.toString('hex'))?.[1] ?? '';
  const COUNTRY = '06035504060c025553';
  const rejected = [
    {
      name: 'version 2 with extensions, which notation does not see',
      bytes: replaced('a003020102', 'a003020101'),
      message: /has extensions, but not version 3/,
    },
    {
      name: 'a version that does not exist',
      bytes: replaced('a003020102', 'a003020103'),
      message: /has a version above 3/,
    },
    {
      name: 'a negative serial number',
      bytes: replaced(`a0030201020210${serial}`, 'a003020102021080'),
      message: /negative serial number/,
    },
    {
      name: 'a PrintableString that is not printable',
      bytes: replaced(COUNTRY, '060355040613025540'),
      message: /characters that its type forbids/,
    },
    {
      name: 'an IA5String that is not ASCII',
      bytes: replaced(COUNTRY, '060355040616025580'),
      message: /characters that its type forbids/,
    },
    {
      name: 'a NumericString of letters',
      bytes: replaced(COUNTRY, '060355040612025553'),
      message: /characters that its type forbids/,
    },
    {
      name: 'a key usage with more unused bits than a byte has',
      bytes: replaced('0603551d0f0101ff040403020780', '0603551d0f0101ff040403020980'),
      message: /broken key usage/,
    },
  ];
  for (const { name, bytes, message } of rejected) {
    it(`rejects ${name}`, () => {
      assert.match(faultsOf(parseCertificate(bytes, 'certificate')), message);
    });
  }

  it('reads a NumericString as text', () => {
    const { subject } = certificateOf(replaced(COUNTRY, '060355040612023131'));
    assert.deepEqual(subject[0], { type: 'C', value: '11' });
  });
});
