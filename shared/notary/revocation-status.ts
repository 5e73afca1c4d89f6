import type { Certificate } from './certificate.ts';

/** What is known about the revocation of a certificate. */
export type RevocationStatus =
  | { readonly kind: 'good' }
  /** `invalidSince`: when the key may have been lost; only signatures that were there before are still good. */
  | { readonly kind: 'revoked'; readonly at: Date; readonly invalidSince?: Date }
  /** `reason` is safe to print. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** Whose revocation is asked, under whom, and when. */
export interface RevocationQuestion {
  readonly certificate: Certificate;
  readonly issuer: Certificate;
  readonly now: Date;
}

/** How far ahead of ours the clocks of others may be. */
export const CLOCK_SKEW_MS = 5 * 60 * 1000;

/** Statuses by the thumbprint of the certificate. */
export type RevocationStatuses = ReadonlyMap<string, RevocationStatus>;

/** Whether a certificate names a responder or a list that can revoke it. */
export function isRevocable({ extensions }: Certificate): boolean {
  return extensions.ocspUrls !== undefined || extensions.crlUrls !== undefined;
}

/**
 * Why a chain must not be relied on, absent when no certificate below the root is revoked and each that can be is known
 * not to be; `at` is when the signature is proven to have been made. Revoked is told rather than unknown.
 *
 * @see https://github.com/notaryproject/specifications/blob/v1.1.0/specs/trust-store-trust-policy.md#certificate-revocation-evaluation
 */
export function findRevocationFault(
  chain: readonly Certificate[],
  statuses: RevocationStatuses,
  at?: Date,
): string | undefined {
  const faults = chain.slice(0, -1).flatMap((certificate) => {
    if (!isRevocable(certificate)) return [];
    const status = statuses.get(certificate.thumbprint) ?? NOT_ASKED;
    const fault = faultOf(status, at);
    return fault === undefined
      ? []
      : [{ isRevoked: status.kind === 'revoked', text: `${certificate.subjectText} ${fault}` }];
  });
  return (faults.find(({ isRevoked }) => isRevoked) ?? faults[0])?.text;
}

const NOT_ASKED: RevocationStatus = { kind: 'unknown', reason: 'nobody was asked' };

function faultOf(status: RevocationStatus, at: Date | undefined): string | undefined {
  switch (status.kind) {
    case 'good':
      return undefined;
    case 'revoked': {
      const { invalidSince } = status;
      const wasBefore = at !== undefined && invalidSince !== undefined && at < invalidSince;
      return wasBefore ? undefined : `was revoked at ${status.at.toISOString()}`;
    }
    case 'unknown':
      return `may be revoked: ${status.reason}`;
  }
}
