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

/** What a key may be used for, e.g. `digitalSignature`. */
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
  /** Where responders (OCSP) tell whether the certificate is revoked, in their order; absent when it names none. */
  readonly ocspUrls?: readonly string[];
  /** Where lists (CRL) tell it, in their order; absent when the certificate names none. */
  readonly crlUrls?: readonly string[];
  /** Whether the certificate itself says where changes to those lists are. */
  readonly namesDeltaList: boolean;
  /** Object identifiers of critical extensions that mean nothing here. */
  readonly foreignCritical: readonly string[];
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
  freshestCrl: '2.5.29.46',
  authorityInformation: '1.3.6.1.5.5.7.1.1',
  ocsp: '1.3.6.1.5.5.7.48.1',
} as const;

/** Critical extensions that limit names and policies; neither plays a part here. */
const HARMLESS: ReadonlySet<string> = new Set([
  ...Object.values(OID),
  '2.5.29.14',
  '2.5.29.17',
  '2.5.29.30',
  '2.5.29.32',
  '2.5.29.33',
  '2.5.29.35',
  '2.5.29.36',
  '2.5.29.54',
]);

/** Context tags of a distribution point's name, of its full form, and of a URL in it. */
const POINT_NAME = 0xa0;
const FULL_NAME = 0xa0;
const URL_NAME = 0x86;

/** An extension as it stands. */
export interface Extension {
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
  const extensions: ReadonlyMap<string, Extension> =
    part === undefined ? new Map() : readExtensionList(readDer(part.content));
  const constraints = extensions.get(OID.basicConstraints);
  const usage = extensions.get(OID.keyUsage);
  const extended = extensions.get(OID.extendedKeyUsage);
  const points = extensions.get(OID.crlDistributionPoints);
  return {
    ...(constraints === undefined ? {} : { basicConstraints: readBasicConstraints(constraints) }),
    ...(usage === undefined ? {} : { keyUsage: readKeyUsage(usage) }),
    ...(extended === undefined ? {} : { extendedKeyUsage: readExtendedKeyUsage(extended) }),
    ...readResponders(extensions.get(OID.authorityInformation)),
    ...(points === undefined ? {} : { crlUrls: readDistributionPoints(points.value.content) }),
    namesDeltaList: extensions.has(OID.freshestCrl),
    foreignCritical: [...extensions]
      .filter(([oid, { critical }]) => critical && !HARMLESS.has(oid))
      .map(([oid]) => oid),
  };
}

/**
 * The URLs of a CRLDistributionPoints value, also of a FreshestCRL.
 *
 * @throws DerError
 * @see https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.13
 */
export function readDistributionPoints(value: Uint8Array): readonly string[] {
  return readChildren(readDer(value), DerTag.sequence).flatMap((point) => {
    const name = readChildren(point, DerTag.sequence).find(({ tag }) => tag === POINT_NAME);
    return name === undefined ? [] : readPointName(name.content);
  });
}

/** The URLs of a DistributionPointName; names relative to the issuer have none. Throws DerError. */
export function readPointName(value: Uint8Array): readonly string[] {
  const full = readDer(value);
  return full.tag === FULL_NAME ? readUrls(readDerList(full.content)) : [];
}

/**
 * Every extension of a list of extensions by its object identifier.
 *
 * @throws DerError
 */
export function readExtensionList(list: DerNode | undefined): ReadonlyMap<string, Extension> {
  const extensions = new Map<string, Extension>();
  for (const node of readChildren(list, DerTag.sequence)) {
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
  const [unused = 8, ...bytes] = expectTag(readDer(value.content), DerTag.bitString).content;
  if (unused > 7) throw new DerError('has a broken key usage');
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

function readResponders(
  information: Extension | undefined,
): Pick<CertificateExtensions, 'ocspUrls'> {
  if (information === undefined) return {};
  const responders = readChildren(readDer(information.value.content), DerTag.sequence)
    .map((description) => readChildren(description, DerTag.sequence))
    .filter(([method]) => readOid(method) === OID.ocsp);
  if (responders.length === 0) return {};
  return { ocspUrls: readUrls(responders.flatMap(([, location]) => location ?? [])) };
}

function readUrls(names: readonly DerNode[]): readonly string[] {
  return names
    .filter(({ tag }) => tag === URL_NAME)
    .map(({ content }) => Buffer.from(content).toString('latin1'));
}
