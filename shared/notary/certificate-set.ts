import { parsed, problem } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import { parseStructure, readBer } from './asn1.ts';
import type { Asn1 } from './asn1.ts';
import type { Certificate } from './certificate.ts';
import { readCarriedCertificates } from './cms.ts';
import { parseCertificates } from './pem.ts';

/**
 * The certificates that an authority publishes as issuers: in DER or PEM, or in a CMS message that carries nothing else.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5280#section-4.2.2.1
 */
export function parseCertificateSet(
  asn1: Asn1,
  bytes: Uint8Array,
  path: string,
): Parsed<readonly Certificate[]> {
  const plain = parseCertificates(bytes, path);
  if (plain.ok) return plain;
  const carried = parseStructure(path, 'CMS', () =>
    readCarriedCertificates(asn1, readBer(asn1, bytes)),
  );
  return carried.ok && carried.value.length > 0
    ? parsed(carried.value)
    : problem(path, 'holds no certificate in DER or PEM, and none in PKCS#7');
}
