import { neutralise } from '../core/text.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { findValidityProblems } from './certificate-chain.ts';
import type { CertificateChain } from './certificate-chain.ts';
import { sameBytes } from './certificate.ts';
import type { Envelope } from './envelope.ts';
import { matchesIdentity } from './identities.ts';
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
  const isTrusted =
    identities === '*' || identities.some((one) => matchesIdentity(chain.leaf.subject, one));
  return isTrusted
    ? passed(`signed by ${signer}`)
    : failed(
        `${signer} is none of the trusted identities of statement ${neutralise(statement.name)}`,
      );
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

/**
 * Whether the certificates were valid when it matters: at the signing time that a signing authority vouches for, else now.
 * A timestamp cannot be verified yet, so a statement that needs one finds that it fails.
 */
export function checkSigningTime(
  { envelope, chain }: SoundSignature,
  statement: TrustPolicyStatement | undefined,
  now: Date,
): Finding {
  const { scheme, signingTime } = envelope.attributes;
  if (scheme === 'notary.x509' && needsTimestamp(chain, statement, now)) {
    return failed('the trust policy asks for a timestamp, which this version cannot verify');
  }
  const at = scheme === 'notary.x509' ? now : signingTime;
  const faults = findValidityProblems(chain.certificates, at).map(({ message }) => message);
  if (faults.length > 0) return failed(faults.join('; '));
  return passed(`every certificate was valid at ${at.toISOString()}`);
}

/**
 * Whether no certificate below the root is revoked. Those that name neither a responder nor a list cannot be; the others
 * cannot be checked yet, so they fail.
 */
export function checkRevocation({ chain }: SoundSignature): Finding {
  const revocable = chain.certificates.slice(0, -1).find(({ extensions }) => extensions.revocable);
  return revocable === undefined
    ? passed('no certificate can be revoked: none names a responder or a list')
    : failed(`this version cannot check whether ${revocable.subjectText} is revoked`);
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

function needsTimestamp(
  chain: CertificateChain,
  statement: TrustPolicyStatement | undefined,
  now: Date,
): boolean {
  if (statement?.trustStores.some(({ type }) => type === 'tsa') !== true) return false;
  const hasExpired = chain.certificates.some(({ notAfter }) => now > notAfter);
  return statement.verifyTimestamp === 'always' || hasExpired;
}

function passed(message: string): Finding {
  return { passed: true, message };
}

function failed(message: string): Finding {
  return { passed: false, message };
}
