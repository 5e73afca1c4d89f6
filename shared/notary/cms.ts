import { createHash } from 'node:crypto';
import type { Asn1 } from './asn1.ts';
import type { AsnType, SignerInfo } from './asn1.chunk.ts';
import { sameBytes } from './certificate.ts';
import type { Certificate } from './certificate.ts';
import { takeCertificates } from './embedded-certificates.ts';
import { DerError, DerTag, expectTag, readDer, readDerList, readOid } from './der.ts';
import type { DerNode } from './der.ts';
import { hashByOid, isSignedWith, readAlgorithm } from './x509-algorithms.ts';
import type { HashName } from './x509-algorithms.ts';

/** Signed data of CMS, taken apart; nothing is verified yet. */
export interface SignedContent {
  readonly type: string;
  readonly content: Uint8Array;
  /** In the order of the message; those that are no X.509 certificates are left out. */
  readonly certificates: readonly Certificate[];
  readonly signers: readonly ContentSigner[];
}

/** One signature of signed data. */
export interface ContentSigner {
  readonly signature: Uint8Array;
  /** Signed attributes by type, each with its value in DER; those that are there twice, or have not one value, are not. */
  readonly attributes: ReadonlyMap<string, DerNode>;
  /** The signed attributes as they were signed: in the order of DER, whatever order they came in. */
  readonly signedBytes: Uint8Array;
  /** Name of the issuer in DER and serial number: which certificate the signature says it is by. */
  readonly issuer: Uint8Array;
  readonly serial: Uint8Array;
  readonly digest: HashName | undefined;
  /** AlgorithmIdentifier in DER. */
  readonly algorithm: Uint8Array;
}

const SIGNED_DATA = '1.2.840.113549.1.7.2';
const ATTRIBUTE = {
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
} as const;

/** Signed data names the version 3 when its content is not plain data, and signers 1 that name issuer and serial. */
const DATA_VERSION = 3;
const SIGNER_VERSION = 1;

/**
 * Takes signed data apart.
 *
 * @throws Error of any kind when it is none
 * @see https://www.rfc-editor.org/rfc/rfc5652#section-5
 */
export function readSignedContent(asn1: Asn1, element: AsnType): SignedContent {
  const body = readBody(asn1, element);
  const certificates = takeCertificates(asn1, body);
  const signed = new asn1.SignedData({ schema: body });
  if (signed.version !== DATA_VERSION) throw new DerError('has a version that is not 3');
  const { eContentType: type, eContent } = signed.encapContentInfo;
  if (eContent === undefined) throw new DerError('has no content');
  return {
    type,
    content: new Uint8Array(eContent.getValue()),
    certificates,
    signers: signed.signerInfos.map((signer) => readSigner(asn1, signer)),
  };
}

/**
 * The certificates that signed data carries, e.g. a message that is for nothing else (`application/pkcs7-mime`).
 *
 * @throws Error of any kind when it is none
 */
export function readCarriedCertificates(asn1: Asn1, element: AsnType): readonly Certificate[] {
  return takeCertificates(asn1, readBody(asn1, element));
}

function readBody(asn1: Asn1, element: AsnType): AsnType {
  const info = new asn1.ContentInfo({ schema: element });
  if (info.contentType !== SIGNED_DATA) throw new DerError('holds no signed data');
  return info.content as AsnType;
}

/** The certificate that a signer names, absent when the message does not hold it. */
export function certificateOf(
  { certificates }: SignedContent,
  { issuer, serial }: Pick<ContentSigner, 'issuer' | 'serial'>,
): Certificate | undefined {
  return certificates.find(
    (one) => sameBytes(one.rawIssuer, issuer) && sameBytes(one.serial, serial),
  );
}

/**
 * What is wrong with a signer's signature, absent when the key of the certificate made it over the content.
 *
 * @throws DerError
 */
export function findSignatureFault(
  { type, content }: SignedContent,
  signer: ContentSigner,
  { publicKey }: Certificate,
): string | undefined {
  const { attributes, digest, signature, signedBytes } = signer;
  const algorithm = readAlgorithm(readDer(signer.algorithm), digest);
  if (digest === undefined || algorithm === undefined) return 'is signed with a weak algorithm';
  if (readOid(attributes.get(ATTRIBUTE.contentType)) !== type)
    return 'signs another kind of content';
  const stated = expectTag(attributes.get(ATTRIBUTE.messageDigest), DerTag.octetString).content;
  const actual = createHash(digest).update(content).digest();
  if (!sameBytes(stated, actual)) return 'signs other content';
  return isSignedWith(publicKey, algorithm, { data: signedBytes, signature })
    ? undefined
    : 'has a signature that is not by its certificate';
}

function readSigner(asn1: Asn1, signer: SignerInfo): ContentSigner {
  const { signedAttrs, signatureAlgorithm, digestAlgorithm } = signer;
  const named: unknown = signer.sid;
  if (signer.version !== SIGNER_VERSION || !(named instanceof asn1.IssuerAndSerialNumber)) {
    throw new DerError('has a signer that is not named by issuer and serial number');
  }
  if (signedAttrs === undefined) throw new DerError('has a signer without signed attributes');
  const all = signedAttrs.attributes;
  const attributes = all.flatMap(({ type, values }) => {
    const [value, ...others] = Array.isArray(values) ? (values as readonly AsnType[]) : [];
    const isOne = others.length === 0 && all.filter((it) => it.type === type).length === 1;
    return value !== undefined && isOne
      ? [[type, readDer(value.valueBeforeDecodeView)] as const]
      : [];
  });
  return {
    signature: new Uint8Array(signer.signature.getValue()),
    attributes: new Map(attributes),
    signedBytes: inOrderOfDer(new Uint8Array(signedAttrs.encodedValue)),
    issuer: new Uint8Array(named.issuer.valueBeforeDecode),
    serial: named.serialNumber.valueBlock.valueHexView,
    digest: hashByOid(digestAlgorithm.algorithmId),
    algorithm: new Uint8Array(signatureAlgorithm.toSchema().toBER()),
  };
}

/** RFC 5652, section 5.4: attributes are signed in DER, in which the members of a set are sorted. */
function inOrderOfDer(set: Uint8Array): Uint8Array {
  const { content, raw } = readDer(set);
  const members = readDerList(content).map((member) => member.raw);
  const head = raw.subarray(0, raw.byteLength - content.byteLength);
  return Buffer.concat([head, ...members.sort((one, other) => Buffer.compare(one, other))]);
}
