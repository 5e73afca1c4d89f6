import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { definite } from '../../../shared/core/errors.ts';
import {
  checkChain,
  checkSigningChain,
  orderChain,
} from '../../../shared/notary/certificate-chain.ts';
import { parseCertificate } from '../../../shared/notary/certificate.ts';
import type { Certificate } from '../../../shared/notary/certificate.ts';
import { makeChain } from '../../support/certificates.ts';
import type { ChainOptions } from '../../support/certificates.ts';
import { faultsOf } from '../../support/signatures.ts';

const NOW = new Date();
const PURPOSE = '1.3.6.1.5.5.7.3.';

function certificateOf(der: Uint8Array | undefined): Certificate {
  const result = parseCertificate(definite(der, 'a certificate'), 'certificate');
  assert.ok(result.ok);
  return result.value;
}

describe('certificate-chain checkSigningChain', () => {
  const accepted: readonly { readonly name: string; readonly options: ChainOptions }[] = [
    { name: 'leaf and root', options: {} },
    { name: 'leaf, intermediate and root', options: { intermediates: 1 } },
    { name: 'certificates signed with PSS', options: { signedWith: 'pss-sha256' } },
    { name: 'a leaf that issued itself', options: { leaf: { selfSigned: true } } },
    { name: 'a leaf that says it is no authority', options: { leaf: { ca: false } } },
    { name: 'a leaf that may also commit to content', options: { leaf: { keyUsage: [0, 1] } } },
    { name: 'a leaf without extended key usage', options: { leaf: { extendedKeyUsage: [] } } },
    { name: 'an issuer that allows no authority below', options: { authority: { pathLength: 0 } } },
  ];
  for (const { name, options } of accepted) {
    it(`accepts ${name}`, () => {
      const { chainDer } = makeChain(options);
      const result = checkSigningChain(chainDer, NOW);
      assert.equal(faultsOf(result), '');
      assert.ok(result.ok);
      assert.equal(
        result.value.leaf.subjectText,
        'C=US, ST=WA, L=Redmond, O=Contoso, CN=Image Signer',
      );
      assert.equal(result.value.certificates.length, chainDer.length);
    });
  }

  const rejected: readonly {
    readonly name: string;
    readonly options: ChainOptions;
    readonly message: RegExp;
  }[] = [
    {
      name: 'a leaf without key usage',
      options: { leaf: { keyUsage: [] } },
      message: /chain\[0\]: has no key usage/,
    },
    {
      name: 'a leaf with a key usage that is not critical',
      options: { leaf: { keyUsageCritical: false } },
      message: /chain\[0\]: has a key usage that is not critical/,
    },
    {
      name: 'a leaf without digitalSignature',
      options: { leaf: { keyUsage: [1] } },
      message: /chain\[0\]: lacks the key usage digitalSignature/,
    },
    {
      name: 'a leaf for encipherment',
      options: { leaf: { keyUsage: [0, 2, 8] } },
      message: /forbids: keyEncipherment, decipherOnly/,
    },
    {
      name: 'a leaf that may sign certificates',
      options: { leaf: { keyUsage: [0, 5] } },
      message: /forbids: keyCertSign/,
    },
    {
      name: 'a leaf that is an authority',
      options: { leaf: { ca: true } },
      message: /chain\[0\]: is a certificate authority/,
    },
    {
      name: 'a leaf for servers and mail',
      options: { leaf: { extendedKeyUsage: [`${PURPOSE}1`, `${PURPOSE}4`] } },
      message: /is for server authentication, e-mail protection/,
    },
    {
      name: 'a leaf for any purpose',
      options: { leaf: { extendedKeyUsage: ['2.5.29.37.0'] } },
      message: /is for any purpose/,
    },
    {
      name: 'a leaf for time stamping',
      options: { leaf: { extendedKeyUsage: [`${PURPOSE}8`] } },
      message: /is for time stamping/,
    },
    {
      name: 'a leaf with an Ed25519 key',
      options: { leaf: { key: generateKeyPairSync('ed25519').privateKey, selfSigned: false } },
      message: /chain\[0\]: has a key that cannot sign/,
    },
    {
      name: 'a leaf with a key of RSA-1024',
      options: { leaf: { key: generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey } },
      message: /chain\[0\]: has a key that cannot sign/,
    },
    {
      name: 'a leaf with a key on another curve',
      options: { leaf: { key: generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey } },
      message: /chain\[0\]: has a key that cannot sign/,
    },
    {
      name: 'certificates signed over SHA-1',
      options: { signedWith: 'ecdsa-sha1' },
      message: /algorithm that is not accepted/,
    },
    {
      name: 'certificates signed with PSS over SHA-1',
      options: { signedWith: 'pss-sha1' },
      message: /algorithm that is not accepted/,
    },
    {
      name: 'an issuer with a key on a curve that nobody should certify with',
      options: {
        authorityKey: generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey,
      },
      message: /chain\[1\]: .* has a key of a kind that is not accepted/,
    },
    {
      name: 'an issuer with a key of RSA-512',
      options: {
        authorityKey: generateKeyPairSync('rsa', { modulusLength: 512 }).privateKey,
      },
      message: /chain\[1\]: .* has a key of a kind that is not accepted/,
    },
    {
      name: 'an issuer that is no authority',
      options: { authority: { ca: false } },
      message: /chain\[1\]: is not a certificate authority/,
    },
    {
      name: 'an issuer that may not sign certificates',
      options: { authority: { keyUsage: [6] } },
      message: /chain\[1\]: lacks the key usage keyCertSign/,
    },
    {
      name: 'an issuer without key usage',
      options: { authority: { keyUsage: [] } },
      message: /chain\[1\]: has no key usage/,
    },
    {
      name: 'more authorities below the root than it allows',
      options: { intermediates: 1, authority: { pathLength: 0 } },
      message: /chain\[2\]: allows 0 authorities below it, there are 1/,
    },
    {
      name: 'an expired certificate',
      options: { notBefore: new Date('2020-01-01'), notAfter: new Date('2021-01-01') },
      message: /chain\[0\]: .* expired at 2021-01-01/,
    },
    {
      name: 'a certificate that is not valid yet',
      options: { notBefore: new Date('2060-01-01'), notAfter: new Date('2061-01-01') },
      message: /chain\[0\]: .* is valid only from 2060-01-01/,
    },
  ];
  for (const { name, options, message } of rejected) {
    it(`rejects ${name}`, () => {
      const result = checkSigningChain(makeChain(options).chainDer, NOW);
      assert.match(faultsOf(result), message);
    });
  }

  it('lists every problem of every certificate', () => {
    const leaf = { keyUsage: [5], extendedKeyUsage: [`${PURPOSE}1`] };
    const { chainDer } = makeChain({ leaf, authority: { ca: false } });
    const result = checkSigningChain(chainDer, NOW);
    assert.ok(!result.ok);
    assert.equal(result.problems.length, 4);
  });

  it('ends a certificate at the instant at which notation ends it, not a second later', () => {
    const notAfter = new Date('2026-01-01T00:00:00Z');
    const { chainDer } = makeChain({ notBefore: new Date('2025-01-01'), notAfter });
    assert.equal(faultsOf(checkSigningChain(chainDer, notAfter)), '');
    const late = checkSigningChain(chainDer, new Date('2026-01-01T00:00:00.001Z'));
    assert.match(faultsOf(late), /expired at 2026-01-01/);
  });
});

describe('certificate-chain checkChain', () => {
  const [leaf, middle, root] = makeChain({ intermediates: 1 }).chainDer;
  const other = makeChain().chainDer;
  assert.ok(leaf !== undefined && middle !== undefined && root !== undefined);
  const rejected = [
    { name: 'nothing', chain: [], message: /is empty/ },
    {
      name: 'a chain without root',
      chain: [leaf, middle],
      message: /\[1\]: .* not a self-signed root/,
    },
    {
      name: 'a chain in the wrong order',
      chain: [middle, leaf, root],
      message: /was not issued by/,
    },
    { name: 'a chain with a gap', chain: [leaf, root], message: /\[0\]: .* was not issued by/ },
    {
      name: 'a root in the middle',
      chain: [leaf, middle, root, root],
      message: /\[2\]: .* not the last/,
    },
    {
      name: 'a root of the same name with another key',
      chain: [leaf, middle, other.at(-1) ?? root],
      message: /\[1\]: .* was not issued by/,
    },
    {
      name: 'too many certificates',
      chain: Array<Uint8Array>(17).fill(root),
      message: /more than 16/,
    },
    {
      name: 'bytes that are no certificate',
      chain: [Buffer.from('3000', 'hex')],
      message: /not an X.509/,
    },
    {
      name: 'a certificate that is too large',
      chain: [new Uint8Array(70_000)],
      message: /too large/,
    },
  ];
  for (const { name, chain, message } of rejected) {
    it(`rejects ${name}`, () => {
      assert.match(faultsOf(checkChain(chain, 'chain')), message);
    });
  }

  it('refuses an authority whose basic constraints are not critical', () => {
    const changed = Buffer.from(root);
    const at = changed.indexOf(Buffer.from('0603551d130101ff', 'hex'));
    assert.ok(at >= 0);
    changed[at + 7] = 0;
    const faults = faultsOf(checkChain([leaf, middle, changed], 'chain'));
    assert.match(faults, /chain\[2\]: has basic constraints that are not critical/);
  });

  it('never accepts a chain in which a bit is flipped', () => {
    const chain = [leaf, middle, root];
    fc.assert(
      fc.property(fc.nat(2), fc.nat(100_000), fc.nat(7), (which, position, bit) => {
        const changed = chain.map((der) => Uint8Array.from(der));
        const target = definite(changed[which], 'a certificate');
        const at = position % target.byteLength;
        target[at] = (target[at] ?? 0) ^ (1 << bit);
        assert.ok(!checkChain(changed, 'chain').ok);
      }),
      { numRuns: 300 },
    );
  });
});

describe('certificate-chain orderChain', () => {
  const chain = makeChain({ intermediates: 1 }).chainDer.map(certificateOf);
  const leaf = definite(chain[0], 'the leaf');

  it('puts certificates in order, whatever order they come in', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...chain, ...chain], { minLength: 6 }), (shuffled) => {
        const ordered = orderChain(shuffled, leaf);
        assert.ok(ordered.ok);
        assert.deepEqual(ordered.value, chain);
      }),
    );
  });

  it('ends where no issuer is there', () => {
    const ordered = orderChain([leaf], leaf);
    assert.ok(ordered.ok);
    assert.deepEqual(ordered.value, [leaf]);
  });

  it('names certificates that do not belong to the chain', () => {
    const stranger = certificateOf(makeChain({ subject: { CN: 'Stranger' } }).chainDer[0]);
    assert.match(faultsOf(orderChain([...chain, stranger], leaf)), /CN=Stranger does not belong/);
  });
});
