import { parsed } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import { neutralise } from '../core/text.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Certificate } from './certificate.ts';
import { checkIntegrity, parseEnvelope } from './envelope.ts';
import { NO_EVIDENCE } from './evidence.ts';
import type { Evidence } from './evidence.ts';
import { LEVELS } from './trust-levels.ts';
import type { Action, Actions } from './trust-levels.ts';
import type { TrustPolicyStatement } from './trust-policy.ts';
import type { TrustStore } from './trust-store.ts';
import {
  checkExpiry,
  checkRevocation,
  checkSameSigner,
  checkSigningTime,
  checkSubject,
  checkTrust,
  isChainRevocable,
  requiredAuthorities,
} from './verify-checks.ts';
import type { Finding, SoundSignature } from './verify-checks.ts';

/** The checks of a verification in their order. */
export const CHECKS = [
  'integrity',
  'authenticity',
  'expiry',
  'authenticTimestamp',
  'revocation',
  'subject',
] as const;

/** The name of a check, e.g. `authenticity`. */
export type CheckName = (typeof CHECKS)[number];

/** What one check came to; `logged` is a failure that the trust policy only wants to be told. */
export interface Check {
  readonly check: CheckName;
  readonly outcome: 'passed' | 'failed' | 'logged' | 'skipped';
  /** Safe to print. */
  readonly message: string;
}

/** Who signed, as far as the signature holds together. */
export interface SignerInfo {
  /** The subject of the leaf: `C=US, O=Contoso, CN=Build`. */
  readonly subject: string;
  /** SHA-256 of the leaf in lower-case hex. */
  readonly thumbprint: string;
  readonly signingTime: Date;
  readonly expiry?: Date;
}

/** What a verification came to: good when no check failed. */
export interface VerificationResult {
  readonly ok: boolean;
  /** One for each of `CHECKS`, in that order. */
  readonly checks: readonly Check[];
  /** Absent when the signature does not hold together or was not looked at. */
  readonly signer?: SignerInfo;
}

/** An envelope, and what it should be a signature of. */
export interface SignatureToVerify {
  readonly envelope: Uint8Array;
  readonly mediaType: string;
  readonly subject: Descriptor;
  readonly now: Date;
}

/** Whom to trust: one statement of a trust policy, and the stores that it names. */
export interface Trust {
  readonly statement: TrustPolicyStatement;
  readonly store: TrustStore;
}

/** Timestamps that are wanted of a signer whom we know. */
export interface WantedStamps {
  /** Whom they must be by. */
  readonly roots: readonly Certificate[];
  readonly evidence: Evidence;
}

interface Rules {
  readonly actions: Actions;
  readonly evidence: Evidence;
  readonly checkSigner: (signature: SoundSignature) => Finding;
  readonly authorities: (signature: SoundSignature) => Parsed<readonly Certificate[]> | undefined;
}

/** With a known signer nobody asks who revokes; everything else is strict. */
const KNOWN_SIGNER: Actions = { ...LEVELS.strict, revocation: 'skip' };

/**
 * Verifies a signature against a trust policy statement, with what was found out about timestamps and revocation
 * (`NO_EVIDENCE`: nothing, so that whatever needs some fails).
 *
 * @see https://github.com/notaryproject/specifications/blob/v1.1.0/specs/trust-store-trust-policy.md#signature-verification
 */
export function verifySignature(
  signature: SignatureToVerify,
  { statement, store }: Trust,
  evidence: Evidence,
): VerificationResult {
  if (statement.level === 'skip') {
    const message = `statement ${neutralise(statement.name)} skips verification`;
    return { ok: true, checks: skipAll(CHECKS, message) };
  }
  return verify(signature, {
    actions: statement.actions,
    evidence,
    checkSigner: (sound) => checkTrust(sound, statement, store),
    authorities: (sound) => requiredAuthorities(sound, { statement, store }, signature.now),
  });
}

/**
 * Verifies that a signature was made by the holder of a certificate: the leaf of the chain, which is in DER, leaf first;
 * and that it bears a timestamp when those are wanted. Revocation of the signer is not looked at.
 */
export function verifyAgainstChain(
  signature: SignatureToVerify,
  chain: readonly Uint8Array[],
  stamps?: WantedStamps,
): VerificationResult {
  return verify(signature, {
    actions: KNOWN_SIGNER,
    evidence: stamps?.evidence ?? NO_EVIDENCE,
    checkSigner: (sound) => checkSameSigner(sound, chain),
    authorities: () => (stamps === undefined ? undefined : parsed(stamps.roots)),
  });
}

/** A signature that holds together, absent when it does not; says nothing about whom to trust. */
export function openSignature(
  signature: Pick<SignatureToVerify, 'envelope' | 'mediaType'>,
): SoundSignature | undefined {
  const sound = openEnvelope(signature);
  return typeof sound === 'string' ? undefined : sound;
}

/** The checks that failed, as one line: `expiry: the signature expired at …`. */
export function formatFailures({ checks }: VerificationResult): string {
  return checks
    .filter(({ outcome }) => outcome === 'failed')
    .map(({ check, message }) => `${check}: ${message}`)
    .join('; ');
}

/** What a good verification did not enforce: the failures that were only logged, or the first check where all were skipped. */
export function unenforced({ checks, signer }: VerificationResult): readonly Check[] {
  return signer === undefined
    ? checks.slice(0, 1)
    : checks.filter(({ outcome }) => outcome === 'logged');
}

function verify(signature: SignatureToVerify, rules: Rules): VerificationResult {
  const { actions, checkSigner, evidence } = rules;
  const { now, subject } = signature;
  const sound = openEnvelope(signature);
  if (typeof sound === 'string') {
    const [integrity, ...others] = CHECKS;
    const skipped = skipAll(others, 'not reached');
    return {
      ok: false,
      checks: [{ check: integrity, outcome: 'failed', message: sound }, ...skipped],
    };
  }
  const whole = { passed: true, message: 'the signature matches its content and chain' };
  const authenticity = judge('authenticity', actions.authenticity, () => checkSigner(sound));
  const authorities = rules.authorities(sound);
  // Nobody gathers evidence about a signer who is refused: what would need some is not judged.
  const isRefused = authenticity.outcome === 'failed';
  const stamping = isRefused && authorities !== undefined ? 'skip' : actions.authenticTimestamp;
  const revocation = isRefused && isChainRevocable(sound) ? 'skip' : actions.revocation;
  const checks: readonly Check[] = [
    judge('integrity', 'enforce', () => whole),
    authenticity,
    judge('expiry', actions.expiry, () => checkExpiry(sound, now)),
    judge('authenticTimestamp', stamping, () =>
      checkSigningTime(sound, { now, evidence, authorities }),
    ),
    judge('revocation', revocation, () => checkRevocation(sound, evidence)),
    judge('subject', 'enforce', () => checkSubject(sound, subject)),
  ];
  const ok = checks.every(({ outcome }) => outcome !== 'failed');
  return { ok, checks, signer: describeSigner(sound) };
}

/** The signature if it holds together, else why not. */
function openEnvelope({
  envelope,
  mediaType,
}: Pick<SignatureToVerify, 'envelope' | 'mediaType'>): SoundSignature | string {
  const opened = parseEnvelope(envelope, mediaType);
  const chain = opened.ok ? checkIntegrity(opened.value) : opened;
  if (opened.ok && chain.ok) return { envelope: opened.value, chain: chain.value };
  const found = chain.ok ? [] : chain.problems;
  return neutralise(found.map(({ path, message }) => `${path} ${message}`).join('; '));
}

function judge(check: CheckName, action: Action, find: () => Finding): Check {
  if (action === 'skip') return { check, outcome: 'skipped', message: 'not asked for' };
  const { passed, message } = find();
  const failure = action === 'enforce' ? 'failed' : 'logged';
  return { check, outcome: passed ? 'passed' : failure, message };
}

function skipAll(names: readonly CheckName[], message: string): readonly Check[] {
  return names.map((check) => ({ check, outcome: 'skipped', message }));
}

function describeSigner({ envelope, chain }: SoundSignature): SignerInfo {
  const { signingTime, expiry } = envelope.attributes;
  return {
    subject: chain.leaf.subjectText,
    thumbprint: chain.leaf.thumbprint,
    signingTime,
    ...(expiry === undefined ? {} : { expiry }),
  };
}
