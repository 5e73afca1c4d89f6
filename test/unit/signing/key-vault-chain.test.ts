import assert from 'node:assert/strict';
import { TaskError, definite } from '../../../shared/core/errors.ts';
import { parseCertificate } from '../../../shared/notary/certificate.ts';
import type { Certificate } from '../../../shared/notary/certificate.ts';
import { fetchIssuers } from '../../../shared/signing/key-vault-chain.ts';
import { messageOf, openMessageOf } from '../../support/certificate-message.ts';
import { makeChain } from '../../support/certificates.ts';
import type { TestChain } from '../../support/certificates.ts';
import { der, oid, sequence } from '../../support/der.ts';
import { scriptedHttp } from '../../support/scripted-http.ts';
import type { ScriptedHttp } from '../../support/scripted-http.ts';

const { signal } = new AbortController();
const DATA = '1.2.840.113549.1.7.1';

function chainOf(issuerUrl: string): TestChain {
  return makeChain({ intermediates: 1, leaf: { issuerUrl } });
}

function leafOf({ chainDer }: TestChain): Certificate {
  const leaf = parseCertificate(definite(chainDer[0], 'the leaf'), 'leaf');
  assert.ok(leaf.ok);
  return leaf.value;
}

async function issuersOf(chain: TestChain, http: ScriptedHttp): Promise<readonly string[]> {
  const issuers = await fetchIssuers(http, leafOf(chain), signal);
  return issuers.map(({ raw }) => Buffer.from(raw).toString('hex'));
}

function hexOf(ders: readonly Uint8Array[]): readonly string[] {
  return ders.map((one) => Buffer.from(one).toString('hex'));
}

describe('key-vault-chain fetchIssuers', () => {
  const forms = [
    { name: 'a PKCS#7 message', pack: ({ chainDer }: TestChain) => messageOf(chainDer) },
    { name: 'a PKCS#7 message in BER', pack: ({ chainDer }: TestChain) => openMessageOf(chainDer) },
    { name: 'PEM', pack: ({ chainPem }: TestChain) => Buffer.from(chainPem) },
    {
      name: 'DER, one after the other',
      pack: ({ chainDer }: TestChain) => Buffer.concat(chainDer),
    },
  ];
  for (const { name, pack } of forms) {
    it(`takes the whole chain out of ${name}, asked once`, async () => {
      const chain = chainOf('http://aia.example/chain.p7c');
      const http = scriptedHttp({ 'aia.example': () => pack(chain) });
      assert.deepEqual(await issuersOf(chain, http), hexOf(chain.chainDer.slice(1)));
      assert.equal(http.calls.length, 1);
    });
  }

  it('asks the next place when one has no issuer', async () => {
    const chain = chainOf('http://one.example/a http://two.example/b http://three.example/c');
    const http = scriptedHttp({
      'two.example': () => messageOf(makeChain().chainDer),
      'three.example': () => messageOf(chain.chainDer.slice(1)),
    });
    assert.deepEqual(await issuersOf(chain, http), hexOf(chain.chainDer.slice(1)));
  });

  const useless = [
    { name: 'is no ASN.1', bytes: Buffer.from('0hello') },
    { name: 'is a message without certificates', bytes: messageOf([]) },
    {
      name: 'is a message of another kind',
      bytes: sequence(oid(DATA), der(0xa0, der(0x04))),
    },
    { name: 'is empty', bytes: new Uint8Array() },
  ];
  for (const { name, bytes } of useless) {
    it(`says so when what is there ${name}`, async () => {
      const http = scriptedHttp({ 'aia.example': () => bytes });
      await assert.rejects(issuersOf(chainOf('http://aia.example/x'), http), (error) => {
        assert.ok(error instanceof TaskError);
        assert.equal(error.code, 'CERTIFICATE_INVALID');
        assert.match(error.message, /The issuer of .*none in PKCS#7/s);
        return true;
      });
    });
  }
});
