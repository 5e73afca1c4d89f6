import type { TrustPaths } from '../core/trust-paths.ts';
import type { TrustPolicy } from '../notary/trust-policy.ts';
import type { TrustStore } from '../notary/trust-store.ts';

/** Whom to trust: the policy and the certificates that it names. */
export interface TrustConfiguration {
  readonly policy: TrustPolicy;
  readonly store: TrustStore;
}

/** Reads trust policies and trust stores. Throws TaskError `TRUST_POLICY_INVALID` or `TRUST_STORE_INVALID`. */
export interface TrustReader {
  read(paths: TrustPaths, signal: AbortSignal): Promise<TrustConfiguration>;
}
