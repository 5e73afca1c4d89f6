import { detachedToVerify } from '../../shared/notary/blob-signature.ts';
import type { Blob } from '../../shared/notary/blob-signature.ts';
import type { EnvelopeFormat } from '../../shared/notary/payload.ts';
import { noStatementFor, selectStatement } from '../../shared/notary/trust-policy.ts';
import type { TrustPolicy, TrustPolicyStatement } from '../../shared/notary/trust-policy.ts';
import { formatFailures, verifyAgainstChain, verifySignature } from '../../shared/notary/verify.ts';
import type { SignatureToVerify, VerificationResult } from '../../shared/notary/verify.ts';
import type { Certificate } from '../../shared/notary/certificate.ts';
import type { Evidence } from '../../shared/notary/evidence.ts';
import type { Descriptor } from '../../shared/oci/descriptor.ts';
import { formatRepository } from '../../shared/oci/reference.ts';
import type { Repository } from '../../shared/oci/reference.ts';
import type { TrustConfiguration } from '../../shared/ports/trust.ts';

/** A repository with the name that the release has for it, `mcr.example/dotnet/runtime`. */
export interface SubjectPlace {
  readonly repository: Repository;
  readonly publicName: string;
}

/** Whom signatures must convince besides ourselves. */
export interface Judgement {
  readonly trust: TrustConfiguration | undefined;
  /** Whom timestamps must be by; absent when signatures need none. */
  readonly stampRoots: readonly Certificate[] | undefined;
  /** What is known of timestamps and revocation. */
  readonly evidence: Evidence;
  readonly now: Date;
}

/** A signature of a subject, where it was found. */
export interface SignatureToJudge {
  readonly envelope: Uint8Array;
  readonly mediaType: string;
  readonly subject: Descriptor;
  readonly place: SubjectPlace;
}

/** A certificate chain in DER, leaf first. */
type Chain = readonly Uint8Array[];

/**
 * Why a signature is not the one wanted, absent when it is: it must be by the certificate of the chain, where the chain
 * is known, and satisfy the trust policy, where there is one. With neither no signature is.
 */
export function flawOf(
  signature: SignatureToJudge,
  judgement: Judgement,
  chain: Chain | undefined,
): string | undefined {
  const { trust } = judgement;
  if (chain === undefined && trust === undefined) return 'nothing says who may sign';
  const own =
    chain === undefined ? undefined : ownFlaw(toVerify(signature, judgement), chain, judgement);
  return own ?? policyFlaw(signature, judgement, chain);
}

/**
 * Why a new signature must not be pushed, absent when it may. Its signer has verified it against its own chain: what is
 * left are the timestamp and the trust policy, where they are wanted.
 */
export function flawOfNew(
  signature: SignatureToJudge,
  judgement: Judgement,
  chain: Chain,
): string | undefined {
  const needsStamp = judgement.stampRoots !== undefined;
  const own = needsStamp ? ownFlaw(toVerify(signature, judgement), chain, judgement) : undefined;
  return own ?? policyFlaw(signature, judgement, chain);
}

function toVerify(
  { envelope, mediaType, subject }: SignatureToJudge,
  { now }: Judgement,
): SignatureToVerify {
  return { envelope, mediaType, subject, now };
}

/** Why the trust policy does not want a signature, absent when it does or there is none. */
function policyFlaw(
  signature: SignatureToJudge,
  judgement: Judgement,
  chain: Chain | undefined,
): string | undefined {
  const { trust, evidence } = judgement;
  if (trust === undefined) return undefined;
  const statement = statementFor(signature.place, trust.policy);
  if (typeof statement === 'string') return statement;
  const { store } = trust;
  const result = verifySignature(toVerify(signature, judgement), { statement, store }, evidence);
  return flawsIn(result) ?? (chain === undefined ? doubtIn(result) : undefined);
}

/** A new signature over the hand-over file, and the places that it speaks of. */
export interface FileToJudge {
  readonly blob: Blob;
  readonly envelope: Uint8Array;
  readonly format: EnvelopeFormat;
  readonly places: readonly SubjectPlace[];
}

/**
 * Why the signature over the hand-over file is not good, absent when it is: it must be by the certificate of the chain
 * and satisfy every statement of the trust policy that is for a repository of the release.
 */
export function flawOfFile(
  { blob, envelope, format, places }: FileToJudge,
  judgement: Judgement,
  chain: Chain,
): string | undefined {
  const { trust, now, evidence } = judgement;
  const signature = detachedToVerify({ blob, envelope, format, now });
  const own = ownFlaw(signature, chain, judgement);
  if (own !== undefined || trust === undefined) return own;
  const statements = new Set(places.map((place) => statementFor(place, trust.policy)));
  for (const statement of statements) {
    if (typeof statement === 'string') return statement;
    const flaw = flawsIn(verifySignature(signature, { statement, store: trust.store }, evidence));
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}

/** What statements may be for: the repository, then the public name. */
export function scopesOf({ repository, publicName }: SubjectPlace): readonly string[] {
  return [formatRepository(repository), publicName];
}

/** Why a signature is not by the holder of the certificate, with the timestamp that is wanted. */
function ownFlaw(
  signature: SignatureToVerify,
  chain: Chain,
  { stampRoots: roots, evidence }: Judgement,
): string | undefined {
  const stamps = roots === undefined ? undefined : { roots, evidence };
  return flawsIn(verifyAgainstChain(signature, chain, stamps));
}

/** The statement for a place, else why there is none. */
function statementFor(place: SubjectPlace, policy: TrustPolicy): TrustPolicyStatement | string {
  const scopes = scopesOf(place);
  return selectStatement(policy, scopes) ?? noStatementFor(scopes);
}

function flawsIn(result: VerificationResult): string | undefined {
  return result.ok ? undefined : formatFailures(result);
}

/** A lenient statement lets pass what it only logs or skips; that proves nothing about who signed. */
function doubtIn({ checks }: VerificationResult): string | undefined {
  const doubt = checks.find(
    ({ check, outcome }) => check === 'authenticity' && outcome !== 'passed',
  );
  return doubt === undefined ? undefined : `authenticity: ${doubt.message}`;
}
