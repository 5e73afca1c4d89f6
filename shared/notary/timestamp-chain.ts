import { parsed, problem, problems } from '../core/result.ts';
import type { Parsed, Problem } from '../core/result.ts';
import { findValidityProblems } from './certificate-chain.ts';
import { isIssuedBy, sameBytes } from './certificate.ts';
import type { Certificate } from './certificate.ts';
import { TIME_STAMPING, findChainProblems } from './chain-rules.ts';

/** Where the chain of a time stamping authority may come from. */
export interface TimestampAnchors {
  /** What the token holds; authorities often leave out their root. */
  readonly certificates: readonly Certificate[];
  readonly roots: readonly Certificate[];
  /** When every certificate must have been valid. */
  readonly at: Date;
}

/** Real chains have three or four certificates. */
const MAX_CHAIN = 8;

/** Steps of the search; certificates that all issue each other are made to keep verifiers busy. */
const MAX_STEPS = 64;

/**
 * A chain from a time stamping certificate to a trusted root, leaf first; of those that there are the first that
 * keeps the rules.
 *
 * @see https://github.com/notaryproject/specifications/blob/v1.1.0/specs/signature-specification.md#certificate-requirements
 */
export function findTimestampChain(
  leaf: Certificate,
  anchors: TimestampAnchors,
): Parsed<readonly Certificate[]> {
  let found: readonly Problem[] | undefined;
  for (const chain of chainsOf(leaf, anchors)) {
    const faults = [
      ...findChainProblems(chain, TIME_STAMPING, 'timestamp.chain'),
      ...findValidityProblems(chain, anchors.at),
    ];
    if (faults.length === 0) return parsed(chain);
    found ??= faults;
  }
  if (found !== undefined) return problems(found);
  return problem('timestamp.chain', `${leaf.subjectText} does not lead to a trusted root`);
}

/** Every chain from a certificate to a root, as far as the steps reach. */
function* chainsOf(
  leaf: Certificate,
  { certificates, roots }: TimestampAnchors,
): Generator<readonly Certificate[]> {
  const open: (readonly Certificate[])[] = [[leaf]];
  // Roots first: a chain to a trusted root is not led past it by a cross-signed certificate.
  const issuers = [...roots, ...certificates];
  for (let steps = 0; steps < MAX_STEPS; steps += 1) {
    const chain = open.shift();
    const last = chain?.at(-1);
    if (chain === undefined || last === undefined) return;
    if (roots.some(({ raw }) => sameBytes(raw, last.raw))) {
      yield chain;
    } else if (chain.length < MAX_CHAIN) {
      const next = issuers.filter(
        (issuer) =>
          !chain.some(({ raw }) => sameBytes(raw, issuer.raw)) && isIssuedBy(last, issuer),
      );
      open.push(...next.map((issuer) => [...chain, issuer]));
    }
  }
}
