import { assertNever } from '../../shared/core/errors.ts';
import { groupBy } from '../../shared/core/group-by.ts';
import { LongListError } from '../../shared/core/long-list.ts';
import { counted } from '../../shared/core/text.ts';
import type { Evidence } from '../../shared/notary/evidence.ts';
import { noStatementFor, selectStatement } from '../../shared/notary/trust-policy.ts';
import { formatFailures, unenforced, verifySignature } from '../../shared/notary/verify.ts';
import type { Check } from '../../shared/notary/verify.ts';
import type { TrustConfiguration } from '../../shared/ports/trust.ts';
import type { GatedManifest } from './gated.ts';

/** Whom a signature must come from. */
export interface Trusted extends TrustConfiguration {
  readonly now: Date;
}

/** What the gate asks of each manifest. */
export type GateFacts =
  | ({ readonly kind: 'verified' } & Trusted)
  | { readonly kind: 'present' }
  | { readonly kind: 'none' };

/** Digests that a warning names. */
const DIGESTS_NAMED = 3;

interface Refusal {
  readonly code: 'SIGNATURE_MISSING' | 'SIGNATURE_INVALID';
  readonly line: string;
  /** Whether no signature was judged, because the trust policy says nothing about the repository. */
  readonly lacksStatement?: boolean;
}

/** What the gate says of one manifest: why it may not pass, or what of its signature the trust policy does not enforce. */
interface Verdict {
  readonly name: string;
  readonly refusal?: Refusal;
  readonly unenforced: readonly Check[];
}

/**
 * Lets a release pass only when every manifest is signed as the gate asks; one good signature is enough.
 *
 * @returns a warning for each check that failed without being enforced by the trust policy
 * @throws TaskError `SIGNATURE_MISSING` or `SIGNATURE_INVALID` that lists every manifest that is refused
 */
export function checkGate(
  gate: GateFacts,
  manifests: readonly GatedManifest[],
  evidence: Evidence,
): readonly string[] {
  const verdicts = manifests.map((manifest) => judge(gate, manifest, evidence));
  const refusals = verdicts.flatMap(({ refusal }) => refusal ?? []);
  if (refusals.length === 0) return warningsOf(verdicts);
  const code = refusals.some((one) => one.code === 'SIGNATURE_MISSING')
    ? 'SIGNATURE_MISSING'
    : 'SIGNATURE_INVALID';
  throw new LongListError({
    code,
    summary: `${counted(refusals.length, 'digest')} of ${manifests.length} may not be published`,
    lines: refusals.map(({ line }) => line),
    hint: refusals.every(({ lacksStatement }) => lacksStatement === true)
      ? 'Add a statement for these repositories to the trust policy; nothing was written.'
      : 'Run SignImageInfo on this image-info with the expected certificate; nothing was written.',
  });
}

/** One warning a check, however many digests it is about. */
function warningsOf(verdicts: readonly Verdict[]): readonly string[] {
  const found = verdicts.flatMap(({ name, unenforced: checks }) =>
    checks.map(({ check, message }) => ({ check, line: `${name}: ${message}` })),
  );
  return [...groupBy(found, ({ check }) => check)].map(([check, own]) => {
    const lines = own.slice(0, DIGESTS_NAMED).map(({ line }) => line);
    const more = own.length - lines.length;
    return (
      `The trust policy does not enforce ${check} for ${counted(own.length, 'digest')}: ` +
      [...lines, ...(more === 0 ? [] : [`and ${more} more`])].join('; ')
    );
  });
}

function judge(gate: GateFacts, manifest: GatedManifest, evidence: Evidence): Verdict {
  const { name, signatures } = manifest;
  const passed = { name, unenforced: [] };
  if (gate.kind === 'none') return passed;
  if (signatures.length === 0) {
    return { ...passed, refusal: { code: 'SIGNATURE_MISSING', line: `${name}: no signature` } };
  }
  switch (gate.kind) {
    case 'present':
      return passed;
    case 'verified':
      return verify(gate, manifest, evidence);
    default:
      return assertNever(gate);
  }
}

function verify(trusted: Trusted, manifest: GatedManifest, evidence: Evidence): Verdict {
  const { name, descriptor, scopes, signatures } = manifest;
  const refused = (reason: string, lacksStatement = false): Verdict => ({
    ...{ name, unenforced: [] },
    refusal: { code: 'SIGNATURE_INVALID', line: `${name}: ${reason}`, lacksStatement },
  });
  const statement = selectStatement(trusted.policy, scopes);
  if (statement === undefined) {
    return refused(noStatementFor(scopes), true);
  }
  const failures: string[] = [];
  let tolerated: readonly Check[] | undefined;
  for (const signature of signatures) {
    const result = verifySignature(
      { ...signature, subject: descriptor, now: trusted.now },
      { statement, store: trusted.store },
      evidence,
    );
    if (!result.ok) failures.push(formatFailures(result));
    else if (unenforced(result).length === 0) return { name, unenforced: [] };
    else tolerated ??= unenforced(result);
  }
  return tolerated === undefined ? refused(failures.join(' | ')) : { name, unenforced: tolerated };
}
