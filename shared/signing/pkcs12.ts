import { createPrivateKey } from 'node:crypto';
import { TaskError } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';
import { DerTag } from '../notary/der.ts';
import type * as Libraries from './forge.chunk.ts';

/** What a PKCS#12 file (`.pfx`, `.p12`) holds. */
export interface Pkcs12Content {
  /** PKCS#8 in PEM, not encrypted. */
  readonly privateKey: Secret;
  /** Certificates in PEM, in the order of the file; empty when it holds none. */
  readonly certificatesPem: string;
}

type Forge = typeof Libraries.forge;

type Asn1 = Libraries.forge.asn1.Asn1;

type Bag = Libraries.forge.pkcs12.Bag;

const HINT = 'Give a PKCS#12 file with the signing key, e.g. made by openssl pkcs12 -export.';

/** Whether a file is PKCS#12 rather than PEM: only the former begins as a structure in DER. */
export function isPkcs12(bytes: Uint8Array): boolean {
  return bytes[0] === DerTag.sequence;
}

/**
 * Opens a PKCS#12 file.
 *
 * @throws TaskError `PRIVATE_KEY_INVALID`, telling a wrong password from a file that holds no one key
 */
export async function readPkcs12(
  bytes: Uint8Array,
  password: Secret | undefined,
): Promise<Pkcs12Content> {
  const { forge } = await import('./forge.chunk.ts');
  const bags = openBags(forge, bytes, password?.reveal() ?? '');
  const { pkcs8ShroudedKeyBag, keyBag, certBag } = forge.pki.oids;
  const ofType = (type: string | undefined): readonly Bag[] =>
    bags.filter((bag) => bag.type === type);
  const [key, ...others] = [...ofType(pkcs8ShroudedKeyBag), ...ofType(keyBag)];
  if (key === undefined || others.length > 0) {
    const count = others.length === 0 ? 'no' : 'more than one';
    throw new TaskError('PRIVATE_KEY_INVALID', `The PKCS#12 file holds ${count} private key.`, {
      hint: HINT,
    });
  }
  return {
    privateKey: new Secret(keyPem(forge, key)),
    certificatesPem: ofType(certBag)
      .map((bag) => certificatePem(forge, bag))
      .join(''),
  };
}

function openBags(forge: Forge, bytes: Uint8Array, password: string): readonly Bag[] {
  try {
    const element = forge.asn1.fromDer(Buffer.from(bytes).toString('latin1'));
    const file = forge.pkcs12.pkcs12FromAsn1(element, true, password);
    return file.safeContents.flatMap(({ safeBags }) => safeBags);
  } catch (cause) {
    const isPassword = cause instanceof Error && /password/i.test(cause.message);
    throw isPassword
      ? new TaskError('PRIVATE_KEY_INVALID', 'The password does not open the PKCS#12 file.', {
          hint: 'Check privateKeyPassword.',
          cause,
        })
      : new TaskError('PRIVATE_KEY_INVALID', 'The private key file is neither PEM nor PKCS#12.', {
          hint: HINT,
          cause,
        });
  }
}

/** The library understands RSA; keys of other kinds it hands on as they are. */
function keyPem(forge: Forge, { key, asn1 }: Bag): string {
  const info = key ? forge.pki.wrapRsaPrivateKey(forge.pki.privateKeyToAsn1(key)) : asn1;
  const der = derOf(forge, info);
  try {
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
      .export({ format: 'pem', type: 'pkcs8' })
      .toString();
  } catch (cause) {
    throw new TaskError('PRIVATE_KEY_INVALID', 'The PKCS#12 file holds a broken private key.', {
      hint: HINT,
      cause,
    });
  }
}

function certificatePem(forge: Forge, { cert, asn1 }: Bag): string {
  const der = derOf(forge, cert ? forge.pki.certificateToAsn1(cert) : asn1);
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function derOf(forge: Forge, element: Asn1): Buffer {
  return Buffer.from(forge.asn1.toDer(element).getBytes(), 'latin1');
}
