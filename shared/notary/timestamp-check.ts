import { createHash } from 'node:crypto';
import { parsed, problem, problems } from '../core/result.ts';
import type { Parsed, Problem } from '../core/result.ts';
import { parseStructure } from './asn1.ts';
import { findValidityProblems } from './certificate-chain.ts';
import { sameBytes } from './certificate.ts';
import type { Certificate } from './certificate.ts';
import { certificateOf, findSignatureFault } from './cms.ts';
import type { ContentSigner } from './cms.ts';
import { DerError, DerTag, expectTag, readChildren, readOid, readTime } from './der.ts';
import type { DerNode } from './der.ts';
import { findTimestampChain } from './timestamp-chain.ts';
import type { TimestampToken } from './timestamp-token.ts';
import { hashByOid } from './x509-algorithms.ts';

/** A timestamp that holds: when a signature was there, by whom we know. */
export interface Stamp {
  readonly time: Date;
  /** The earliest and the latest true time. */
  readonly from: Date;
  readonly until: Date;
  /** The chain of the authority, leaf first, root last. */
  readonly chain: readonly Certificate[];
}

/** What a timestamp must be of, and whom to trust. */
export interface StampExpectation {
  /** The bytes of the signature that was stamped. */
  readonly signature: Uint8Array;
  readonly roots: readonly Certificate[];
}

/** Signed attribute with which a signature binds its certificate by a hash: signing-certificate-v2. */
const SIGNING_CERTIFICATE = '1.2.840.113549.1.9.16.2.47';

/** Signed attribute with the time at which whoever signed says that it was. */
const SIGNING_TIME = '1.2.840.113549.1.9.5';

/** Context tag of a name in DER among the names of an issuer. */
const DIRECTORY_NAME = 0xa4;

/** Hash of the certificate where the attribute names none. */
const DEFAULT_HASH = 'sha256';

/**
 * Checks that a token stamps a signature and was made by an authority under a trusted root, whose certificates were
 * valid at that time. Says nothing about revocation.
 *
 * @see https://github.com/notaryproject/specifications/blob/v1.1.0/specs/trust-store-trust-policy.md#steps
 */
export function checkTimestamp(
  token: TimestampToken,
  { signature, roots }: StampExpectation,
): Parsed<Stamp> {
  const { time, accuracyMs } = token;
  if (!isStampOf(token, signature)) return problem('timestamp', 'is of another signature');
  const found: Problem[] = [];
  for (const signer of token.signed.signers) {
    const chain = checkSigner(token, signer, roots);
    if (chain.ok) {
      const from = new Date(time.getTime() - accuracyMs);
      const until = new Date(time.getTime() + accuracyMs);
      return parsed({ time, from, until, chain: chain.value });
    }
    found.push(...chain.problems);
  }
  return found.length === 0 ? problem('timestamp', 'is not signed') : problems(found);
}

/** Whether a token is over a signature; says nothing about who made it. */
export function isStampOf(
  { imprint }: Pick<TimestampToken, 'imprint'>,
  signature: Uint8Array,
): boolean {
  return sameBytes(createHash(imprint.hash).update(signature).digest(), imprint.value);
}

function checkSigner(
  { signed, time }: TimestampToken,
  signer: ContentSigner,
  roots: readonly Certificate[],
): Parsed<readonly Certificate[]> {
  const leaf = certificateOf(signed, signer);
  if (leaf === undefined) return problem('timestamp', 'does not hold its certificate');
  const fault = parseStructure('timestamp', 'soundly signed', () => {
    requireBoundCertificate(signer, leaf);
    return findSignatureFault(signed, signer, leaf);
  });
  if (!fault.ok) return fault;
  if (fault.value !== undefined) return problem('timestamp', fault.value);
  const anchors = { certificates: signed.certificates, roots, at: time };
  const chain = findTimestampChain(leaf, anchors);
  return chain.ok ? checkSigningTime(signer, chain.value) : chain;
}

/** The chain, when it was valid at the time of signing as well; few authorities state one. */
function checkSigningTime(
  { attributes }: ContentSigner,
  chain: readonly Certificate[],
): Parsed<readonly Certificate[]> {
  const stated = attributes.get(SIGNING_TIME);
  if (stated === undefined) return parsed(chain);
  const time = parseStructure('timestamp', 'signed at a time', () => readTime(stated));
  if (!time.ok) return time;
  const found = findValidityProblems(chain, time.value);
  return found.length === 0 ? parsed(chain) : problems(found);
}

/** RFC 5035, section 3: the first certificate of the attribute is the one that signed. */
function requireBoundCertificate({ attributes }: ContentSigner, leaf: Certificate): void {
  const attribute = attributes.get(SIGNING_CERTIFICATE);
  if (attribute === undefined) throw new DerError('has no signing-certificate-v2 attribute');
  const [certificates] = readChildren(attribute, DerTag.sequence);
  const [first] = readChildren(certificates, DerTag.sequence);
  const fields = readChildren(first, DerTag.sequence);
  const [algorithm, value, issuerSerial] =
    fields[0]?.tag === DerTag.sequence ? fields : [undefined, ...fields];
  const hash = algorithm === undefined ? DEFAULT_HASH : hashByOid(oidOf(algorithm));
  if (hash === undefined) throw new DerError('binds its certificate by a hash that is not SHA-2');
  const stated = expectTag(value, DerTag.octetString).content;
  if (!sameBytes(stated, createHash(hash).update(leaf.raw).digest())) {
    throw new DerError('binds another certificate');
  }
  if (issuerSerial === undefined) return;
  const [names, serial] = readChildren(issuerSerial, DerTag.sequence);
  const issuer = readChildren(names, DerTag.sequence).find(({ tag }) => tag === DIRECTORY_NAME);
  const isSame =
    issuer !== undefined &&
    sameBytes(issuer.content, leaf.rawIssuer) &&
    sameBytes(expectTag(serial, DerTag.integer).content, leaf.serial);
  if (!isSame) throw new DerError('binds a certificate of another issuer or number');
}

function oidOf(algorithm: DerNode): string {
  return readOid(readChildren(algorithm, DerTag.sequence)[0]);
}
