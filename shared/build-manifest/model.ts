/** A build manifest (`manifest.json`) with its includes joined and its variables substituted. */
export interface BuildManifest {
  /** The public registry, `mcr.example`; empty when the manifest names none. */
  readonly registry: string;
  /** In order of first appearance, each name once. */
  readonly repos: readonly ManifestRepo[];
}

/** A repository of the build manifest with its images. */
export interface ManifestRepo {
  /** The public name without registry and prefix: `dotnet/runtime`. */
  readonly name: string;
  /** What `$(Repo:<id>)` refers to; the name unless given. */
  readonly id: string;
  readonly images: readonly ManifestImage[];
}

/** A declared image; its identity is the object itself. */
export interface ManifestImage {
  /** Name of the repository that declares it. */
  readonly repo: string;
  readonly productVersion?: string;
  /** In the order of the manifest; a list is made when there is at least one. */
  readonly sharedTags: readonly ManifestTag[];
  readonly platforms: readonly ManifestPlatform[];
}

/** A declared platform of an image, in the words of image-info. */
export interface ManifestPlatform {
  /** The path as written, with forward slashes: a Dockerfile or the folder of one. */
  readonly declaredPath: string;
  /** The most likely path of the Dockerfile. */
  readonly dockerfile: string;
  /** Every path that image-info may use for it, `dockerfile` first. */
  readonly dockerfileCandidates: readonly string[];
  /** As in image-info: `amd64`, `arm32`, `arm64`. */
  readonly architecture: string;
  /** `v7`, `v8`; image-info does not tell variants apart. */
  readonly variant?: string;
  readonly osType: 'Linux' | 'Windows';
  readonly osVersion: string;
  /** In the order of the manifest; empty for a tagless platform. */
  readonly tags: readonly ManifestTag[];
  readonly buildArgs: Readonly<Record<string, string>>;
}

/** A tag with its variables filled in, e.g. `{ name: '8.0-noble' }`. */
export interface ManifestTag {
  readonly name: string;
  readonly syndication?: TagSyndication;
}

/** Where else a tag is published; destination tags are the tag's own name unless given. */
export interface TagSyndication {
  readonly repo: string;
  readonly destinationTags: readonly string[];
}
