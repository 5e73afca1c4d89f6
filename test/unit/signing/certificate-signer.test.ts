import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { BugError, TaskError, definite } from '../../../shared/core/errors.ts';
import { Secret } from '../../../shared/core/secret.ts';
import type { Descriptor } from '../../../shared/oci/descriptor.ts';
import { digestOf } from '../../../shared/oci/digest.ts';
import { describeBlob, detachedToVerify } from '../../../shared/notary/blob-signature.ts';
import { parseEnvelope } from '../../../shared/notary/envelope.ts';
import { verifyAgainstChain } from '../../../shared/notary/verify.ts';
import type {
  SignedEnvelope,
  Signer,
  SigningOptions,
  SigningResult,
} from '../../../shared/ports/signer.ts';
import { createCertificateSigner } from '../../../shared/signing/certificate-signer.ts';
import type { CertificateSignerOptions } from '../../../shared/signing/certificate-signer.ts';
import { makeChain } from '../../support/certificates.ts';
import type { KeyType, TestChain } from '../../support/certificates.ts';
import { SUBJECT, collect } from '../../support/signatures.ts';

const NOW = new Date();
const CHAIN = makeChain({ intermediates: 1 });
const NEVER = new AbortController().signal;
const OPTIONS: SigningOptions = { format: 'cose', signingTime: NOW, userMetadata: {} };

function signerOf(chain: TestChain, changes: Partial<CertificateSignerOptions> = {}): Signer {
  return createCertificateSigner({
    privateKey: new Secret(chain.leafKeyPem),
    chainPem: Buffer.from(chain.chainPem),
    signingAgent: 'container-image-release/0.1.0',
    clock: { now: () => NOW },
    ...changes,
  });
}

async function signAll(
  signer: Signer,
  subjects: readonly Descriptor[],
  options = OPTIONS,
): Promise<readonly SigningResult[]> {
  const jobs = subjects.map((subject) => ({ kind: 'manifest', subject }) as const);
  return collect(signer.sign(jobs, options, NEVER));
}

async function signOne(signer: Signer, options = OPTIONS): Promise<SignedEnvelope> {
  const [result] = await signAll(signer, [SUBJECT], options);
  assert.ok(result?.kind === 'signed');
  return result.envelope;
}

describe('certificate-signer sign', () => {
  const keyTypes: readonly KeyType[] = ['RSA-2048', 'EC-256', 'EC-384', 'EC-521'];
  for (const keyType of keyTypes) {
    const chain = makeChain({ keyType });
    for (const format of ['cose', 'jws'] as const) {
      it(`signs with ${keyType} as ${format}, so that it verifies`, async () => {
        const { bytes, mediaType } = await signOne(signerOf(chain), { ...OPTIONS, format });
        const signature = { envelope: bytes, mediaType, subject: SUBJECT, now: NOW };
        assert.ok(verifyAgainstChain(signature, chain.chainDer).ok);
      });
    }
  }

  it('binds time, expiry, user metadata and agent', async () => {
    const signingTime = new Date('2026-11-22T03:53:12.789Z');
    const chain = makeChain({
      notBefore: new Date('2026-01-01'),
      notAfter: new Date('2126-01-01'),
    });
    const expiry = new Date('2027-11-22T03:53:12Z');
    const signed = await signOne(signerOf(chain, { clock: { now: () => signingTime } }), {
      format: 'jws',
      signingTime,
      expiry,
      userMetadata: { build: '42' },
    });
    const envelope = parseEnvelope(signed.bytes, signed.mediaType);
    assert.ok(envelope.ok);
    assert.equal(signed.signingTime.toISOString(), '2026-11-22T03:53:12.000Z');
    assert.deepEqual(envelope.value.attributes.signingTime, signed.signingTime);
    assert.deepEqual(envelope.value.attributes.expiry, expiry);
    assert.deepEqual({ ...envelope.value.subject.annotations }, { build: '42' });
    assert.equal(envelope.value.signingAgent, 'container-image-release/0.1.0');
    assert.equal(signed.mediaType, 'application/jose+json');
    assert.equal(Buffer.compare(Buffer.concat(signed.chain), Buffer.concat(chain.chainDer)), 0);
  });

  it('signs every one of many jobs, once', async () => {
    const subjects = Array.from({ length: 70 }, (_, index) => ({
      ...SUBJECT,
      digest: digestOf(Buffer.from(String(index))),
    }));
    const results = await signAll(signerOf(CHAIN), subjects);
    const signed = results.map((it) => (it.kind === 'signed' ? it.envelope.subject.digest : ''));
    assert.deepEqual(signed.sort(), subjects.map(({ digest }) => digest).sort());
  });

  it('signs content with a digest made by the hash of its key', async () => {
    const chain = makeChain({ keyType: 'EC-384' });
    const blob = { bytes: Buffer.from('{}'), mediaType: 'application/json' };
    const jobs = [{ kind: 'blob', blob }] as const;
    const [result] = await collect(signerOf(chain).sign(jobs, OPTIONS, NEVER));
    assert.ok(result?.kind === 'signed');
    const { subject, bytes } = result.envelope;
    assert.deepEqual(subject, describeBlob(blob, 'sha384'));
    const detached = detachedToVerify({ blob, envelope: bytes, format: 'cose', now: NOW });
    assert.ok(verifyAgainstChain(detached, chain.chainDer).ok);
  });

  it('goes on when a single job fails, and says which', async () => {
    const bad = { ...SUBJECT, annotations: { build: '1' } };
    const options = { ...OPTIONS, userMetadata: { build: '42' } };
    const results = await signAll(signerOf(CHAIN), [bad, SUBJECT], options);
    assert.deepEqual(results.map(({ kind }) => kind).sort(), ['failed', 'signed']);
    const failed = results.find((it) => it.kind === 'failed');
    assert.ok(failed?.kind === 'failed');
    assert.deepEqual(failed.job, { kind: 'manifest', subject: bad });
    assert.equal(failed.error.code, 'INPUT_INVALID');
  });

  it('refuses reserved user metadata before it signs anything', async () => {
    const options = { ...OPTIONS, userMetadata: { 'io.cncf.notary.x': '1' } };
    await assert.rejects(signAll(signerOf(CHAIN), [SUBJECT], options), {
      code: 'INPUT_INVALID',
      message: /userMetadata\.io\.cncf\.notary\.x: begins with the reserved/,
    });
  });

  it('refuses to sign at a time when the certificate is not valid', async () => {
    const options = { ...OPTIONS, signingTime: new Date('2090-01-01') };
    await assert.rejects(signAll(signerOf(CHAIN), [SUBJECT], options), {
      code: 'CERTIFICATE_INVALID',
      message: /expired at/,
    });
  });

  it('takes an expiry before the signing time for a bug', async () => {
    const options = { ...OPTIONS, expiry: new Date('2020-01-01') };
    await assert.rejects(signAll(signerOf(CHAIN), [SUBJECT], options), BugError);
  });

  it('stops when it is told to', async () => {
    const controller = new AbortController();
    controller.abort();
    const job = { kind: 'manifest', subject: SUBJECT } as const;
    const results = signerOf(CHAIN).sign([job], OPTIONS, controller.signal);
    await assert.rejects(collect(results), { name: 'AbortError' });
  });
});

describe('certificate-signer chain', () => {
  const { leafKey, chainPem } = CHAIN;
  const password = 'corr3ct';
  const encrypted = { format: 'pem', cipher: 'aes-256-cbc', passphrase: password } as const;
  const text = (key: string | Buffer): Secret => new Secret(key.toString());
  const keys = [
    { name: 'PKCS#8', key: leafKey.export({ type: 'pkcs8', format: 'pem' }) },
    { name: 'SEC 1', key: leafKey.export({ type: 'sec1', format: 'pem' }) },
    { name: 'encrypted PKCS#8', key: leafKey.export({ type: 'pkcs8', ...encrypted }) },
    { name: 'encrypted SEC 1', key: leafKey.export({ type: 'sec1', ...encrypted }) },
    { name: 'a file with certificates as well', key: `${chainPem}${CHAIN.leafKeyPem}` },
  ];
  for (const { name, key } of keys) {
    it(`reads a key in ${name}`, async () => {
      const signer = signerOf(CHAIN, { privateKey: text(key), password: new Secret(password) });
      assert.equal((await signOne(signer)).chain.length, 3);
    });
  }

  it('reads a key in PKCS#1', async () => {
    const chain = makeChain({ keyType: 'RSA-2048' });
    const privateKey = text(chain.leafKey.export({ type: 'pkcs1', format: 'pem' }));
    assert.equal((await signerOf(chain, { privateKey }).chain(NEVER))?.length, 2);
  });

  it('puts the chain in order, root last', async () => {
    const reversed = chainPem
      .split(/(?=-----BEGIN)/)
      .reverse()
      .join('');
    const chain = await signerOf(CHAIN, { chainPem: Buffer.from(reversed) }).chain(NEVER);
    assert.equal(Buffer.compare(Buffer.concat(chain ?? []), Buffer.concat(CHAIN.chainDer)), 0);
  });

  const other = makeChain();
  const sealed = text(leafKey.export({ type: 'pkcs8', ...encrypted }));
  const expired = makeChain({
    notBefore: new Date('2020-01-01'),
    notAfter: new Date('2021-01-01'),
  });
  const rsa1024 = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
  const root = definite(CHAIN.chainDer.at(-1), 'the root');
  const rejected: readonly {
    readonly name: string;
    readonly chain?: TestChain;
    readonly changes?: Partial<CertificateSignerOptions>;
    readonly code: string;
    readonly message: RegExp;
    readonly hint: RegExp;
  }[] = [
    {
      name: 'a file that holds no key',
      changes: { privateKey: new Secret('hello') },
      code: 'PRIVATE_KEY_INVALID',
      message: /holds no private key/,
      hint: /PEM file with a PRIVATE KEY/,
    },
    {
      name: 'a certificate where the key belongs',
      changes: { privateKey: new Secret(chainPem) },
      code: 'PRIVATE_KEY_INVALID',
      message: /holds no private key/,
      hint: /PRIVATE KEY/,
    },
    {
      name: 'an encrypted key without password',
      changes: { privateKey: sealed },
      code: 'PRIVATE_KEY_INVALID',
      message: /is encrypted/,
      hint: /privateKeyPassword/,
    },
    {
      name: 'a wrong password',
      changes: { privateKey: sealed, password: new Secret('wr0ng') },
      code: 'PRIVATE_KEY_INVALID',
      message: /password does not open/,
      hint: /privateKeyPassword/,
    },
    {
      name: 'a key that Notary does not know',
      changes: { privateKey: text(rsa1024.export({ type: 'pkcs8', format: 'pem' })) },
      code: 'PRIVATE_KEY_INVALID',
      message: /of this kind \(rsa\) cannot sign/,
      hint: /RSA of 2048/,
    },
    {
      name: 'a key without its certificate',
      changes: { privateKey: text(other.leafKeyPem) },
      code: 'CERTIFICATE_INVALID',
      message: /No certificate belongs to the private key: .*CN=Image Signer/,
      hint: /issued for this private key/,
    },
    {
      name: 'a file without certificates',
      changes: { chainPem: Buffer.from('hello') },
      code: 'CERTIFICATE_INVALID',
      message: /certificateChain: holds no certificate/,
      hint: /up to the root/,
    },
    {
      name: 'a chain without its root',
      changes: { chainPem: Buffer.concat(CHAIN.chainDer.slice(0, 2)) },
      code: 'CERTIFICATE_INVALID',
      message: /CN=Test Intermediate is the last certificate but not a self-signed root/,
      hint: /up to the self-signed root/,
    },
    {
      name: 'a chain with a gap',
      changes: { chainPem: Buffer.concat([...CHAIN.chainDer.slice(0, 1), root]) },
      code: 'CERTIFICATE_INVALID',
      message: /CN=Test Root does not belong to the chain/,
      hint: /Remove/,
    },
    {
      name: 'an expired certificate',
      chain: expired,
      code: 'CERTIFICATE_INVALID',
      message: /expired at 2021-01-01/,
      hint: /valid code signing certificate/,
    },
    {
      name: 'a certificate that must not sign',
      chain: makeChain({ leaf: { keyUsage: [5] } }),
      code: 'CERTIFICATE_INVALID',
      message: /lacks the key usage digitalSignature/,
      hint: /code signing certificate/,
    },
  ];
  for (const { name, chain = CHAIN, changes, code, message, hint } of rejected) {
    it(`refuses ${name}, saying what to do`, async () => {
      const signer = signerOf(chain, changes);
      await assert.rejects(signer.chain(NEVER), (error: unknown) => {
        assert.ok(error instanceof TaskError);
        assert.equal(error.code, code);
        assert.match(error.message, message);
        assert.match(error.hint ?? '', hint);
        return true;
      });
    });
  }
});
