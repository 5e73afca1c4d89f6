import { definite } from '../core/errors.ts';
import { allOf, parsed, problem, problems } from '../core/result.ts';
import type { Parsed, Problem } from '../core/result.ts';
import { isIssuedBy, isSelfSigned, parseCertificate } from './certificate.ts';
import type { Certificate } from './certificate.ts';
import { CODE_SIGNING, findChainProblems } from './chain-rules.ts';
import { algorithmOfKey } from './key-spec.ts';
import type { SignatureAlgorithm } from './key-spec.ts';

/** A chain that may sign: leaf first, self-signed root last; of a single certificate both are the same. */
export interface CertificateChain {
  readonly certificates: readonly Certificate[];
  readonly leaf: Certificate;
  readonly root: Certificate;
  /** How the key of the leaf signs. */
  readonly algorithm: SignatureAlgorithm;
}

/** Longer chains are made to keep verifiers busy. */
const MAX_CHAIN = 16;

/**
 * Checks that certificates are one chain from a code signing leaf to a self-signed root; validity in time is not looked at.
 *
 * @see https://github.com/notaryproject/specifications/blob/v1.1.0/specs/signature-specification.md#certificate-requirements
 */
export function checkChain(ders: readonly Uint8Array[], path: string): Parsed<CertificateChain> {
  if (ders.length === 0) return problem(path, 'is empty');
  if (ders.length > MAX_CHAIN) return problem(path, `has more than ${MAX_CHAIN} certificates`);
  const read = allOf(ders.map((der, index) => parseCertificate(der, `${path}[${index}]`)));
  if (!read.ok) return read;
  const certificates = read.value;
  const leaf = definite(certificates[0], 'the leaf');
  const algorithm = algorithmOfKey(leaf.publicKey);
  const found = findChainProblems(certificates, CODE_SIGNING, path);
  if (algorithm === undefined || found.length > 0) return problems(found);
  return parsed({ certificates, leaf, root: definite(certificates.at(-1), 'the root'), algorithm });
}

/** Checks a chain that is to sign: its rules, and that every certificate is valid at the time given. */
export function checkSigningChain(ders: readonly Uint8Array[], at: Date): Parsed<CertificateChain> {
  const chain = checkChain(ders, 'chain');
  if (!chain.ok) return chain;
  const found = findValidityProblems(chain.value.certificates, at);
  return found.length === 0 ? chain : problems(found);
}

/** Which certificates of a chain are not valid at a time. */
export function findValidityProblems(certificates: readonly Certificate[], at: Date): Problem[] {
  return certificates.flatMap(({ notBefore, notAfter, subjectText }, index) => {
    const path = `chain[${index}]`;
    if (at < notBefore) {
      return [{ path, message: `${subjectText} is valid only from ${notBefore.toISOString()}` }];
    }
    // To the reference implementation a certificate ends at an instant: half a second later is too late.
    if (at > notAfter) {
      return [{ path, message: `${subjectText} expired at ${notAfter.toISOString()}` }];
    }
    return [];
  });
}

/**
 * The chain of a leaf among certificates in any order, leaf first. Ends where no issuer is there; certificates that
 * are given twice count once, those that do not belong to the chain are problems.
 */
export function orderChain(
  certificates: readonly Certificate[],
  leaf: Certificate,
): Parsed<readonly Certificate[]> {
  const left = new Map(certificates.map((certificate) => [certificate.thumbprint, certificate]));
  const chain: Certificate[] = [];
  let next: Certificate | undefined = leaf;
  while (next !== undefined) {
    const current: Certificate = next;
    chain.push(current);
    left.delete(current.thumbprint);
    next = isSelfSigned(current)
      ? undefined
      : [...left.values()].find((candidate) => isIssuedBy(current, candidate));
  }
  const strangers = [...left.values()].map(({ subjectText }) => ({
    path: 'chain',
    message: `${subjectText} does not belong to the chain of ${leaf.subjectText}`,
  }));
  return strangers.length === 0 ? parsed(chain) : problems(strangers);
}
