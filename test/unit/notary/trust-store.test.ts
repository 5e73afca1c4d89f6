import assert from 'node:assert/strict';
import {
  formatStoreName,
  parseStoreName,
  parseTrustStore,
} from '../../../shared/notary/trust-store.ts';
import { makeChain } from '../../support/certificates.ts';
import { faultsOf } from '../../support/signatures.ts';

const CHAIN = makeChain({ intermediates: 1 });
const OTHER = makeChain();
const [leafDer, middleDer, rootDer] = CHAIN.chainDer;
assert.ok(leafDer !== undefined && middleDer !== undefined && rootDer !== undefined);
const pem = (text: string): Uint8Array => Buffer.from(text);

describe('trust-store parseStoreName', () => {
  for (const text of ['ca:a', 'signingAuthority:A_b-c.1', 'tsa:x']) {
    it(`reads ${text}`, () => {
      const name = parseStoreName(text, 'store');
      assert.ok(name.ok);
      assert.equal(formatStoreName(name.value), text);
    });
  }

  for (const text of ['', 'ca', 'ca:', ':a', 'CA:a', 'ca:a:b', 'ca:a/b', 'ca:é', 'x:a', 'ca:a\n']) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.match(faultsOf(parseStoreName(text, 'store')), /^store: is not ca:/);
    });
  }
});

describe('trust-store parseTrustStore', () => {
  const accepted = [
    {
      name: 'a root in PEM',
      path: 'ca/contoso/root.crt',
      bytes: pem(CHAIN.rootPem),
      store: 'ca:contoso',
      count: 1,
    },
    {
      name: 'a root in DER',
      path: 'ca/contoso/root.der',
      bytes: rootDer,
      store: 'ca:contoso',
      count: 1,
    },
    {
      name: 'several in DER',
      path: 'ca/c/all.der',
      bytes: Buffer.concat([middleDer, rootDer]),
      store: 'ca:c',
      count: 2,
    },
    {
      name: 'several in PEM among other text',
      path: 'ca/c/all.pem',
      bytes: pem(`Root:\r\n${CHAIN.rootPem}-----BEGIN X-----\n-----END X-----\n${OTHER.rootPem}`),
      store: 'ca:c',
      count: 2,
    },
    {
      name: 'the layout of Notation',
      path: 'truststore/x509/tsa/acme/root.crt',
      bytes: pem(CHAIN.rootPem),
      store: 'tsa:acme',
      count: 1,
    },
    {
      name: 'the layout below x509',
      path: 'x509/signingAuthority/a/root.crt',
      bytes: pem(CHAIN.rootPem),
      store: 'signingAuthority:a',
      count: 1,
    },
  ];
  for (const { name, path, bytes, store, count } of accepted) {
    it(`reads ${name}`, () => {
      const result = parseTrustStore([{ path, bytes }]);
      assert.equal(faultsOf(result), '');
      assert.ok(result.ok);
      assert.equal(result.value.get(store)?.length, count);
    });
  }

  it('joins the files of one store and keeps stores apart', () => {
    const result = parseTrustStore([
      { path: 'ca/a/1.crt', bytes: pem(CHAIN.rootPem) },
      { path: 'ca/a/2.crt', bytes: pem(OTHER.rootPem) },
      { path: 'tsa/a/1.crt', bytes: pem(OTHER.rootPem) },
    ]);
    assert.ok(result.ok);
    assert.equal(result.value.get('ca:a')?.length, 2);
    assert.equal(result.value.get('tsa:a')?.length, 1);
  });

  it('passes over files that belong to no store', () => {
    const result = parseTrustStore([{ path: 'README.md', bytes: pem('hello') }]);
    assert.ok(result.ok);
    assert.equal(result.value.size, 0);
  });

  const cut = CHAIN.rootPem.slice(0, -40);
  const rejected = [
    {
      name: 'a file beside the folders of stores',
      path: 'ca/root.crt',
      bytes: rootDer,
      message: /^ca\/root\.crt: is not directly in the folder/,
    },
    {
      name: 'a file in a folder below',
      path: 'ca/a/b/root.crt',
      bytes: rootDer,
      message: /is not directly in the folder/,
    },
    {
      name: 'a name with blanks',
      path: 'ca/a b/root.crt',
      bytes: rootDer,
      message: /is not ca:.*ca:a b/,
    },
    {
      name: 'a file that holds nothing',
      path: 'ca/a/x.crt',
      bytes: pem('hello'),
      message: /ca\/a\/x\.crt: holds no certificate/,
    },
    {
      name: 'a cut PEM block',
      path: 'ca/a/x.crt',
      bytes: pem(cut),
      message: /broken PEM certificate/,
    },
    {
      name: 'broken base64',
      path: 'ca/a/x.crt',
      bytes: pem(CHAIN.rootPem.replace('MII', '!!!').replace('MIIB', '!')),
      message: /broken PEM certificate|not an X.509/,
    },
    {
      name: 'cut DER',
      path: 'ca/a/x.der',
      bytes: rootDer.subarray(0, 100),
      message: /is not a list of certificates in DER: it ends too early/,
    },
    {
      name: 'a leaf',
      path: 'ca/a/leaf.crt',
      bytes: leafDer,
      message: /CN=Image Signer is neither a certificate authority nor self-signed/,
    },
    {
      name: 'a self-signed certificate for timestamps that is no authority',
      path: 'tsa/a/x.crt',
      bytes: pem(makeChain({ leaf: { selfSigned: true } }).chainPem),
      message: /CN=Image Signer is not a self-signed root/,
    },
    {
      name: 'a root beside a leaf',
      path: 'ca/a/x.der',
      bytes: Buffer.concat([rootDer, leafDer]),
      message: /^ca\/a\/x\.der: .*CN=Image Signer is neither[^\n]*$/,
    },
    {
      name: 'an intermediate for timestamps',
      path: 'tsa/a/x.crt',
      bytes: middleDer,
      message: /CN=Test Intermediate is not a self-signed root/,
    },
  ];
  for (const { name, path, bytes, message } of rejected) {
    it(`rejects ${name}`, () => {
      assert.match(faultsOf(parseTrustStore([{ path, bytes }])), message);
    });
  }

  it('takes a self-signed leaf for a certificate authority store', () => {
    const own = makeChain({ leaf: { selfSigned: true } });
    assert.ok(parseTrustStore([{ path: 'ca/a/x.crt', bytes: pem(own.chainPem) }]).ok);
  });
});
