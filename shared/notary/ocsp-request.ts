import { createHash } from 'node:crypto';
import type { Asn1 } from './asn1.ts';
import type { Certificate } from './certificate.ts';
import { SHA1_OID } from './x509-algorithms.ts';

/**
 * A question about one certificate in DER. Responders know certificates by SHA-1 hashes of their issuer: that names it,
 * nothing is signed with it.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6960#section-4.1.1
 */
export function buildOcspRequest(
  asn1: Asn1,
  { serial }: Certificate,
  issuer: Certificate,
): Uint8Array {
  const hashOf = (bytes: Uint8Array): InstanceType<Asn1['OctetString']> =>
    new asn1.OctetString({ valueHex: createHash('sha1').update(bytes).digest() });
  const request = new asn1.OCSPRequest();
  request.tbsRequest.requestList = [
    new asn1.Request({
      reqCert: new asn1.CertID({
        hashAlgorithm: new asn1.AlgorithmIdentifier({
          algorithmId: SHA1_OID,
          algorithmParams: new asn1.Null(),
        }),
        issuerNameHash: hashOf(issuer.rawSubject),
        issuerKeyHash: hashOf(issuer.rawPublicKey),
        serialNumber: new asn1.Integer({ valueHex: serial }),
      }),
    }),
  ];
  return new Uint8Array(request.toSchema(true).toBER());
}
