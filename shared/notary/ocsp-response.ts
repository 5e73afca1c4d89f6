import { createHash } from 'node:crypto';
import { parseStructure, readBer } from './asn1.ts';
import type { Asn1 } from './asn1.ts';
import type { AsnType, SingleResponse } from './asn1.chunk.ts';
import { findValidityProblems } from './certificate-chain.ts';
import { isIssuedBy, sameBytes } from './certificate.ts';
import type { Certificate } from './certificate.ts';
import { readDer, readTime } from './der.ts';
import { takeCertificates } from './embedded-certificates.ts';
import { CLOCK_SKEW_MS } from './revocation-status.ts';
import type { RevocationQuestion, RevocationStatus } from './revocation-status.ts';
import { SHA1_OID, hashByOid, isSignedWith, readAlgorithm } from './x509-algorithms.ts';

const BASIC_RESPONSE = '1.3.6.1.5.5.7.48.1.1';
const INVALID_SINCE = '2.5.29.24';
const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9';

/** The status of an answer that holds one, and what the others mean. */
const SUCCESSFUL = 0;
const REFUSALS: readonly string[] = [
  '',
  'malformed request',
  'internal error',
  'try later',
  '',
  'signature required',
  'unauthorized',
];

/** Context tags of the state of a certificate. */
const GOOD = 0;
const REVOKED = 1;

/**
 * What the answer of a responder says about a certificate; unknown when it is not by the issuer or by whom it appointed,
 * out of date, or not about this certificate.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6960#section-4.2
 */
export function statusByResponder(
  asn1: Asn1,
  answer: Uint8Array,
  question: RevocationQuestion,
): RevocationStatus {
  const read = parseStructure('answer', 'an answer of a responder', () =>
    readStatus(asn1, answer, question),
  );
  if (read.ok) return read.value;
  return { kind: 'unknown', reason: read.problems.map(({ message }) => message).join('; ') };
}

function readStatus(
  asn1: Asn1,
  answer: Uint8Array,
  question: RevocationQuestion,
): RevocationStatus {
  const { responseStatus, responseBytes } = new asn1.OCSPResponse({
    schema: readBer(asn1, answer),
  });
  const status = responseStatus.valueBlock.valueDec;
  if (status !== SUCCESSFUL) return unknown(`it refused: ${REFUSALS[status] ?? ''}`);
  if (responseBytes?.responseType !== BASIC_RESPONSE) return unknown('it gave no basic answer');
  const element = readBer(asn1, new Uint8Array(responseBytes.response.getValue()));
  const certificates = takeCertificates(asn1, element);
  const basic = new asn1.BasicOCSPResponse({ schema: element });
  const { tbsResponseData: said } = basic;
  const isSigned = respondersOf(certificates, question).some(({ publicKey }) => {
    const algorithm = readAlgorithm(
      readDer(new Uint8Array(basic.signatureAlgorithm.toSchema().toBER())),
    );
    const signature = new Uint8Array(basic.signature.valueBlock.valueHexView);
    return (
      algorithm !== undefined &&
      isSignedWith(publicKey, algorithm, { data: said.tbsView, signature })
    );
  });
  if (!isSigned) return unknown('its answer is not signed by the issuer or a responder of its');
  const single = said.responses.find((one) => isAbout(one, question));
  return single === undefined
    ? unknown('its answer is about other certificates')
    : readSingle(asn1, single, question.now);
}

/** Whoever may answer for an issuer: itself, and those whom it gave a certificate for that. */
function respondersOf(
  certificates: readonly Certificate[],
  { issuer, now }: RevocationQuestion,
): readonly Certificate[] {
  const appointed = certificates.filter(
    (one) =>
      one.weakness === undefined &&
      one.extensions.extendedKeyUsage?.purposes.includes(OCSP_SIGNING) === true &&
      one.extensions.keyUsage?.usages.has('digitalSignature') !== false &&
      findValidityProblems([one], now).length === 0 &&
      isIssuedBy(one, issuer),
  );
  return [issuer, ...appointed];
}

function isAbout({ certID }: SingleResponse, { certificate, issuer }: RevocationQuestion): boolean {
  const { algorithmId } = certID.hashAlgorithm;
  const hash = algorithmId === SHA1_OID ? 'sha1' : hashByOid(algorithmId);
  if (hash === undefined) return false;
  const isHashOf = (stated: ArrayBuffer, bytes: Uint8Array): boolean =>
    sameBytes(new Uint8Array(stated), createHash(hash).update(bytes).digest());
  return (
    sameBytes(certID.serialNumber.valueBlock.valueHexView, certificate.serial) &&
    isHashOf(certID.issuerNameHash.getValue(), issuer.rawSubject) &&
    isHashOf(certID.issuerKeyHash.getValue(), issuer.rawPublicKey)
  );
}

function readSingle(asn1: Asn1, single: SingleResponse, now: Date): RevocationStatus {
  const { thisUpdate, nextUpdate, singleExtensions = [] } = single;
  if (nextUpdate === undefined) return unknown('its answer does not say until when it counts');
  // Times that are broken compare as false, so what must hold is asked.
  const isCurrent = thisUpdate.getTime() <= now.getTime() + CLOCK_SKEW_MS && now <= nextUpdate;
  if (!isCurrent) return unknown('its answer is out of date');
  if (singleExtensions.some(({ critical }) => critical)) {
    return unknown('its answer has a critical extension not known here');
  }
  const state = single.certStatus as AsnType;
  switch (state.idBlock.tagNumber) {
    case GOOD:
      return { kind: 'good' };
    case REVOKED: {
      const [at] = state instanceof asn1.Constructed ? state.valueBlock.value : [];
      const invalidSince = readInvalidSince(singleExtensions);
      return {
        kind: 'revoked',
        at: readTime(readDer(at?.valueBeforeDecodeView ?? new Uint8Array())),
        ...(invalidSince === undefined ? {} : { invalidSince }),
      };
    }
    default:
      return unknown('it does not know the certificate');
  }
}

/** A time that cannot be read excuses nothing: revoked stays revoked, and no list is asked instead. */
function readInvalidSince(
  extensions: NonNullable<SingleResponse['singleExtensions']>,
): Date | undefined {
  const invalid = extensions.find(({ extnID }) => extnID === INVALID_SINCE);
  if (invalid === undefined) return undefined;
  const read = parseStructure('answer', 'a time', () =>
    readTime(readDer(new Uint8Array(invalid.extnValue.getValue()))),
  );
  return read.ok ? read.value : undefined;
}

function unknown(reason: string): RevocationStatus {
  return { kind: 'unknown', reason };
}
