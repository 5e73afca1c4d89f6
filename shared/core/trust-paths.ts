import { optionalPath } from './input-values.ts';
import { all, parsed, problem } from './result.ts';
import type { Parsed } from './result.ts';

/** A Notary trust policy and the folder of its trust store; absolute paths. */
export interface TrustPaths {
  readonly policy: string;
  readonly store: string;
}

/** The inputs `trustPolicy` and `trustStore`: both or none, a policy names stores and a store alone says nothing. */
export function parseTrustPaths(
  policyText: string,
  storeText: string,
  root: string,
): Parsed<TrustPaths | undefined> {
  const paths = all<{ policy: string | undefined; store: string | undefined }>({
    policy: optionalPath('trustPolicy', policyText, root),
    store: optionalPath('trustStore', storeText, root),
  });
  if (!paths.ok) return paths;
  const { policy, store } = paths.value;
  if (policy === undefined && store === undefined) return parsed(undefined);
  if (policy === undefined) return problem('trustPolicy', 'is required when trustStore is given');
  if (store === undefined) return problem('trustStore', 'is required when trustPolicy is given');
  return parsed({ policy, store });
}
