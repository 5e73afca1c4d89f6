/**
 * What is peculiar to a registry, as data. Code asks the profile for a behaviour, never the host for its name.
 *
 * A behaviour that a registry shows on the wire is learned there; a profile only holds what cannot be learned, or
 * what would cost a request to learn.
 */
export interface RegistryProfile {
  /** As its users call it, e.g. `Amazon ECR`. */
  readonly name: string;
  /** Where its API is served, when that is not the host of the references. */
  readonly apiHost?: string;
  /** Hosts besides its own that may be sent its credentials, to log in. */
  readonly tokenHosts: readonly string[];
  /** Where it issues tokens, when that is known before it was asked. */
  readonly tokenPath?: string;
  /** Whether one repository may take blobs from another. */
  readonly mountsAcross: boolean;
  /** Whether a blob may be asked for by a mount from the repository itself, which begins the upload if it is missing. */
  readonly mountsFromItself: boolean;
  /** Whether writes are limited so much more than reads that a blob that is likely there is asked for by HEAD. */
  readonly writesAreScarce: boolean;
  /** Whether a blob may be uploaded in several requests. */
  readonly chunkedUploads: boolean;
  /** Whether it sets several tags in one request; where it is not said, an answer that has set one shows it. */
  readonly takesTags: boolean;
  /** Whether a tag that has its digest already may refuse to get it again. */
  readonly immutableTags: boolean;
  /** Whether `OCI-Subject` in an answer proves that the registry lists the manifest as a referrer. */
  readonly subjectHeaderIsProof: boolean;
  /** Whether 403 is also the answer for a tag that does not exist. */
  readonly deniesMissingTags: boolean;
  /** Requests to list referrers that one identity may send in a minute, when they are limited apart. */
  readonly referrersPerMinute?: number;
}

/** Finds the profile of a registry host. */
export type ProfileFinder = (registry: string) => RegistryProfile;

/** A registry that follows the specification. */
export const STANDARD_PROFILE: RegistryProfile = {
  name: 'OCI registry',
  tokenHosts: [],
  mountsAcross: true,
  mountsFromItself: true,
  writesAreScarce: false,
  chunkedUploads: true,
  takesTags: false,
  immutableTags: false,
  subjectHeaderIsProof: true,
  deniesMissingTags: false,
};

interface ProfileRow {
  readonly hosts: RegExp;
  readonly differs: Partial<RegistryProfile> & Pick<RegistryProfile, 'name'>;
}

/** Known registries by their hosts, in lower case and without a port. Self-hosted products have only customary names. */
const PROFILES: readonly ProfileRow[] = [
  {
    hosts: /^[a-z0-9-]+(\.[a-z0-9-]+)*\.azurecr\.(io|cn|us)$/,
    // A small instance allows ten reads for each write.
    differs: {
      name: 'Azure Container Registry',
      tokenPath: '/oauth2/token',
      writesAreScarce: true,
      referrersPerMinute: 250,
    },
  },
  {
    hosts: /^docker\.io$/,
    differs: {
      name: 'Docker Hub',
      apiHost: 'registry-1.docker.io',
      tokenHosts: ['auth.docker.io'],
    },
  },
  { hosts: /^ghcr\.io$/, differs: { name: 'GitHub Container Registry' } },
  {
    hosts:
      /^(\d{12}\.dkr[.-]ecr(-fips)?\.[a-z0-9-]+\.(amazonaws\.com(\.cn)?|on\.aws)|public\.ecr\.aws)$/,
    // Chunks after the first are dropped; some regions had the header before they had the list.
    differs: {
      name: 'Amazon ECR',
      chunkedUploads: false,
      immutableTags: true,
      subjectHeaderIsProof: false,
    },
  },
  {
    hosts: /^([a-z0-9-]+-docker\.pkg\.dev|([a-z]+\.)?gcr\.io)$/,
    differs: { name: 'Google Artifact Registry', chunkedUploads: false, immutableTags: true },
  },
  {
    hosts: /^(demo\.goharbor\.io|harbor\..+)$/,
    differs: { name: 'Harbor', immutableTags: true },
  },
  { hosts: /^(quay\.io|quay\..+)$/, differs: { name: 'Quay' } },
  {
    hosts: /^registry\.gitlab\.com$/,
    differs: { name: 'GitLab', tokenHosts: ['gitlab.com'] },
  },
  {
    hosts: /^([a-z0-9-]+\.jfrog\.io|artifactory\..+)$/,
    differs: { name: 'Artifactory', deniesMissingTags: true },
  },
  {
    hosts: /^mcr\.microsoft\.com$/,
    differs: { name: 'Microsoft Artifact Registry', mountsAcross: false, mountsFromItself: false },
  },
];

/** The profile of a registry host, e.g. `example.azurecr.io`; that of a standard registry when it is not known. */
export function profileOf(registry: string): RegistryProfile {
  const host = registry.toLowerCase().replace(/:\d+$/, '');
  const row = PROFILES.find(({ hosts }) => hosts.test(host));
  return row === undefined ? STANDARD_PROFILE : { ...STANDARD_PROFILE, ...row.differs };
}
