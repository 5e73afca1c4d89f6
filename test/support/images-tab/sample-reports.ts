import { createHash } from 'node:crypto';
import type {
  CreateReport,
  PublishReport,
  ReportDocument,
  ReportedImage,
  ReportedRow,
  ReportedSignature,
  SignReport,
  TaskReport,
} from '../../../shared/release-report/model.ts';

/** An image of a sample release. */
export interface SampleImage {
  readonly repo: string;
  /** Shared tags; without any there is no list. */
  readonly tags: readonly string[];
  readonly platforms: readonly SamplePlatform[];
}

/** A platform of it, with its compressed size in megabytes. */
export interface SamplePlatform {
  readonly architecture: string;
  readonly variant?: string;
  readonly os?: string;
  readonly osVersion: string;
  readonly megabytes: number;
}

const AMD64 = { architecture: 'amd64', osVersion: 'noble' };
const ARM64 = { architecture: 'arm64', variant: 'v8', osVersion: 'noble' };
const ARM = { architecture: 'arm', variant: 'v7', osVersion: 'noble' };
const WINDOWS = { os: 'windows', architecture: 'amd64', osVersion: '10.0.20348.2849' };

/** A release as a team has it: services with two to four platforms, a tool with one. */
export const SAMPLE_IMAGES: readonly SampleImage[] = [
  {
    repo: 'shop/api',
    tags: ['2.4', '2.4.1', 'latest'],
    platforms: [
      { ...AMD64, megabytes: 84.2 },
      { ...ARM64, megabytes: 81.7 },
      { ...ARM, megabytes: 76.9 },
      { ...WINDOWS, megabytes: 118.4 },
    ],
  },
  {
    repo: 'shop/api',
    tags: ['2.4-alpine', '2.4.1-alpine'],
    platforms: [
      { ...AMD64, osVersion: 'alpine3.22', megabytes: 46.1 },
      { ...ARM64, osVersion: 'alpine3.22', megabytes: 44.8 },
    ],
  },
  {
    repo: 'shop/migrations',
    tags: [],
    platforms: [{ ...AMD64, megabytes: 39.5 }],
  },
  {
    repo: 'shop/web',
    tags: ['5.0', '5.0.3', 'latest'],
    platforms: [
      { ...AMD64, megabytes: 61.3 },
      { ...ARM64, megabytes: 59.9 },
    ],
  },
  {
    repo: 'shop/worker',
    tags: ['2.4', '2.4.1', 'latest'],
    platforms: [
      { ...AMD64, megabytes: 72.4 },
      { ...ARM64, megabytes: 70.2 },
    ],
  },
];

/** As many images as the largest product known: 806 digests in 13 repositories. */
export const LARGE_IMAGES: readonly SampleImage[] = Array.from({ length: 202 }, (_, index) => ({
  repo: `product/part-${index % 13}`,
  tags: [`9.${index}`, `9.${index}.1`],
  // The last two have one platform less: 202 lists, 604 platforms.
  platforms: [AMD64, ARM64, ARM]
    .slice(0, index < 200 ? 3 : 2)
    .map((platform) => ({ ...platform, megabytes: 30 + index })),
}));

/** What a report of a sample says of where it comes from. */
export interface SampleSource {
  readonly job?: string;
  readonly jobAttempt?: number;
  readonly createdAt?: string;
}

/** A report as a task attaches it. */
export function reportDocument(report: TaskReport, source: SampleSource = {}): ReportDocument {
  const { job = 'Release.release.__default', jobAttempt = 1 } = source;
  return {
    version: 1,
    source: { job, stageAttempt: 1, jobAttempt },
    createdAt: source.createdAt ?? '2026-03-04T05:06:07.890Z',
    ...report,
  };
}

/** What CreateManifestLists tells of images. */
export function createReportOf(images: readonly SampleImage[]): CreateReport {
  return { kind: 'create', images: images.flatMap(reported) };
}

/** What SignImageInfo tells; `failed` are positions among all digests. */
export function signReportOf(
  images: readonly SampleImage[],
  { failed = [] }: { readonly failed?: readonly number[] } = {},
): SignReport {
  const all = images.flatMap(reported);
  return {
    kind: 'sign',
    images: all.map((image) => ({ ...image, platforms: [] })),
    certificates: [
      {
        thumbprint: sha256('certificate').slice('sha256:'.length),
        subject: 'C=US, ST=WA, O=Contoso Ltd, CN=Contoso Release Signing',
        notAfter: '2027-01-31T23:59:59.000Z',
      },
    ],
    signatures: all.map(({ repo, digest }, index): ReportedSignature =>
      failed.includes(index)
        ? {
            ...{ repo, digest, state: 'failed' },
            reason: 'SIGNING_FAILED: The key vault did not answer within 30 s.',
          }
        : {
            ...{ repo, digest, state: index % 5 === 4 ? 'kept' : 'signed' },
            certificate: sha256('certificate').slice('sha256:'.length),
            ...{ signedAt: '2026-03-04T05:04:00.000Z', isTimestamped: true },
            stampedAt: '2026-03-04T05:04:02.000Z',
          },
    ),
  };
}

/** What PublishArtifacts tells: tags of the first repository moved, the second is new, the rest as it was. */
export function publishReportOf(images: readonly SampleImage[]): PublishReport {
  const all = images.flatMap(reported);
  const repos = [...new Set(all.map(({ repo }) => repo))];
  const fateOf = (repo: string): 'moved' | 'new' | 'same' =>
    (['moved', 'new'] as const)[repos.indexOf(repo)] ?? 'same';
  return {
    kind: 'publish',
    images: all,
    target: 'contoso.azurecr.io/public',
    copies: all.map(({ repo, digest }) => ({
      ...{ repo, digest },
      state: fateOf(repo) === 'same' ? 'kept' : 'copied',
    })),
    tags: all.flatMap(({ repo, digest, tags }) =>
      tags.map((tag) => {
        const previous = { moved: sha256(`old ${repo}:${tag}`), new: undefined, same: digest };
        const previousDigest = previous[fateOf(repo)];
        return { repo, tag, digest, ...(previousDigest === undefined ? {} : { previousDigest }) };
      }),
    ),
    baseline: {
      rows: all.map(({ repo, digest, what }): ReportedRow => {
        if (fateOf(repo) === 'new') return { repo, digest, changed: [] };
        if (fateOf(repo) === 'same') return { repo, digest, previousDigest: digest, changed: [] };
        const causes = what === 'platform' ? (['base image', 'commit'] as const) : [];
        const previousDigest = sha256(`old ${repo} ${digest}`);
        return { repo, digest, previousDigest, changed: ['content', ...causes] };
      }),
      displaced: [],
    },
  };
}

/** What the tasks of a whole release told. */
export function releaseOf(images: readonly SampleImage[]): readonly ReportDocument[] {
  return [createReportOf(images), signReportOf(images), publishReportOf(images)].map((report) =>
    reportDocument(report),
  );
}

/** The digest of a text. */
export function sha256(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

function reported({ repo, tags, platforms }: SampleImage): readonly ReportedImage[] {
  const rows = platforms.map(({ os = 'linux', megabytes, ...rest }): ReportedImage => {
    const suffix = [rest.osVersion, rest.architecture].join('-');
    const version = tags[1] ?? '1.8.0';
    return {
      ...{ repo, what: 'platform', platforms: [] },
      digest: sha256(`${repo} ${tags.join()} ${os} ${suffix}`),
      tags: [os === 'windows' ? `${version}-windows` : `${version}-${suffix}`],
      platform: { os, ...withoutSize(rest) },
      bytes: Math.round(megabytes * 1e6),
    };
  });
  if (tags.length === 0) return rows;
  const list: ReportedImage = {
    ...{ repo, tags, what: 'list', digest: sha256(`${repo} ${tags.join()}`) },
    platforms: rows.map(({ digest }) => digest),
  };
  return [list, ...rows];
}

function withoutSize({
  architecture,
  variant,
  osVersion,
}: Omit<SamplePlatform, 'os' | 'megabytes'>): Omit<NonNullable<ReportedImage['platform']>, 'os'> {
  return { architecture, osVersion, ...(variant === undefined ? {} : { variant }) };
}
