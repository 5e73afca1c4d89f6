import { parsed, problem } from '../core/result.ts';
import type { Parsed, Problem } from '../core/result.ts';
import { neutralise } from '../core/text.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { findValidityProblems } from './certificate-chain.ts';
import type { CertificateChain } from './certificate-chain.ts';
import { sameBytes } from './certificate.ts';
import type { Certificate } from './certificate.ts';
import type { Envelope } from './envelope.ts';
import { stampOf } from './evidence.ts';
import type { Evidence } from './evidence.ts';
import { matchesIdentity, repeatedTypes } from './identities.ts';
import { findRevocationFault, isRevocable } from './revocation-status.ts';
import type { TrustPolicyStatement } from './trust-policy.ts';
import { formatStoreName } from './trust-store.ts';
import type { TrustStore } from './trust-store.ts';

/** What one check of a verification found. */
export interface Finding {
  readonly passed: boolean;
  /** Safe to print. */
  readonly message: string;
}

/** A signature whose integrity is proven. */
export interface SoundSignature {
  readonly envelope: Envelope;
  readonly chain: CertificateChain;
}

/** Whether some certificate of the chain is in a trust store of the statement, and its leaf is a trusted identity. */
export function checkTrust(
  { envelope, chain }: SoundSignature,
  statement: TrustPolicyStatement,
  store: TrustStore,
): Finding {
  const type = envelope.attributes.scheme === 'notary.x509' ? 'ca' : 'signingAuthority';
  const names = statement.trustStores.filter((name) => name.type === type).map(formatStoreName);
  const missing = names.filter((name) => !store.has(name));
  if (missing.length > 0) return failed(`the trust store ${missing.join(', ')} has no certificate`);
  const anchors = names.flatMap((name) => store.get(name) ?? []);
  const isAnchored = chain.certificates.some(({ raw }) =>
    anchors.some((anchor) => sameBytes(anchor.raw, raw)),
  );
  const signer = chain.leaf.subjectText;
  if (!isAnchored) {
    const stores = names.length === 0 ? `no trust store of type ${type}` : names.join(', ');
    return failed(`${signer} does not lead to a certificate in ${stores}`);
  }
  const identities = statement.trustedIdentities;
  const { subject } = chain.leaf;
  if (identities === '*' || identities.some((one) => matchesIdentity(subject, one))) {
    return passed(`signed by ${signer}`);
  }
  const repeated = new Set(identities.flatMap((one) => repeatedTypes(subject, one)));
  const reason = repeated.size === 0 ? '' : `: it has ${[...repeated].join(', ')} more than once`;
  const name = neutralise(statement.name);
  return failed(`${signer} is none of the trusted identities of statement ${name}${reason}`);
}

/** Whether the signature was made with the leaf of an expected chain, under the same root. */
export function checkSameSigner(
  { chain }: SoundSignature,
  expected: readonly Uint8Array[],
): Finding {
  const [leaf, root] = [expected.at(0), expected.at(-1)];
  const isSame =
    leaf !== undefined &&
    root !== undefined &&
    sameBytes(leaf, chain.leaf.raw) &&
    sameBytes(root, chain.root.raw);
  return isSame
    ? passed(`signed by ${chain.leaf.subjectText}`)
    : failed(`${chain.leaf.subjectText} is not the expected certificate`);
}

/** Whether the signature has not ended. */
export function checkExpiry({ envelope }: SoundSignature, now: Date): Finding {
  const { expiry } = envelope.attributes;
  if (expiry === undefined) return passed('the signature does not expire');
  const when = expiry.toISOString();
  return now >= expiry ? failed(`the signature expired at ${when}`) : passed(`expires at ${when}`);
}

/** What the signing time is judged by. */
export interface TimeRules {
  readonly now: Date;
  readonly evidence: Evidence;
  /** Whom timestamps must be by; absent when none is needed. */
  readonly authorities: Parsed<readonly Certificate[]> | undefined;
}

/**
 * Whether the certificates were valid when it matters: at the signing time that a signing authority vouches for, at the
 * time of a timestamp where one is needed, else now.
 *
 * @see https://github.com/notaryproject/specifications/blob/v1.1.0/specs/trust-store-trust-policy.md#steps
 */
export function checkSigningTime(signature: SoundSignature, rules: TimeRules): Finding {
  const { envelope, chain } = signature;
  const { scheme, signingTime } = envelope.attributes;
  if (scheme === 'notary.x509.signingAuthority') return checkValidity(chain, [signingTime]);
  const { authorities, now } = rules;
  if (authorities === undefined) return checkValidity(chain, [now]);
  if (!authorities.ok) return failed(texts(authorities.problems));
  return checkStamp(signature, authorities.value, rules.evidence);
}

/** Whether no certificate below the root is revoked; those that name neither a responder nor a list cannot be. */
export function checkRevocation(
  { envelope, chain }: SoundSignature,
  { revocation }: Evidence,
): Finding {
  const { scheme, signingTime } = envelope.attributes;
  const { certificates } = chain;
  const provenTime = scheme === 'notary.x509' ? undefined : signingTime;
  const fault = findRevocationFault(certificates, revocation, provenTime);
  if (fault !== undefined) return failed(fault);
  return passed(
    isChainRevocable({ chain })
      ? 'no certificate is revoked'
      : 'no certificate can be revoked: none names a responder or a list',
  );
}

/** Whether some certificate below the root can be revoked. */
export function isChainRevocable({ chain }: Pick<SoundSignature, 'chain'>): boolean {
  return chain.certificates.slice(0, -1).some(isRevocable);
}

/** Whether the signature is for these bytes. */
export function checkSubject({ envelope }: SoundSignature, expected: Descriptor): Finding {
  const { mediaType, digest, size } = envelope.subject;
  const isSame =
    mediaType === expected.mediaType && digest === expected.digest && size === expected.size;
  return isSame
    ? passed(`signs ${digest}`)
    : failed(`signs ${digest} (${neutralise(mediaType)}, ${size} bytes), not ${expected.digest}`);
}

/**
 * The roots of the time stamping authorities whose timestamp a signature needs under a statement; absent when it
 * needs none.
 */
export function requiredAuthorities(
  { envelope, chain }: SoundSignature,
  { statement, store }: { readonly statement: TrustPolicyStatement; readonly store: TrustStore },
  now: Date,
): Parsed<readonly Certificate[]> | undefined {
  if (envelope.attributes.scheme !== 'notary.x509') return undefined;
  const names = statement.trustStores.filter(({ type }) => type === 'tsa').map(formatStoreName);
  const hasExpired = chain.certificates.some(({ notAfter }) => now > notAfter);
  if (names.length === 0 || (statement.verifyTimestamp !== 'always' && !hasExpired)) {
    return undefined;
  }
  const missing = names.filter((name) => !store.has(name));
  if (missing.length > 0) {
    return problem('timestamp', `the trust store ${missing.join(', ')} has no certificate`);
  }
  return parsed(names.flatMap((name) => store.get(name) ?? []));
}

function checkStamp(
  { envelope, chain }: SoundSignature,
  roots: readonly Certificate[],
  evidence: Evidence,
): Finding {
  const stamp = stampOf(envelope, roots, evidence);
  if (!stamp.ok) return failed(texts(stamp.problems));
  const { from, until, chain: authority } = stamp.value;
  const revoked = findRevocationFault(authority, evidence.revocation);
  if (revoked !== undefined) return failed(`the time stamping certificate ${revoked}`);
  const validity = checkValidity(chain, [from, until]);
  return validity.passed
    ? passed(`stamped at ${stamp.value.time.toISOString()} by ${authority[0]?.subjectText ?? ''}`)
    : validity;
}

function checkValidity({ certificates }: CertificateChain, times: readonly Date[]): Finding {
  const faults = times.flatMap((at) => findValidityProblems(certificates, at));
  if (faults.length > 0) return failed(faults.map(({ message }) => message).join('; '));
  const at = times.map((time) => time.toISOString()).join(' and ');
  return passed(`every certificate was valid at ${at}`);
}

function texts(found: readonly Problem[]): string {
  return found.map(({ path, message }) => `${path} ${message}`).join('; ');
}

function passed(message: string): Finding {
  return { passed: true, message };
}

function failed(message: string): Finding {
  return { passed: false, message };
}
