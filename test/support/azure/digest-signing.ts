import { constants, createECDH, createHash, privateEncrypt, randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { definite } from '../../../shared/core/errors.ts';

/** The order of the group of each curve, and the name that OpenSSL has for it. */
const CURVES: ReadonlyMap<string, readonly [openssl: string, order: bigint]> = new Map([
  ['P-256', ['prime256v1', 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n]],
  [
    'P-384',
    [
      'secp384r1',
      0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    ],
  ],
  [
    'P-521',
    [
      'secp521r1',
      0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
    ],
  ],
]);

/** Signs a digest as a key vault does; Node signs only what it hashes itself. */
export function signDigest(key: KeyObject, algorithm: string, digest: Uint8Array): Uint8Array {
  return algorithm.startsWith('PS')
    ? signPss(key, `sha${algorithm.slice(2)}`, digest)
    : signEcdsa(key, digest);
}

/** @see https://www.rfc-editor.org/rfc/rfc8017#section-9.1.1 */
function signPss(key: KeyObject, hash: string, digest: Uint8Array): Uint8Array {
  const bits = definite(key.asymmetricKeyDetails?.modulusLength, 'the length of an RSA key');
  const salt = randomBytes(digest.byteLength);
  const hashed = createHash(hash)
    .update(Buffer.concat([Buffer.alloc(8), digest, salt]))
    .digest();
  const data = Buffer.alloc(bits / 8 - hashed.byteLength - 1);
  data[data.byteLength - salt.byteLength - 1] = 1;
  salt.copy(data, data.byteLength - salt.byteLength);
  const masked = data.map(
    (byte, index) => byte ^ (mask(hash, hashed, data.byteLength)[index] ?? 0),
  );
  masked[0] = (masked[0] ?? 0) & 0x7f;
  return privateEncrypt(
    { key, padding: constants.RSA_NO_PADDING },
    Buffer.concat([masked, hashed, Buffer.of(0xbc)]),
  );
}

function mask(hash: string, seed: Uint8Array, length: number): Uint8Array {
  const parts: Buffer[] = [];
  for (let counter = 0; parts.length * seed.byteLength < length; counter += 1) {
    const index = Buffer.alloc(4);
    index.writeUInt32BE(counter);
    parts.push(createHash(hash).update(seed).update(index).digest());
  }
  return Buffer.concat(parts).subarray(0, length);
}

/** @see https://www.rfc-editor.org/rfc/rfc6979#section-2.4 */
function signEcdsa(key: KeyObject, digest: Uint8Array): Uint8Array {
  const { crv = '', d = '' } = key.export({ format: 'jwk' });
  const [openssl, order] = definite(CURVES.get(crv), `the curve ${crv}`);
  const size = Math.ceil(order.toString(16).length / 2);
  const secret = toNumber(Buffer.from(d, 'base64url'));
  const ecdh = createECDH(openssl);
  const point = ecdh.generateKeys();
  const k = toNumber(ecdh.getPrivateKey());
  const r = toNumber(point.subarray(1, 1 + size)) % order;
  const s = (inverse(k, order) * (toNumber(digest) + r * secret)) % order;
  return Buffer.concat([toBytes(r, size), toBytes(s, size)]);
}

function toNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}

function toBytes(value: bigint, size: number): Buffer {
  return Buffer.from(value.toString(16).padStart(size * 2, '0'), 'hex');
}

/** By Fermat: the order is prime. */
function inverse(value: bigint, prime: bigint): bigint {
  let [result, base, exponent] = [1n, value % prime, prime - 2n];
  while (exponent > 0n) {
    if (exponent % 2n === 1n) result = (result * base) % prime;
    base = (base * base) % prime;
    exponent /= 2n;
  }
  return result;
}
