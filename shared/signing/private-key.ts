import { createPrivateKey, createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { TaskError } from '../core/errors.ts';
import type { Secret } from '../core/secret.ts';

/** A private key in PEM (PKCS#8, PKCS#1 or SEC 1), and the password when it is encrypted. */
export interface PrivateKeyText {
  readonly pem: Secret;
  readonly password?: Secret;
}

/** How PKCS#8 and the traditional forms say that they are encrypted. */
const ENCRYPTED = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: *4, *ENCRYPTED/m;

/** Node's code for ciphers that OpenSSL 3 has retired. */
const RETIRED_CIPHER = 'ERR_OSSL_EVP_UNSUPPORTED';

/**
 * Reads a private key.
 *
 * @throws TaskError `PRIVATE_KEY_INVALID`, telling a missing password, a wrong one, and a file that is no key apart
 */
export function readPrivateKey({ pem, password }: PrivateKeyText): KeyObject {
  const key = pem.reveal();
  const isEncrypted = ENCRYPTED.test(key);
  if (isEncrypted && password === undefined) {
    throw new TaskError('PRIVATE_KEY_INVALID', 'The private key is encrypted.', {
      hint: 'Give its password in privateKeyPassword.',
    });
  }
  try {
    const passphrase = isEncrypted ? password?.reveal() : undefined;
    return createPrivateKey(passphrase === undefined ? { key } : { key, passphrase });
  } catch (error) {
    throw explain(error, isEncrypted);
  }
}

/**
 * The lines of a key file to keep secret. Keys carry their public half along, and a line that holds nothing else is in
 * certificates and signatures as well: hiding it would blank those. A file that cannot be read is secret line by line.
 */
export function secretLinesOf(text: PrivateKeyText): readonly string[] {
  const lines = text.pem.reveal().split(/\r\n|\r|\n/);
  const known = publicHalf(text);
  if (known === undefined) return lines;
  return lines.filter((line) => line === '' || !known.includes(Buffer.from(line, 'base64')));
}

function publicHalf(text: PrivateKeyText): Buffer | undefined {
  try {
    return createPublicKey(readPrivateKey(text)).export({ type: 'spki', format: 'der' });
  } catch {
    return undefined;
  }
}

function explain(cause: unknown, isEncrypted: boolean): TaskError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (isEncrypted && code === RETIRED_CIPHER) {
    return new TaskError(
      'PRIVATE_KEY_INVALID',
      'The private key is encrypted with a retired cipher.',
      {
        hint: 'Encrypt it again: openssl pkcs8 -topk8 -v2 aes-256-cbc.',
        cause,
      },
    );
  }
  if (isEncrypted) {
    return new TaskError('PRIVATE_KEY_INVALID', 'The password does not open the private key.', {
      hint: 'Check privateKeyPassword.',
      cause,
    });
  }
  return new TaskError('PRIVATE_KEY_INVALID', 'The private key file holds no private key in PEM.', {
    hint: 'Give a PEM file with a PRIVATE KEY, RSA PRIVATE KEY or EC PRIVATE KEY block.',
    cause,
  });
}
