import { parseStructure } from './asn1.ts';
import { sameBytes } from './certificate.ts';
import { readExtensionList } from './certificate-extensions.ts';
import { covers } from './crl-scope.ts';
import type { RevocationList } from './crl.ts';
import { DerError, DerTag, readChildren, readDer, readTime, walkDer } from './der.ts';
import type { DerNode } from './der.ts';
import { CLOCK_SKEW_MS } from './revocation-status.ts';
import type { RevocationQuestion, RevocationStatus } from './revocation-status.ts';
import { isSignedWith } from './x509-algorithms.ts';

/** A list with the changes that were made to it since. */
export interface ListPair {
  readonly base: RevocationList;
  readonly delta?: RevocationList;
}

interface Entry {
  readonly at: Date;
  readonly reason: number;
  readonly invalidSince?: Date;
}

/** Reasons of RFC 5280, section 5.3.1, that can be taken back, and that take one back. */
const HOLD = 6;
const REMOVED = 8;

const OID = { reason: '2.5.29.21', invalidSince: '2.5.29.24' } as const;

/**
 * What lists say about a certificate; unknown when they are not by its issuer, out of date, or not about it.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5280#section-6.3
 */
export function statusByLists(lists: ListPair, question: RevocationQuestion): RevocationStatus {
  const { base, delta } = lists;
  const fault = findListFault(base, question) ?? findDeltaFault(lists, question);
  if (fault !== undefined) return { kind: 'unknown', reason: fault };
  const { serial } = question.certificate;
  const entries = parseStructure('list', 'a list of revoked certificates', () =>
    [base, ...(delta === undefined ? [] : [delta])].flatMap((list) => entriesOf(list, serial)),
  );
  if (entries.ok) return statusOf(entries.value);
  return { kind: 'unknown', reason: entries.problems.map(({ message }) => message).join('; ') };
}

function statusOf(entries: readonly Entry[]): RevocationStatus {
  const final = entries.find(({ reason }) => reason !== HOLD && reason !== REMOVED);
  if (final !== undefined) return revoked(final);
  const last = entries.reduce<Entry | undefined>(
    (latest, entry) => (latest === undefined || latest.at < entry.at ? entry : latest),
    undefined,
  );
  return last?.reason === HOLD ? revoked(last) : { kind: 'good' };
}

function revoked({ at, invalidSince }: Entry): RevocationStatus {
  return { kind: 'revoked', at, ...(invalidSince === undefined ? {} : { invalidSince }) };
}

/** Why a list cannot be relied on. */
function findListFault(
  list: RevocationList,
  { certificate, issuer, now }: RevocationQuestion,
): string | undefined {
  const { algorithm, signedBytes: data, signature, nextUpdate, foreignCritical } = list;
  const { keyUsage } = issuer.extensions;
  if (!sameBytes(list.rawIssuer, issuer.rawSubject)) return 'the list is by another issuer';
  if (keyUsage?.usages.has('cRLSign') === false) return `${issuer.subjectText} must not sign lists`;
  if (algorithm === undefined) return 'the list is signed with a weak algorithm';
  if (!isSignedWith(issuer.publicKey, algorithm, { data, signature })) {
    return `the list was not signed by ${issuer.subjectText}`;
  }
  if (list.thisUpdate.getTime() > now.getTime() + CLOCK_SKEW_MS) return 'the list is of the future';
  if (nextUpdate === undefined) return 'the list does not say until when it counts';
  if (now > nextUpdate) return `the list counted until ${nextUpdate.toISOString()}`;
  if (foreignCritical.length > 0) {
    return `the list has critical extensions not known here: ${foreignCritical.join(', ')}`;
  }
  return covers(list.scope, certificate) ? undefined : 'the list is about other certificates';
}

function findDeltaFault(
  { base, delta }: ListPair,
  question: RevocationQuestion,
): string | undefined {
  if (base.baseNumber !== undefined) return 'the list tells changes only';
  if (delta === undefined) {
    const { namesDeltaList } = question.certificate.extensions;
    return namesDeltaList ? 'changes that only the certificate names are not read' : undefined;
  }
  const fault = findListFault(delta, question);
  if (fault !== undefined) return `of its changes: ${fault}`;
  if (delta.baseNumber === undefined) return 'the changes to the list are a list of their own';
  if (base.number === undefined || delta.number === undefined) return 'the lists have no numbers';
  if (delta.number <= base.number) return 'the changes to the list are older than the list';
  return delta.baseNumber > base.number ? 'the changes are to a later list' : undefined;
}

function entriesOf(list: RevocationList, serial: Uint8Array): readonly Entry[] {
  const found: Entry[] = [];
  for (const node of walkDer(list.entries)) {
    const [number] = walkDer(node.content);
    if (number !== undefined && sameBytes(number.content, serial)) found.push(readEntry(node));
  }
  return found;
}

function readEntry(node: DerNode): Entry {
  const [, time, part] = readChildren(node, DerTag.sequence);
  const extensions = part === undefined ? undefined : readExtensionList(part);
  for (const [oid, { critical }] of extensions ?? []) {
    if (critical && oid !== OID.reason && oid !== OID.invalidSince) {
      throw new DerError(`has an entry with a critical extension not known here: ${oid}`);
    }
  }
  const reason = extensions?.get(OID.reason)?.value.content.at(-1) ?? 0;
  const invalid = extensions?.get(OID.invalidSince);
  return {
    at: readTime(time),
    reason,
    ...(invalid === undefined ? {} : { invalidSince: readTime(readDer(invalid.value.content)) }),
  };
}
