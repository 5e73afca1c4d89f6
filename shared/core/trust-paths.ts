import { missingOfPair, optionalPath } from './input-values.ts';
import { allConsistent, parsed } from './result.ts';
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
  const paths = allConsistent<{ policy: string | undefined; store: string | undefined }>(
    {
      policy: optionalPath('trustPolicy', policyText, root),
      store: optionalPath('trustStore', storeText, root),
    },
    () =>
      missingOfPair(
        { name: 'trustPolicy', text: policyText },
        { name: 'trustStore', text: storeText },
      ),
  );
  if (!paths.ok) return paths;
  const { policy, store } = paths.value;
  return parsed(policy === undefined || store === undefined ? undefined : { policy, store });
}
