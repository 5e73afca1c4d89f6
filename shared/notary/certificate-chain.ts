import { definite } from '../core/errors.ts';
import { allOf, parsed, problem, problems } from '../core/result.ts';
import type { Parsed, Problem } from '../core/result.ts';
import { isIssuedBy, isSelfSigned, parseCertificate } from './certificate.ts';
import type { Certificate } from './certificate.ts';
import type { KeyUsage } from './certificate-extensions.ts';
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

/** What the key of a signing certificate must not be for. */
const FOREIGN_USAGES: readonly KeyUsage[] = [
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
];

/** Purposes that a signing certificate must not have. */
const FOREIGN_PURPOSES: ReadonlyMap<string, string> = new Map([
  ['2.5.29.37.0', 'any purpose'],
  ['1.3.6.1.5.5.7.3.1', 'server authentication'],
  ['1.3.6.1.5.5.7.3.2', 'client authentication'],
  ['1.3.6.1.5.5.7.3.4', 'e-mail protection'],
  ['1.3.6.1.5.5.7.3.8', 'time stamping'],
  ['1.3.6.1.5.5.7.3.9', 'OCSP signing'],
]);

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
  const found = [
    ...findLinkProblems(certificates),
    ...findLeafProblems(leaf),
    ...certificates.flatMap((certificate, index) => findAuthorityProblems(certificate, index)),
  ].map((found) => ({ ...found, path: `${path}${found.path}` }));
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
    // The last second belongs to the certificate as a whole.
    if (at.getTime() >= notAfter.getTime() + 1000) {
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

function findLinkProblems(certificates: readonly Certificate[]): Problem[] {
  return certificates.flatMap((certificate, index) => {
    const path = `[${index}]`;
    const { weakness, subjectText } = certificate;
    if (weakness !== undefined) return [{ path, message: `${subjectText} ${weakness}` }];
    const issuer = certificates[index + 1];
    if (issuer === undefined) {
      return isSelfSigned(certificate)
        ? []
        : [{ path, message: `${subjectText} is the last certificate but not a self-signed root` }];
    }
    if (isSelfSigned(certificate)) {
      return [{ path, message: `${subjectText} is self-signed but not the last certificate` }];
    }
    return isIssuedBy(certificate, issuer)
      ? []
      : [{ path, message: `${subjectText} was not issued by ${issuer.subjectText}` }];
  });
}

function findLeafProblems({ extensions, publicKey }: Certificate): Problem[] {
  const { basicConstraints, keyUsage, extendedKeyUsage } = extensions;
  const usages = FOREIGN_USAGES.filter((usage) => keyUsage?.usages.has(usage) === true);
  const purposes = (extendedKeyUsage?.purposes ?? []).flatMap(
    (oid) => FOREIGN_PURPOSES.get(oid) ?? [],
  );
  const rules: readonly (readonly [boolean, string])[] = [
    [basicConstraints?.ca !== true, 'is a certificate authority, not a signing certificate'],
    [keyUsage !== undefined, 'has no key usage'],
    [keyUsage?.critical !== false, 'has a key usage that is not critical'],
    [keyUsage?.usages.has('digitalSignature') !== false, 'lacks the key usage digitalSignature'],
    [usages.length === 0, `has a key usage that signing forbids: ${usages.join(', ')}`],
    [purposes.length === 0, `is for ${purposes.join(', ')}, which signing forbids`],
    [
      algorithmOfKey(publicKey) !== undefined,
      'has a key that cannot sign; RSA of 2048, 3072 or 4096 bits and EC P-256, P-384 or P-521 can',
    ],
  ];
  return brokenRules(rules, '[0]');
}

/** Certificates above the leaf; `index` is also the number of certificates below plus the leaf. */
function findAuthorityProblems({ extensions }: Certificate, index: number): Problem[] {
  if (index === 0) return [];
  const { basicConstraints, keyUsage } = extensions;
  const authoritiesBelow = index - 1;
  const rules: readonly (readonly [boolean, string])[] = [
    [basicConstraints?.ca === true, 'is not a certificate authority'],
    [basicConstraints?.critical !== false, 'has basic constraints that are not critical'],
    [
      (basicConstraints?.pathLength ?? authoritiesBelow) >= authoritiesBelow,
      `allows ${basicConstraints?.pathLength ?? 0} authorities below it, there are ${authoritiesBelow}`,
    ],
    [keyUsage !== undefined, 'has no key usage'],
    [keyUsage?.critical !== false, 'has a key usage that is not critical'],
    [keyUsage?.usages.has('keyCertSign') !== false, 'lacks the key usage keyCertSign'],
  ];
  return brokenRules(rules, `[${index}]`);
}

function brokenRules(rules: readonly (readonly [boolean, string])[], path: string): Problem[] {
  return rules.flatMap(([holds, message]) => (holds ? [] : [{ path, message }]));
}
