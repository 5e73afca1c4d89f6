import { constants, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** The kinds of keys that sign, by family and size in bits. */
export type KeySpec = 'RSA-2048' | 'RSA-3072' | 'RSA-4096' | 'EC-256' | 'EC-384' | 'EC-521';

/** How one kind of key signs, e.g. RSA-2048 with PS256. */
export interface SignatureAlgorithm {
  readonly keySpec: KeySpec;
  /** Name in JWS. */
  readonly name: string;
  /** Label in COSE. */
  readonly label: number;
  readonly hash: 'sha256' | 'sha384' | 'sha512';
  readonly family: 'pss' | 'ecdsa';
  /** Length of a signature; ECDSA signatures are `r` and `s` side by side. */
  readonly signatureBytes: number;
}

/**
 * The kinds of keys that Notary Project signatures know, with the one algorithm of each.
 *
 * @see https://github.com/notaryproject/specifications/blob/v1.1.0/specs/signature-specification.md#algorithm-selection
 */
export const SIGNATURE_ALGORITHMS = {
  'RSA-2048': {
    keySpec: 'RSA-2048',
    name: 'PS256',
    label: -37,
    hash: 'sha256',
    family: 'pss',
    signatureBytes: 256,
  },
  'RSA-3072': {
    keySpec: 'RSA-3072',
    name: 'PS384',
    label: -38,
    hash: 'sha384',
    family: 'pss',
    signatureBytes: 384,
  },
  'RSA-4096': {
    keySpec: 'RSA-4096',
    name: 'PS512',
    label: -39,
    hash: 'sha512',
    family: 'pss',
    signatureBytes: 512,
  },
  'EC-256': {
    keySpec: 'EC-256',
    name: 'ES256',
    label: -7,
    hash: 'sha256',
    family: 'ecdsa',
    signatureBytes: 64,
  },
  'EC-384': {
    keySpec: 'EC-384',
    name: 'ES384',
    label: -35,
    hash: 'sha384',
    family: 'ecdsa',
    signatureBytes: 96,
  },
  'EC-521': {
    keySpec: 'EC-521',
    name: 'ES512',
    label: -36,
    hash: 'sha512',
    family: 'ecdsa',
    signatureBytes: 132,
  },
} as const satisfies Readonly<Record<KeySpec, SignatureAlgorithm>>;

const ALL: readonly SignatureAlgorithm[] = Object.values(SIGNATURE_ALGORITHMS);

/** Names that OpenSSL gives to the curves P-256, P-384 and P-521. */
const CURVES: ReadonlyMap<string, KeySpec> = new Map([
  ['prime256v1', 'EC-256'],
  ['secp384r1', 'EC-384'],
  ['secp521r1', 'EC-521'],
]);

/** The algorithm with a JWS name such as `PS256`; absent when Notary signatures do not have it. */
export function algorithmByName(name: unknown): SignatureAlgorithm | undefined {
  return ALL.find((algorithm) => algorithm.name === name);
}

/** The algorithm with a COSE label such as -37; absent when Notary signatures do not have it. */
export function algorithmByLabel(label: unknown): SignatureAlgorithm | undefined {
  return ALL.find((algorithm) => algorithm.label === label);
}

/** The algorithm of a private or public key; absent when such keys must not sign. RSA sizes count in whole bytes. */
export function algorithmOfKey(key: KeyObject): SignatureAlgorithm | undefined {
  const details = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case 'rsa': {
      const bytes = Math.ceil((details.modulusLength ?? 0) / 8);
      return ALL.find(({ family, signatureBytes }) => family === 'pss' && signatureBytes === bytes);
    }
    case 'ec': {
      const keySpec = CURVES.get(details.namedCurve ?? '');
      return keySpec === undefined ? undefined : SIGNATURE_ALGORITHMS[keySpec];
    }
    default:
      return undefined;
  }
}

/** What node:crypto needs besides the key: PSS with a salt as long as the hash, or ECDSA as `r` and `s`. */
export interface SignatureParameters {
  readonly padding?: number;
  readonly saltLength?: number;
  readonly dsaEncoding?: 'ieee-p1363';
}

/** The parameters to sign with. */
export function signatureParameters(algorithm: SignatureAlgorithm): SignatureParameters {
  if (algorithm.family === 'ecdsa') return { dsaEncoding: 'ieee-p1363' };
  return {
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  };
}

/** A signature, and what it was made over. */
export interface SignedBytes {
  readonly data: Uint8Array;
  readonly signature: Uint8Array;
  /** JWS leaves the salt of PSS to the signer, COSE wants it as long as the hash. */
  readonly salt: 'as-hash' | 'any';
}

/** Whether a signature over bytes was made with the private half of a key. */
export function isSignedBy(
  key: KeyObject,
  algorithm: SignatureAlgorithm,
  { data, signature, salt }: SignedBytes,
): boolean {
  if (signature.byteLength !== algorithm.signatureBytes) return false;
  const parameters = signatureParameters(algorithm);
  const lenient = algorithm.family === 'pss' && salt === 'any';
  const options = lenient
    ? { ...parameters, saltLength: constants.RSA_PSS_SALTLEN_AUTO }
    : parameters;
  return verify(algorithm.hash, data, { key, ...options }, signature);
}
