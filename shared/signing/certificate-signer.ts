import { createPublicKey, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { TaskError } from '../core/errors.ts';
import { orThrow } from '../core/result.ts';
import type { Secret } from '../core/secret.ts';
import type { Certificate } from '../notary/certificate.ts';
import { orderChain } from '../notary/certificate-chain.ts';
import { algorithmOfKey, signatureParameters } from '../notary/key-spec.ts';
import type { SignatureAlgorithm } from '../notary/key-spec.ts';
import { parseCertificates } from '../notary/pem.ts';
import type { Clock } from '../ports/clock.ts';
import type { Signer } from '../ports/signer.ts';
import { dersOf, requireSigningChain } from './envelope-maker.ts';
import { readPrivateKey } from './private-key.ts';
import { signWith } from './raw-signer.ts';
import type { RawSigner } from './raw-signer.ts';

/** A private key with its certificates, and what signs with it. */
export interface CertificateSignerOptions {
  /** PEM: PKCS#8, PKCS#1 or SEC 1, encrypted or not. */
  readonly privateKey: Secret;
  readonly password?: Secret;
  /** The signing certificate and its issuers up to the root, in any order, in PEM or DER. */
  readonly chainPem: Uint8Array;
  /** What signs, for the record in the envelopes, e.g. `container-image-release/1.0.0`. */
  readonly signingAgent: string;
  readonly clock: Clock;
}

/** Threads that node:crypto signs on by default. */
const CONCURRENCY = 4;

/**
 * A signer with a private key and certificates at hand. They are read when they are first needed: `chain` and `sign`
 * throw TaskError `PRIVATE_KEY_INVALID` or `CERTIFICATE_INVALID` when they cannot sign, or not together.
 */
export function createCertificateSigner(options: CertificateSignerOptions): Signer {
  let loaded: RawSigner | undefined;
  const load = (): RawSigner => (loaded ??= loadSigner(options));
  return {
    chain: async () => Promise.resolve().then(() => dersOf(load().chain)),
    sign: async function* (jobs, signing, signal) {
      yield* signWith(load(), jobs, { options: signing, signal });
    },
  };
}

function loadSigner(options: CertificateSignerOptions): RawSigner {
  const { privateKey: pem, password, chainPem, signingAgent, clock } = options;
  const key = readPrivateKey(password === undefined ? { pem } : { pem, password });
  const algorithm = requireAlgorithm(key);
  return {
    chain: requireSigningChain(readChain(chainPem, key), clock.now()),
    signingAgent,
    concurrency: CONCURRENCY,
    sign: async (data) => signBytes(key, algorithm, data),
  };
}

function requireAlgorithm(key: KeyObject): SignatureAlgorithm {
  const algorithm = algorithmOfKey(key);
  if (algorithm !== undefined) return algorithm;
  const kind = key.asymmetricKeyType ?? 'unknown';
  throw new TaskError('PRIVATE_KEY_INVALID', `A private key of this kind (${kind}) cannot sign.`, {
    hint: 'Use RSA of 2048, 3072 or 4096 bits, or EC P-256, P-384 or P-521.',
  });
}

/** The chain in order: the certificate of the key first. */
function readChain(chainPem: Uint8Array, key: KeyObject): readonly Uint8Array[] {
  const failure = { code: 'CERTIFICATE_INVALID', subject: 'The certificate chain' } as const;
  const certificates = orThrow(parseCertificates(chainPem, 'certificateChain'), {
    ...failure,
    hint: 'Give a PEM file with the signing certificate and its issuers up to the root.',
  });
  const leaf = requireLeaf(certificates, key);
  const chain = orThrow(orderChain(certificates, leaf), {
    ...failure,
    hint: 'Remove the certificates that do not belong to it.',
  });
  return chain.map(({ raw }) => raw);
}

function requireLeaf(certificates: readonly Certificate[], key: KeyObject): Certificate {
  const publicKey = createPublicKey(key);
  const leaf = certificates.find((certificate) => certificate.publicKey.equals(publicKey));
  if (leaf !== undefined) return leaf;
  const names = certificates.map(({ subjectText }) => subjectText).join('; ');
  throw new TaskError(
    'CERTIFICATE_INVALID',
    `No certificate belongs to the private key: ${names}`,
    {
      hint: 'Give the chain whose first certificate was issued for this private key.',
    },
  );
}

/** Signs on a thread of the pool, so that uploads go on meanwhile. */
async function signBytes(
  key: KeyObject,
  algorithm: SignatureAlgorithm,
  data: Uint8Array,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const options = { key, ...signatureParameters(algorithm) };
    sign(algorithm.hash, data, options, (error, signature) => {
      if (error === null) resolve(signature);
      else reject(error);
    });
  });
}
