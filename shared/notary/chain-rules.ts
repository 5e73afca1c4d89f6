import type { Problem } from '../core/result.ts';
import { isIssuedBy, isSelfSigned } from './certificate.ts';
import type { Certificate } from './certificate.ts';
import type { CertificateExtensions, KeyUsage } from './certificate-extensions.ts';
import { algorithmOfKey } from './key-spec.ts';

/** A sentence about a certificate, and whether it is not so. */
type Rule = readonly [holds: boolean, fault: string];

/** What the certificates of a chain are for. */
export interface ChainPurpose {
  /** Whether key usages must be marked critical. */
  readonly criticalUsage: boolean;
  readonly leafRules: (extensions: CertificateExtensions) => readonly Rule[];
  readonly authorityRules: (extensions: CertificateExtensions) => readonly Rule[];
}

const TIME_STAMPING_PURPOSE = '1.3.6.1.5.5.7.3.8';
const ANY_PURPOSE = '2.5.29.37.0';

/** What the key of a leaf must not be for. */
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
  [ANY_PURPOSE, 'any purpose'],
  ['1.3.6.1.5.5.7.3.1', 'server authentication'],
  ['1.3.6.1.5.5.7.3.2', 'client authentication'],
  ['1.3.6.1.5.5.7.3.4', 'e-mail protection'],
  [TIME_STAMPING_PURPOSE, 'time stamping'],
  ['1.3.6.1.5.5.7.3.9', 'OCSP signing'],
]);

/** Chains that sign code. */
export const CODE_SIGNING: ChainPurpose = {
  criticalUsage: true,
  leafRules: ({ extendedKeyUsage }) => {
    const purposes = (extendedKeyUsage?.purposes ?? []).flatMap(
      (oid) => FOREIGN_PURPOSES.get(oid) ?? [],
    );
    return [[purposes.length === 0, `is for ${purposes.join(', ')}, which signing forbids`]];
  },
  authorityRules: () => [],
};

/** Chains that sign timestamps: RFC 3161, section 2.3. */
export const TIME_STAMPING: ChainPurpose = {
  criticalUsage: false,
  leafRules: ({ extendedKeyUsage, foreignCritical }) => [
    [
      extendedKeyUsage?.purposes.length === 1 &&
        extendedKeyUsage.purposes[0] === TIME_STAMPING_PURPOSE,
      'is not for time stamping alone',
    ],
    [extendedKeyUsage?.critical !== false, 'has a purpose that is not critical'],
    understood(foreignCritical),
  ],
  authorityRules: ({ extendedKeyUsage, foreignCritical }) => [
    [
      extendedKeyUsage?.purposes.some(
        (oid) => oid === TIME_STAMPING_PURPOSE || oid === ANY_PURPOSE,
      ) !== false,
      'is an authority for other purposes than time stamping',
    ],
    understood(foreignCritical),
  ],
};

/**
 * What keeps certificates, leaf first, from being a chain for a purpose; validity in time is not looked at.
 *
 * @see https://github.com/notaryproject/specifications/blob/v1.1.0/specs/signature-specification.md#certificate-requirements
 */
export function findChainProblems(
  certificates: readonly Certificate[],
  purpose: ChainPurpose,
  path: string,
): Problem[] {
  return certificates.flatMap((certificate, index) => {
    const link = findLinkFault(certificate, certificates[index + 1]);
    const rules =
      index === 0 ? leafRules(certificate, purpose) : authorityRules(certificate, purpose, index);
    const faults = rules.flatMap(([holds, fault]) => (holds ? [] : [fault]));
    return [...(link === undefined ? [] : [link]), ...faults].map((message) => ({
      path: `${path}[${index}]`,
      message,
    }));
  });
}

function findLinkFault(
  certificate: Certificate,
  issuer: Certificate | undefined,
): string | undefined {
  const { weakness, subjectText } = certificate;
  if (weakness !== undefined) return `${subjectText} ${weakness}`;
  const selfSigned = isSelfSigned(certificate);
  if (issuer === undefined) {
    return selfSigned
      ? undefined
      : `${subjectText} is the last certificate but not a self-signed root`;
  }
  if (selfSigned) return `${subjectText} is self-signed but not the last certificate`;
  return isIssuedBy(certificate, issuer)
    ? undefined
    : `${subjectText} was not issued by ${issuer.subjectText}`;
}

function leafRules({ extensions, publicKey }: Certificate, purpose: ChainPurpose): readonly Rule[] {
  const { basicConstraints, keyUsage } = extensions;
  const usages = FOREIGN_USAGES.filter((usage) => keyUsage?.usages.has(usage) === true);
  return [
    [basicConstraints?.ca !== true, 'is a certificate authority, not a signing certificate'],
    ...usageRules(extensions, purpose, 'digitalSignature'),
    [usages.length === 0, `has a key usage that signing forbids: ${usages.join(', ')}`],
    ...purpose.leafRules(extensions),
    [
      algorithmOfKey(publicKey) !== undefined,
      'has a key that cannot sign; RSA of 2048, 3072 or 4096 bits and EC P-256, P-384 or P-521 can',
    ],
  ];
}

/** Certificates above the leaf; `index` is also the number of certificates below plus the leaf. */
function authorityRules(
  { extensions }: Certificate,
  purpose: ChainPurpose,
  index: number,
): readonly Rule[] {
  const { basicConstraints } = extensions;
  const authoritiesBelow = index - 1;
  return [
    [basicConstraints?.ca === true, 'is not a certificate authority'],
    [basicConstraints?.critical !== false, 'has basic constraints that are not critical'],
    [
      (basicConstraints?.pathLength ?? authoritiesBelow) >= authoritiesBelow,
      `allows ${basicConstraints?.pathLength ?? 0} authorities below it, there are ${authoritiesBelow}`,
    ],
    ...usageRules(extensions, purpose, 'keyCertSign'),
    ...purpose.authorityRules(extensions),
  ];
}

function usageRules(
  { keyUsage }: CertificateExtensions,
  { criticalUsage }: ChainPurpose,
  needed: KeyUsage,
): readonly Rule[] {
  return [
    [keyUsage !== undefined, 'has no key usage'],
    [!criticalUsage || keyUsage?.critical !== false, 'has a key usage that is not critical'],
    [keyUsage?.usages.has(needed) !== false, `lacks the key usage ${needed}`],
  ];
}

function understood(foreign: readonly string[]): Rule {
  return [foreign.length === 0, `has critical extensions not known here: ${foreign.join(', ')}`];
}
