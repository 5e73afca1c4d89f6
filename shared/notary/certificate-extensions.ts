import {
  DerError,
  DerTag,
  expectTag,
  readBoolean,
  readChildren,
  readCount,
  readDer,
  readDerList,
  readOid,
} from './der.ts';
import type { DerNode } from './der.ts';

export type KeyUsage = (typeof KEY_USAGES)[number];

/** What the extensions of a certificate say, as far as signatures depend on it; absent when the extension is. */
export interface CertificateExtensions {
  readonly basicConstraints?: {
    readonly critical: boolean;
    readonly ca: boolean;
    /** How many certificate authorities may stand below; absent: any number. */
    readonly pathLength?: number;
  };
  readonly keyUsage?: { readonly critical: boolean; readonly usages: ReadonlySet<KeyUsage> };
  readonly extendedKeyUsage?: {
    readonly critical: boolean;
    /** Object identifiers, e.g. `1.3.6.1.5.5.7.3.3` for code signing. */
    readonly purposes: readonly string[];
  };
  /** Whether the certificate names a responder (OCSP) or a list (CRL) that can revoke it. */
  readonly revocable: boolean;
}

/** Bits of the key usage extension, first to last. */
const KEY_USAGES = [
  'digitalSignature',
  'contentCommitment',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;

const OID = {
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  crlDistributionPoints: '2.5.29.31',
  extendedKeyUsage: '2.5.29.37',
  authorityInformation: '1.3.6.1.5.5.7.1.1',
  ocsp: '1.3.6.1.5.5.7.48.1',
} as const;

interface Extension {
  readonly critical: boolean;
  readonly value: DerNode;
}

/**
 * Reads the extensions part of a certificate; extensions that signatures do not depend on are passed over.
 *
 * @throws DerError
 * @see https://www.rfc-editor.org/rfc/rfc5280#section-4.2
 */
export function readExtensions(part: DerNode | undefined): CertificateExtensions {
  const extensions = readAll(part);
  const constraints = extensions.get(OID.basicConstraints);
  const usage = extensions.get(OID.keyUsage);
  const extended = extensions.get(OID.extendedKeyUsage);
  return {
    ...(constraints === undefined ? {} : { basicConstraints: readBasicConstraints(constraints) }),
    ...(usage === undefined ? {} : { keyUsage: readKeyUsage(usage) }),
    ...(extended === undefined ? {} : { extendedKeyUsage: readExtendedKeyUsage(extended) }),
    revocable: extensions.has(OID.crlDistributionPoints) || namesResponder(extensions),
  };
}

function readAll(part: DerNode | undefined): ReadonlyMap<string, Extension> {
  const extensions = new Map<string, Extension>();
  if (part === undefined) return extensions;
  for (const node of readChildren(readDer(part.content), DerTag.sequence)) {
    const fields = readChildren(node, DerTag.sequence);
    const oid = readOid(fields[0]);
    if (extensions.has(oid)) throw new DerError(`has the extension ${oid} twice`);
    const critical = fields[1]?.tag === DerTag.boolean && readBoolean(fields[1]);
    const value = expectTag(fields.at(-1), DerTag.octetString);
    extensions.set(oid, { critical, value });
  }
  return extensions;
}

function readBasicConstraints({
  critical,
  value,
}: Extension): NonNullable<CertificateExtensions['basicConstraints']> {
  const fields = readChildren(readDer(value.content), DerTag.sequence);
  const ca = fields.find(({ tag }) => tag === DerTag.boolean);
  const pathLength = fields.find(({ tag }) => tag === DerTag.integer);
  return {
    critical,
    ca: ca !== undefined && readBoolean(ca),
    ...(pathLength === undefined ? {} : { pathLength: readCount(pathLength) }),
  };
}

function readKeyUsage({
  critical,
  value,
}: Extension): NonNullable<CertificateExtensions['keyUsage']> {
  const [, ...bytes] = expectTag(readDer(value.content), DerTag.bitString).content;
  const isSet = (bit: number): boolean => (((bytes[bit >> 3] ?? 0) << (bit & 7)) & 0x80) !== 0;
  return { critical, usages: new Set(KEY_USAGES.filter((_, bit) => isSet(bit))) };
}

function readExtendedKeyUsage({
  critical,
  value,
}: Extension): NonNullable<CertificateExtensions['extendedKeyUsage']> {
  const purposes = readChildren(readDer(value.content), DerTag.sequence);
  return { critical, purposes: purposes.map(readOid) };
}

function namesResponder(extensions: ReadonlyMap<string, Extension>): boolean {
  const information = extensions.get(OID.authorityInformation);
  if (information === undefined) return false;
  const descriptions = readDerList(readDer(information.value.content).content);
  return descriptions.some(
    (description) => readOid(readChildren(description, DerTag.sequence)[0]) === OID.ocsp,
  );
}
