import type { ImageData, ImageInfo, RepoData } from './model.ts';

/** A manifest list that was made: digests with their public names, `mcr.example/app@sha256:…`. */
export interface ListRecord {
  readonly digest: string;
  /** As `formatCreated` gives it; one moment for all lists of a run. */
  readonly created: string;
  /** The tags the list was made under. */
  readonly sharedTags: readonly string[];
  /** The list in other repositories; replaces what was recorded before. */
  readonly syndicatedDigests: readonly string[];
}

/** The document with the lists recorded in their images; an image without a record stays as it is. */
export function withLists(
  info: ImageInfo,
  recordOf: (repo: RepoData, image: ImageData) => ListRecord | undefined,
): ImageInfo {
  const repos = info.repos.map((repo) => ({
    ...repo,
    images: repo.images.map((image) => withList(image, recordOf(repo, image))),
  }));
  return { ...info, repos };
}

/** A time as image-info writes it: ISO-8601 in UTC without trailing zeros in the fraction. */
export function formatCreated(date: Date): string {
  return date.toISOString().replace(/\.?0*Z$/, 'Z');
}

function withList(image: ImageData, record: ListRecord | undefined): ImageData {
  return record === undefined ? image : { ...image, manifest: { ...image.manifest, ...record } };
}
