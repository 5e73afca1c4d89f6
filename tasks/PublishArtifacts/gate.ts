import { assertNever } from '../../shared/core/errors.ts';
import { LongListError } from '../../shared/core/long-list.ts';
import { counted } from '../../shared/core/text.ts';
import type { Evidence } from '../../shared/notary/evidence.ts';
import { selectStatement } from '../../shared/notary/trust-policy.ts';
import type { TrustPolicy } from '../../shared/notary/trust-policy.ts';
import type { TrustStore } from '../../shared/notary/trust-store.ts';
import { formatFailures, verifySignature } from '../../shared/notary/verify.ts';
import type { GatedManifest } from './gated.ts';

/** Whom a signature must come from. */
export interface Trusted {
  readonly policy: TrustPolicy;
  readonly store: TrustStore;
  readonly now: Date;
}

/** What the gate asks of each manifest. */
export type GateFacts =
  | ({ readonly kind: 'verified' } & Trusted)
  | { readonly kind: 'present' }
  | { readonly kind: 'none' };

interface Refusal {
  readonly code: 'SIGNATURE_MISSING' | 'SIGNATURE_INVALID';
  readonly line: string;
}

/**
 * Lets a release pass only when every manifest is signed as the gate asks; one good signature is enough.
 *
 * @throws TaskError `SIGNATURE_MISSING` or `SIGNATURE_INVALID` that lists every manifest that is refused
 */
export function checkGate(
  gate: GateFacts,
  manifests: readonly GatedManifest[],
  evidence: Evidence,
): void {
  const refusals = manifests.flatMap((manifest) => refusalOf(gate, manifest, evidence) ?? []);
  if (refusals.length === 0) return;
  const code = refusals.some((one) => one.code === 'SIGNATURE_MISSING')
    ? 'SIGNATURE_MISSING'
    : 'SIGNATURE_INVALID';
  throw new LongListError({
    code,
    summary: `${counted(refusals.length, 'digest')} of ${manifests.length} may not be published`,
    lines: refusals.map(({ line }) => line),
    hint: 'Run SignImageInfo on this image-info with the expected certificate; nothing was written.',
  });
}

function refusalOf(
  gate: GateFacts,
  manifest: GatedManifest,
  evidence: Evidence,
): Refusal | undefined {
  if (gate.kind === 'none') return undefined;
  if (manifest.signatures.length === 0) {
    return { code: 'SIGNATURE_MISSING', line: `${manifest.name}: no signature` };
  }
  switch (gate.kind) {
    case 'present':
      return undefined;
    case 'verified':
      return unverified(gate, manifest, evidence);
    default:
      return assertNever(gate);
  }
}

function unverified(
  trusted: Trusted,
  manifest: GatedManifest,
  evidence: Evidence,
): Refusal | undefined {
  const { name, descriptor, scopes, signatures } = manifest;
  const statement = selectStatement(trusted.policy, scopes);
  if (statement === undefined) {
    const line = `${name}: no trust policy statement is for ${scopes.join(' or ')}`;
    return { code: 'SIGNATURE_INVALID', line };
  }
  const failures: string[] = [];
  for (const signature of signatures) {
    const result = verifySignature(
      { ...signature, subject: descriptor, now: trusted.now },
      { statement, store: trusted.store },
      evidence,
    );
    if (result.ok) return undefined;
    failures.push(formatFailures(result));
  }
  return { code: 'SIGNATURE_INVALID', line: `${name}: ${failures.join(' | ')}` };
}
