import type { Parsed } from '../core/result.ts';
import { parseStructure } from './asn1.ts';
import { readDistributionPoints, readExtensionList } from './certificate-extensions.ts';
import type { Extension } from './certificate-extensions.ts';
import { DerError, DerTag, expectTag, readChildren, readDer, readNumber, readTime } from './der.ts';
import type { DerNode } from './der.ts';
import { readScope } from './crl-scope.ts';
import type { ListScope } from './crl-scope.ts';
import { sameBytes } from './certificate.ts';
import { readAlgorithm, readBits } from './x509-algorithms.ts';
import type { X509Algorithm } from './x509-algorithms.ts';

/** A list of revoked certificates (CRL), taken apart as far as a verification needs it; nothing is verified yet. */
export interface RevocationList {
  readonly rawIssuer: Uint8Array;
  readonly thisUpdate: Date;
  /** Absent: the list does not say when the next one comes. */
  readonly nextUpdate?: Date;
  /** What the entries are in, one after the other; there may be hundreds of thousands. */
  readonly entries: Uint8Array;
  readonly number?: bigint;
  /** The number of the list that this one only tells the changes of. */
  readonly baseNumber?: bigint;
  /** Where changes to this list are. */
  readonly deltaUrls: readonly string[];
  readonly scope: ListScope;
  /** Object identifiers of critical extensions that are not known here. */
  readonly foreignCritical: readonly string[];
  readonly signedBytes: Uint8Array;
  readonly signature: Uint8Array;
  /** Absent when the algorithm is too weak. */
  readonly algorithm: X509Algorithm | undefined;
}

const OID = {
  number: '2.5.29.20',
  deltaIndicator: '2.5.29.27',
  scope: '2.5.29.28',
  freshest: '2.5.29.46',
} as const;

const KNOWN: ReadonlySet<string> = new Set(Object.values(OID));

/** Lists of version 1 cannot say what they are about; the field counts from 0. */
const VERSION_2 = 1n;

/** Context tag of the extensions. */
const EXTENSIONS = 0xa0;

/**
 * Takes a list of revoked certificates apart. Our own reader does it: the entries of a list are far more elements than
 * the ASN.1 libraries take, and only one of them is looked for.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5280#section-5.1
 */
export function parseCrl(bytes: Uint8Array): Parsed<RevocationList> {
  return parseStructure('list', 'a list of revoked certificates', () => readCrl(bytes));
}

function readCrl(bytes: Uint8Array): RevocationList {
  const [signed, outer, signature] = readChildren(readDer(bytes), DerTag.sequence);
  const [version, inner, issuer, thisUpdate, ...optional] = readChildren(signed, DerTag.sequence);
  if (readNumber(version) !== VERSION_2) throw new DerError('has a version that is not 2');
  const stated = expectTag(outer, DerTag.sequence);
  if (!sameBytes(expectTag(inner, DerTag.sequence).raw, stated.raw)) {
    throw new DerError('names two different signature algorithms');
  }
  const nextUpdate = optional.find(isTime);
  return {
    rawIssuer: expectTag(issuer, DerTag.sequence).raw,
    thisUpdate: readTime(thisUpdate),
    ...(nextUpdate === undefined ? {} : { nextUpdate: readTime(nextUpdate) }),
    entries: optional.find(({ tag }) => tag === DerTag.sequence)?.content ?? new Uint8Array(),
    ...readListExtensions(optional.find(({ tag }) => tag === EXTENSIONS)),
    signedBytes: expectTag(signed, DerTag.sequence).raw,
    signature: readBits(signature),
    algorithm: readAlgorithm(stated),
  };
}

function isTime({ tag }: DerNode): boolean {
  return tag === DerTag.utcTime || tag === DerTag.generalizedTime;
}

function readListExtensions(
  part: DerNode | undefined,
): Pick<RevocationList, 'number' | 'baseNumber' | 'deltaUrls' | 'scope' | 'foreignCritical'> {
  const extensions: ReadonlyMap<string, Extension> =
    part === undefined ? new Map() : readExtensionList(readDer(part.content));
  const valueOf = (oid: string): Uint8Array | undefined => extensions.get(oid)?.value.content;
  const number = valueOf(OID.number);
  const base = valueOf(OID.deltaIndicator);
  const freshest = valueOf(OID.freshest);
  return {
    ...(number === undefined ? {} : { number: readNumber(readDer(number)) }),
    ...(base === undefined ? {} : { baseNumber: readNumber(readDer(base)) }),
    deltaUrls: freshest === undefined ? [] : readDistributionPoints(freshest),
    scope: readScope(valueOf(OID.scope)),
    foreignCritical: [...extensions]
      .filter(([oid, { critical }]) => critical && !KNOWN.has(oid))
      .map(([oid]) => oid),
  };
}
