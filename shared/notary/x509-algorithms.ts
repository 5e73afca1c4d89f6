import { constants, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { DerError, DerTag, expectTag, readChildren, readDer, readOid } from './der.ts';
import type { DerNode } from './der.ts';

/** The hashes that certificates may be signed with. */
export type HashName = 'sha256' | 'sha384' | 'sha512';

/** How certificates, time stamping authorities, responders and lists sign. */
export interface X509Algorithm {
  readonly family: 'rsa' | 'pss' | 'ecdsa' | 'ed25519';
  /** Absent for Ed25519, which hashes on its own. */
  readonly hash?: HashName;
}

/** SHA-2, by object identifier; nothing weaker is accepted anywhere. */
const HASHES: ReadonlyMap<string, HashName> = new Map([
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
]);

const ALGORITHMS: ReadonlyMap<string, X509Algorithm> = new Map<string, X509Algorithm>([
  ['1.2.840.113549.1.1.11', { family: 'rsa', hash: 'sha256' }],
  ['1.2.840.113549.1.1.12', { family: 'rsa', hash: 'sha384' }],
  ['1.2.840.113549.1.1.13', { family: 'rsa', hash: 'sha512' }],
  ['1.2.840.10045.4.3.2', { family: 'ecdsa', hash: 'sha256' }],
  ['1.2.840.10045.4.3.3', { family: 'ecdsa', hash: 'sha384' }],
  ['1.2.840.10045.4.3.4', { family: 'ecdsa', hash: 'sha512' }],
  ['1.3.101.112', { family: 'ed25519' }],
]);

/** Responders name certificates by SHA-1; nothing is signed with it. */
export const SHA1_OID = '1.3.14.3.2.26';

/** CMS may name RSA alone and leave the hash to the digest algorithm beside it. */
const RSA_ENCRYPTION = '1.2.840.113549.1.1.1';

const RSASSA_PSS = '1.2.840.113549.1.1.10';

/** Context tag of the hash among the parameters of PSS. */
const PSS_HASH = 0xa0;

const KEY_TYPES = { rsa: 'rsa', pss: 'rsa', ecdsa: 'ec', ed25519: 'ed25519' } as const;

/** The hash with an object identifier, absent when it is not SHA-2. */
export function hashByOid(oid: string): HashName | undefined {
  return HASHES.get(oid);
}

/** The object identifier of a hash. */
export function oidOfHash(hash: HashName): string {
  const found = [...HASHES].find(([, name]) => name === hash);
  return found?.[0] ?? '';
}

/**
 * The algorithm that an AlgorithmIdentifier names, absent when it is not accepted (SHA-1 and older are not).
 *
 * @throws DerError
 * @see https://www.rfc-editor.org/rfc/rfc5280#section-4.1.1.2
 */
export function readAlgorithm(
  identifier: DerNode | undefined,
  digest?: HashName,
): X509Algorithm | undefined {
  const [oidNode, parameters] = readChildren(identifier, DerTag.sequence);
  const oid = readOid(oidNode);
  if (oid === RSA_ENCRYPTION)
    return digest === undefined ? undefined : { family: 'rsa', hash: digest };
  if (oid !== RSASSA_PSS) return ALGORITHMS.get(oid);
  const hash = readPssHash(parameters);
  return hash === undefined ? undefined : { family: 'pss', hash };
}

/** Whether the key made a signature over bytes, with the algorithm that is stated. */
export function isSignedWith(
  key: KeyObject,
  algorithm: X509Algorithm,
  { data, signature }: { readonly data: Uint8Array; readonly signature: Uint8Array },
): boolean {
  const { family, hash } = algorithm;
  if (key.asymmetricKeyType !== KEY_TYPES[family]) return false;
  const pss = {
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_AUTO,
  };
  return verify(hash ?? null, data, { key, ...(family === 'pss' ? pss : {}) }, signature);
}

/** What a BIT STRING of whole bytes holds. Throws DerError when there is none. */
export function readBits(node: DerNode | undefined): Uint8Array {
  const { content } = expectTag(node, DerTag.bitString);
  if (content[0] !== 0) throw new DerError('has a bit string of broken bytes');
  return content.subarray(1);
}

/** Without the field the hash of PSS is SHA-1. */
function readPssHash(parameters: DerNode | undefined): HashName | undefined {
  const fields = readChildren(parameters, DerTag.sequence);
  const hash = fields.find(({ tag }) => tag === PSS_HASH);
  if (hash === undefined) return undefined;
  const [algorithm] = readChildren(readDer(hash.content), DerTag.sequence);
  return hashByOid(readOid(algorithm));
}
