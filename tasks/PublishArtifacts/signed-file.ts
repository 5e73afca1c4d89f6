import { LongListError } from '../../shared/core/long-list.ts';
import { neutralise } from '../../shared/core/text.ts';
import { detachedToVerify } from '../../shared/notary/blob-signature.ts';
import { mediaTypeOf } from '../../shared/notary/envelope.ts';
import type { Evidence } from '../../shared/notary/evidence.ts';
import type { EnvelopeFormat } from '../../shared/notary/payload.ts';
import { noStatementFor, selectStatement } from '../../shared/notary/trust-policy.ts';
import type { TrustPolicyStatement } from '../../shared/notary/trust-policy.ts';
import {
  formatFailures,
  unenforced,
  openSignature,
  verifyAgainstChain,
  verifySignature,
} from '../../shared/notary/verify.ts';
import { checkSubject } from '../../shared/notary/verify-checks.ts';
import { MediaType } from '../../shared/oci/media-types.ts';
import type { SignatureInQuestion } from '../../shared/ports/evidence.ts';
import type { GateFacts } from './gate.ts';
import type { GatedManifest } from './gated.ts';

/** The hand-over file with what was found beside it. */
export interface SignedFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly signatures: readonly DetachedEnvelope[];
  /** The digest behind each tag, by `dotnet/runtime:9.0`. */
  readonly tags: Readonly<Record<string, string>>;
  /** The same when it was signed, as the signing report says; absent without one. */
  readonly signedTags: Readonly<Record<string, string>> | undefined;
  /** Every digest of the release, as the signing report names it: `mcr.example/dotnet/runtime@sha256:…`. */
  readonly digests: readonly string[];
  /** Those that were signed, children of lists included, as the signing report says; absent without one. */
  readonly signedDigests: ReadonlySet<string> | undefined;
}

/** A detached signature as it lies beside the file. */
export interface DetachedEnvelope {
  readonly name: string;
  readonly envelope: Uint8Array;
  readonly format: EnvelopeFormat;
}

type VerifiedGate = Extract<GateFacts, { kind: 'verified' }>;

/** What is asked of the signature of the hand-over file. */
export interface FileGate {
  readonly mode: 'auto' | 'require' | 'ignore';
  readonly gate: GateFacts;
  readonly manifests: readonly GatedManifest[];
  readonly evidence: Evidence;
  readonly now: Date;
}

/**
 * Lets a hand-over file pass that nobody changed since it was signed: signatures of images do not bind tags, this one
 * does. Under a trust policy it must satisfy every statement that is for a repository of the release.
 *
 * @returns warnings
 * @throws TaskError `SIGNATURE_MISSING` or `SIGNATURE_INVALID`, with the tags that changed where a report tells
 */
export function checkSignedFile(file: SignedFile, wanted: FileGate): readonly string[] {
  if (wanted.mode === 'ignore') return [];
  if (file.signatures.length === 0) return withoutSignature(file, wanted);
  const verdicts = file.signatures.map((signature) => judge(file, signature, wanted));
  const [good] = verdicts
    .filter(({ flaw }) => flaw === undefined)
    .toSorted((one, other) => one.unenforced.length - other.unenforced.length);
  if (good !== undefined) return good.unenforced;
  throw notGood(
    file,
    verdicts.flatMap(({ flaw }) => flaw ?? []),
  );
}

function notGood(file: SignedFile, flaws: readonly string[]): LongListError {
  return new LongListError({
    code: 'SIGNATURE_INVALID',
    summary: `The signature of ${file.path} is not good; nothing was written`,
    lines: [...flaws, ...changesSince(file)],
    hint: 'Take image-info and its signature from the artifact of SignImageInfo, both unchanged.',
  });
}

/**
 * Stops at a file that is not the one that was signed, before anything is looked for that only it names.
 *
 * @throws TaskError `SIGNATURE_INVALID`, when each of its signatures is over something else
 */
export function refuseOtherFile(
  file: SignedFile,
  { mode, now }: Pick<FileGate, 'mode' | 'now'>,
): void {
  if (mode === 'ignore' || file.signatures.length === 0) return;
  const blob = { bytes: file.bytes, mediaType: MediaType.json };
  const flaws = file.signatures.map(({ name, envelope, format }) => {
    const { subject, ...signature } = detachedToVerify({ blob, envelope, format, now });
    const sound = openSignature(signature);
    const finding = sound === undefined ? undefined : checkSubject(sound, subject);
    return finding?.passed === false ? `${name}: subject: ${finding.message}` : undefined;
  });
  const found = flaws.filter((flaw) => flaw !== undefined);
  if (found.length === flaws.length) throw notGood(file, found);
}

function withoutSignature({ path }: SignedFile, { mode, gate }: FileGate): readonly string[] {
  if (mode === 'require') {
    throw new LongListError({
      code: 'SIGNATURE_MISSING',
      summary: `${path} has no signature beside it`,
      lines: ['nothing shows which digest each tag is to point to'],
      hint: 'Publish the artifact of SignImageInfo, which holds image-info with its signature.',
    });
  }
  const warning = `${path} has no signature beside it: nothing shows that its tags are those that were signed.`;
  return gate.kind === 'verified' ? [warning] : [];
}

/** Why a signature is not good, absent when it is, and what of it the trust policy does not enforce. */
interface Verdict {
  readonly flaw?: string;
  readonly unenforced: readonly string[];
}

function judge(
  { bytes }: SignedFile,
  { name, envelope, format }: DetachedEnvelope,
  { gate, manifests, evidence, now }: FileGate,
): Verdict {
  const blob = { bytes, mediaType: MediaType.json };
  const signature = detachedToVerify({ blob, envelope, format, now });
  if (gate.kind !== 'verified') {
    // Whom to trust was not said: it must hold together, and be over these bytes.
    const chain = openSignature(signature)?.envelope.chain ?? [];
    const result = verifyAgainstChain(signature, chain);
    return result.ok ? PASSED : refused(`${name}: ${formatFailures(result)}`);
  }
  const lines: string[] = [];
  for (const statement of statementsFor(gate, manifests)) {
    if (typeof statement === 'string') return refused(`${name}: ${statement}`);
    const where = `${name}: under statement ${neutralise(statement.name)}`;
    const result = verifySignature(signature, { statement, store: gate.store }, evidence);
    if (!result.ok) return refused(`${where}: ${formatFailures(result)}`);
    for (const { check, message } of unenforced(result)) {
      lines.push(`${where}, which does not enforce ${check}: ${message}`);
    }
  }
  return { unenforced: lines };
}

const PASSED: Verdict = { unenforced: [] };

function refused(flaw: string): Verdict {
  return { ...PASSED, flaw };
}

/** The signatures of the file that a trust policy will judge, under each statement. */
export function fileInQuestion(
  { signatures }: SignedFile,
  manifests: readonly GatedManifest[],
  gate: VerifiedGate,
): readonly SignatureInQuestion[] {
  const statements = [...statementsFor(gate, manifests)].filter((one) => typeof one !== 'string');
  return signatures.flatMap(({ envelope, format }) =>
    statements.map((statement) => ({
      ...{ envelope, mediaType: mediaTypeOf(format) },
      trust: { statement, store: gate.store },
    })),
  );
}

/** Every statement that is for a manifest of the release, each once; a text where there is none. */
function statementsFor(
  { policy }: VerifiedGate,
  manifests: readonly GatedManifest[],
): ReadonlySet<TrustPolicyStatement | string> {
  return new Set(
    manifests.map(({ scopes }) => selectStatement(policy, scopes) ?? noStatementFor(scopes)),
  );
}

/** What is not as it was signed; the report is not signed itself, so it only helps to find that. */
function changesSince(file: SignedFile): readonly string[] {
  const { digests, signedDigests } = file;
  const added = digests.filter((name) => signedDigests?.has(name) === false);
  return [
    ...tagChangesSince(file),
    ...added.map((name) => `${neutralise(name)} was not there when it was signed`),
  ];
}

function tagChangesSince({ tags, signedTags }: SignedFile): readonly string[] {
  if (signedTags === undefined) return [];
  const names = [...new Set([...Object.keys(tags), ...Object.keys(signedTags)])].sort();
  return names.flatMap((name) => {
    const [now, before] = [tags[name], signedTags[name]];
    if (now === before) return [];
    const what = neutralise(name);
    if (before === undefined) return [`${what} was not there when it was signed, is ${now ?? ''}`];
    return [`${what} was signed as ${neutralise(before)}, is ${now ?? 'gone'}`];
  });
}
