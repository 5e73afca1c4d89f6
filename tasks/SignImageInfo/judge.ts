import { selectStatement } from '../../shared/notary/trust-policy.ts';
import type { TrustPolicy } from '../../shared/notary/trust-policy.ts';
import type { TrustStore } from '../../shared/notary/trust-store.ts';
import { formatFailures, verifyAgainstChain, verifySignature } from '../../shared/notary/verify.ts';
import type { VerificationResult } from '../../shared/notary/verify.ts';
import type { Descriptor } from '../../shared/oci/descriptor.ts';
import { formatRepository } from '../../shared/oci/reference.ts';
import type { Repository } from '../../shared/oci/reference.ts';

/** A repository with the name that the release has for it, `mcr.example/dotnet/runtime`. */
export interface SubjectPlace {
  readonly repository: Repository;
  readonly publicName: string;
}

/** Whose signatures are ours, and whom else they must convince. */
export interface Judgement {
  /** The signing chain, in DER, leaf first. */
  readonly chain: readonly Uint8Array[];
  readonly trust: { readonly policy: TrustPolicy; readonly store: TrustStore } | undefined;
  readonly now: Date;
}

/** A signature of a subject, where it was found. */
export interface SignatureToJudge {
  readonly envelope: Uint8Array;
  readonly mediaType: string;
  readonly subject: Descriptor;
  readonly place: SubjectPlace;
}

/**
 * Why a signature is not one of ours, absent when it is: it must verify, be by the signing certificate, and
 * satisfy the trust policy when there is one.
 */
export function flawOf(
  { envelope, mediaType, subject, place }: SignatureToJudge,
  { chain, trust, now }: Judgement,
): string | undefined {
  const signature = { envelope, mediaType, subject, now };
  const own = flawsIn(verifyAgainstChain(signature, chain));
  if (own !== undefined || trust === undefined) return own;
  const scopes = [formatRepository(place.repository), place.publicName];
  const statement = selectStatement(trust.policy, scopes);
  if (statement === undefined) return `no trust policy statement is for ${scopes.join(' or ')}`;
  return flawsIn(verifySignature(signature, { statement, store: trust.store }));
}

function flawsIn(result: VerificationResult): string | undefined {
  return result.ok ? undefined : formatFailures(result);
}
