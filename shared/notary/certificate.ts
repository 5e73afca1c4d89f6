import { X509Certificate, createHash } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { parsed, problem } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import { readExtensions } from './certificate-extensions.ts';
import type { CertificateExtensions } from './certificate-extensions.ts';
import {
  DerError,
  DerTag,
  expectTag,
  readChildren,
  readCount,
  readDer,
  readOid,
  readTime,
} from './der.ts';
import type { DerNode } from './der.ts';
import { formatName, readName } from './distinguished-name.ts';
import type { NameAttribute } from './distinguished-name.ts';
import { readAlgorithm, readBits } from './x509-algorithms.ts';

/** An X.509 certificate, read as far as Notary Project signatures need it. */
export interface Certificate {
  /** The certificate itself, in DER. */
  readonly raw: Uint8Array;
  /** SHA-256 of the certificate in lower-case hex. */
  readonly thumbprint: string;
  readonly subject: readonly NameAttribute[];
  /** The subject for people, safe to print: `C=US, O=Contoso, CN=Build`. */
  readonly subjectText: string;
  /** The serial number as DER writes it, big-endian with a sign. */
  readonly serial: Uint8Array;
  readonly rawSubject: Uint8Array;
  readonly rawIssuer: Uint8Array;
  readonly notBefore: Date;
  /** The last instant in which the certificate is valid, in whole seconds. */
  readonly notAfter: Date;
  readonly extensions: CertificateExtensions;
  readonly publicKey: KeyObject;
  /** The key as the certificate holds it: what its hash is taken of. */
  readonly rawPublicKey: Uint8Array;
  /** Why the key of this certificate, or the algorithm that signed it, must not be relied on; absent when both may. */
  readonly weakness?: string;
  /** Whether the key signed this certificate; says nothing about names or validity. */
  readonly isSignedWith: (key: KeyObject) => boolean;
}

/** Certificates have one to three kilobytes. */
const MAX_CERTIFICATE_BYTES = 64 * 1024;

/** Context tags of the optional parts of a certificate. */
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;

/** Only version 3 has extensions; the field counts from 0. */
const VERSION_3 = 2;

/** Curves as OpenSSL names them, and the length of RSA, that the reference implementation takes from authorities. */
const CURVES: ReadonlySet<string> = new Set(['secp224r1', 'prime256v1', 'secp384r1', 'secp521r1']);
const MIN_RSA_BITS = 1024;

/** The first byte of a point with both of its coordinates. */
const UNCOMPRESSED = 4;

/**
 * Certificates read before. A release has thousands of signatures under a handful of certificates, and to read a
 * certificate takes longer than to verify a signature with it.
 */
const KNOWN = new Map<string, Certificate>();
const MAX_KNOWN = 256;

/**
 * A certificate from DER; whether it may sign is decided by the chain rules.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5280#section-4.1
 */
export function parseCertificate(der: Uint8Array, path: string): Parsed<Certificate> {
  if (der.byteLength > MAX_CERTIFICATE_BYTES)
    return problem(path, 'is too large for a certificate');
  try {
    return parsed(recall(der));
  } catch (error) {
    const reason = error instanceof DerError ? `: it ${error.message}` : '';
    return problem(path, `is not an X.509 certificate${reason}`);
  }
}

/** Whether one certificate was issued by another: by name and by signature. */
export function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  return (
    sameBytes(certificate.rawIssuer, issuer.rawSubject) &&
    certificate.isSignedWith(issuer.publicKey)
  );
}

/** Whether a certificate was issued by itself, as roots are. */
export function isSelfSigned(certificate: Certificate): boolean {
  return isIssuedBy(certificate, certificate);
}

/** Whether both are the same bytes, e.g. two names or two serial numbers in DER. */
export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

function thumbprintOf(der: Uint8Array): string {
  return createHash('sha256').update(der).digest('hex');
}

function recall(der: Uint8Array): Certificate {
  const thumbprint = thumbprintOf(der);
  const known = KNOWN.get(thumbprint);
  if (known !== undefined) return known;
  if (KNOWN.size === MAX_KNOWN) KNOWN.clear();
  // The bytes are kept, so they must not change with those of the caller.
  const certificate = readCertificate(Uint8Array.from(der), thumbprint);
  KNOWN.set(thumbprint, certificate);
  return certificate;
}

function readCertificate(der: Uint8Array, thumbprint: string): Certificate {
  const [tbs, outerAlgorithm] = readChildren(readDer(der), DerTag.sequence);
  const fields = readChildren(tbs, DerTag.sequence);
  const version = fields[0]?.tag === VERSION ? readCount(readDer(fields[0].content)) : 0;
  const [serial, algorithm, issuer, validity, subject, key, ...optional] =
    fields[0]?.tag === VERSION ? fields.slice(1) : fields;
  const extensions = optional.find(({ tag }) => tag === EXTENSIONS);
  if (version > VERSION_3) throw new DerError('has a version above 3');
  if (extensions !== undefined && version !== VERSION_3) {
    throw new DerError('has extensions, but not version 3');
  }
  const [notBefore, notAfter] = readChildren(validity, DerTag.sequence);
  const rawSubject = expectTag(subject, DerTag.sequence).raw;
  const name = readName(rawSubject);
  const x509 = new X509Certificate(der);
  const rawPublicKey = readBits(readChildren(key, DerTag.sequence)[1]);
  const weakness =
    findWeakness(algorithm, outerAlgorithm) ?? findWeakKey(x509.publicKey, rawPublicKey);
  // Each signature of a release asks the same about the same chain.
  const verdicts = new WeakMap<KeyObject, boolean>();
  return {
    raw: der,
    thumbprint,
    subject: name,
    subjectText: formatName(name),
    serial: readSerial(serial),
    rawSubject,
    rawIssuer: expectTag(issuer, DerTag.sequence).raw,
    notBefore: readTime(notBefore),
    notAfter: readTime(notAfter),
    extensions: readExtensions(extensions),
    publicKey: x509.publicKey,
    rawPublicKey,
    ...(weakness === undefined ? {} : { weakness }),
    isSignedWith: (key) => {
      const verdict = verdicts.get(key) ?? x509.verify(key);
      verdicts.set(key, verdict);
      return verdict;
    },
  };
}

/** Below zero no serial number is, and the reference implementation reads no certificate that has one. */
function readSerial(node: DerNode | undefined): Uint8Array {
  const { content } = expectTag(node, DerTag.integer);
  if ((content[0] ?? 0) >= 0x80) throw new DerError('has a negative serial number');
  return content;
}

/** Node knows keys that nobody should certify with, such as RSA of 512 bits or curves of 112. */
function findWeakKey(key: KeyObject, point: Uint8Array): string | undefined {
  const { modulusLength = 0, namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  const isWeak =
    key.asymmetricKeyType === 'ec'
      ? !CURVES.has(namedCurve) || point[0] !== UNCOMPRESSED
      : key.asymmetricKeyType === 'rsa' && modulusLength < MIN_RSA_BITS;
  return isWeak ? 'has a key of a kind that is not accepted' : undefined;
}

/** Node verifies certificates with any hash, SHA-1 included, so the algorithm has to be looked at. */
function findWeakness(inner: DerNode | undefined, outer: DerNode | undefined): string | undefined {
  const stated = expectTag(inner, DerTag.sequence);
  if (!sameBytes(stated.raw, expectTag(outer, DerTag.sequence).raw)) {
    return 'names two different signature algorithms';
  }
  if (readAlgorithm(stated) !== undefined) return undefined;
  const oid = readOid(readChildren(stated, DerTag.sequence)[0]);
  return `is signed with an algorithm that is not accepted (${oid})`;
}
