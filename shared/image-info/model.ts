import type { JsonObject } from '../core/json.ts';

/**
 * The hand-over document `image-info.json`, schema 2.0: every image of a release with its digests and tags.
 *
 * Lists that the file leaves out are empty here, flags are false; members that we do not know are kept.
 */
export interface ImageInfo extends JsonObject {
  readonly schemaVersion: '2.0';
  readonly repos: readonly RepoData[];
}

/** The images of one repository; `repo` is the public name without registry and prefix: `dotnet/runtime`. */
export interface RepoData extends JsonObject {
  readonly repo: string;
  readonly images: readonly ImageData[];
}

/** One image: its platforms, and the manifest list over them when the image has shared tags. */
export interface ImageData extends JsonObject {
  readonly productVersion?: string;
  readonly manifest?: ManifestData;
  readonly platforms: readonly PlatformData[];
}

/** The manifest list of an image; `digest` and `created` are absent until the list is made. */
export interface ManifestData extends JsonObject {
  /** Public name and digest, `mcr.example/app@sha256:…`; absent or empty while there is no list. */
  readonly digest?: string;
  /** The list in other repositories, `mcr.example/other@sha256:…`. */
  readonly syndicatedDigests: readonly string[];
  /** ISO-8601 in UTC with up to seven fraction digits; kept as text. */
  readonly created?: string;
  readonly sharedTags: readonly string[];
}

/** The image of one platform. */
export interface PlatformData extends JsonObject {
  /** Path from the folder of the build manifest, forward slashes, with the file name. */
  readonly dockerfile: string;
  /** Tags of this platform alone; empty for a tagless platform. */
  readonly simpleTags: readonly string[];
  /** Public name and digest, `mcr.example/app@sha256:…`; may be empty. */
  readonly digest: string;
  readonly baseImageDigest?: string;
  /** `Linux` or `Windows`. */
  readonly osType: string;
  /** A label such as `noble` or `nanoserver-ltsc2022`, not a version. */
  readonly osVersion: string;
  /** `amd64`, `arm32`, `arm64`. */
  readonly architecture: string;
  /** ISO-8601 in UTC with up to seven fraction digits; kept as text. */
  readonly created?: string;
  readonly commitUrl: string;
  /** Top layer first, the reverse of an OCI manifest. */
  readonly layers: readonly LayerData[];
  /** The build reused a published image; only build-internal files say so. */
  readonly isUnchanged: boolean;
}

/** A layer; `size` is in bytes and 0 when unknown. */
export interface LayerData extends JsonObject {
  readonly digest: string;
  readonly size: number;
}
