/** The type under which tasks attach their reports to a run, and the Images tab finds them. */
export const REPORT_TYPE = 'image-release';

/** The form of a report; a reader that does not know the number leaves the report alone. */
export const REPORT_VERSION = 1;

/** Which job of a run wrote a report, and at which attempt. */
export interface ReportSource {
  /** Names of stage, job and leg of a matrix: `Sign.sign.__default`. */
  readonly job: string;
  readonly stageAttempt: number;
  readonly jobAttempt: number;
}

/** What an image runs on, e.g. `{ os: 'linux', architecture: 'arm64', variant: 'v8' }`. */
export interface ReportedPlatform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly osVersion?: string;
}

/** A digest of the release in a repository. */
export interface ReportedImage {
  /** Public name without registry: `dotnet/runtime`. */
  readonly repo: string;
  readonly digest: string;
  readonly what: 'list' | 'platform';
  readonly tags: readonly string[];
  /** Digests of the platforms of a list, in its order; empty where a report does not know them. */
  readonly platforms: readonly string[];
  readonly platform?: ReportedPlatform;
  /** Bytes that a pull transfers: manifest, config and layers, as they are stored. */
  readonly bytes?: number;
}

/** What CreateManifestLists made. */
export interface CreateReport {
  readonly kind: 'create';
  readonly images: readonly ReportedImage[];
}

/** A certificate that signed something, each once in a report. */
export interface ReportedCertificate {
  /** SHA-256 in lower-case hex. */
  readonly thumbprint: string;
  /** `C=US, O=Contoso, CN=Build`. */
  readonly subject: string;
  /** Its last second, ISO-8601 in UTC. */
  readonly notAfter: string;
}

/** What became of the signature of a digest. */
export interface ReportedSignature {
  readonly repo: string;
  readonly digest: string;
  /** `kept`: an earlier run had signed it. */
  readonly state: 'signed' | 'kept' | 'failed';
  /** Thumbprint of the signing certificate. */
  readonly certificate?: string;
  /** ISO-8601 in UTC, as the signer claims it. */
  readonly signedAt?: string;
  /** Whether a time stamping authority vouches for the time. */
  readonly isTimestamped?: boolean;
  /** When that authority says that the signature was there, ISO-8601 in UTC; absent where nobody asked what it says. */
  readonly stampedAt?: string;
  /** Why there is none, in one line. */
  readonly reason?: string;
}

/** What SignImageInfo signed. */
export interface SignReport {
  readonly kind: 'sign';
  readonly images: readonly ReportedImage[];
  readonly certificates: readonly ReportedCertificate[];
  readonly signatures: readonly ReportedSignature[];
}

/** What became of the content of a digest at the target. */
export interface ReportedCopy {
  readonly repo: string;
  readonly digest: string;
  /** `kept`: it was there already. */
  readonly state: 'copied' | 'kept';
}

/** A tag at the target, which points to the digest now. */
export interface ReportedTag {
  readonly repo: string;
  readonly tag: string;
  readonly digest: string;
  /** Where it pointed before; absent for a new tag. */
  readonly previousDigest?: string;
  /** There is no such tag any more; it pointed to the digest. */
  readonly isGone?: boolean;
}

/** What of a row in image-info is not as it was published. */
export type ReportedPart = 'content' | 'base image' | 'commit' | 'tags';

/** A digest of the release against the image-info that was published before. */
export interface ReportedRow {
  readonly repo: string;
  readonly digest: string;
  /** What it replaces; absent for what was not published before. */
  readonly previousDigest?: string;
  /** What differs, empty for what is as it was. */
  readonly changed: readonly ReportedPart[];
}

/** What a release changed in the published image-info. */
export interface ReportedBaseline {
  readonly rows: readonly ReportedRow[];
  /** What the release displaced without replacing it, in words. */
  readonly displaced: readonly string[];
}

/** What PublishArtifacts published, or put back. */
export interface PublishReport {
  readonly kind: 'publish';
  readonly images: readonly ReportedImage[];
  /** Where to, host and prefix: `example.azurecr.io/public`. */
  readonly target: string;
  readonly copies: readonly ReportedCopy[];
  readonly tags: readonly ReportedTag[];
  /** Absent where no published image-info was given. */
  readonly baseline?: ReportedBaseline;
  /** When the publish began that this one undid, ISO-8601 in UTC; absent where nothing was undone. */
  readonly undone?: string;
}

/** What a task has to tell. */
export type TaskReport = CreateReport | SignReport | PublishReport;

/** A report as it is attached. */
export type ReportDocument = TaskReport & {
  readonly version: typeof REPORT_VERSION;
  readonly source: ReportSource;
  /** When the step ended, ISO-8601 in UTC. */
  readonly createdAt: string;
};
