import { mapLimit } from '../../shared/core/concurrency.ts';
import { LongListError } from '../../shared/core/long-list.ts';
import { allOf, orThrow } from '../../shared/core/result.ts';
import { counted } from '../../shared/core/text.ts';
import { incompleteImages, indexManifest } from '../../shared/build-manifest/match.ts';
import type { IncompleteImage, ManifestIndex } from '../../shared/build-manifest/match.ts';
import type {
  BuildManifest,
  ManifestImage,
  ManifestPlatform,
} from '../../shared/build-manifest/model.ts';
import { readBuildManifest } from '../../shared/build-manifest/read.ts';
import { syndicatedTags } from '../../shared/build-manifest/syndication.ts';
import type { SyndicatedTags } from '../../shared/build-manifest/syndication.ts';
import { mergeFragments } from '../../shared/image-info/merge.ts';
import type { Fragment, MergeOptions } from '../../shared/image-info/merge.ts';
import type { ImageData, ImageInfo, PlatformData } from '../../shared/image-info/model.ts';
import { parseImageInfo } from '../../shared/image-info/parse.ts';
import type { FileReader } from '../../shared/ports/files.ts';
import type { Inputs } from './inputs.ts';
import type { Declarations, SyndicatedList } from './lists.ts';

/** Fragment files read at once. */
const FILES_AT_ONCE = 16;

/** A build manifest with the index that finds what it declares. */
export interface Declared {
  readonly manifest: BuildManifest;
  readonly index: ManifestIndex;
}

/** What the build jobs wrote, merged, and what the build manifest declares when there is one. */
export interface Documents {
  readonly imageInfo: ImageInfo;
  readonly declared: Declared | undefined;
}

/** What to read: inputs and the fragments found. */
export interface DocumentRequest {
  readonly inputs: Pick<Inputs, 'manifest' | 'manifestVariables'>;
  readonly fragments: readonly string[];
}

/** Reads the build manifest, if there is one, and reads and merges the fragments. */
export async function readDocuments(
  { inputs, fragments }: DocumentRequest,
  files: FileReader,
  signal: AbortSignal,
): Promise<Documents> {
  const declared = await readDeclared(inputs, files, signal);
  const read = await mapLimit(
    fragments,
    async (file) => ({ file, document: parseImageInfo(await files.read(file, signal), file) }),
    { limit: FILES_AT_ONCE, signal },
  );
  orThrow(allOf(read.map(({ document }) => document)), {
    code: 'IMAGE_INFO_INVALID',
    subject: 'The image-info of the build jobs',
    hint: 'Check that the input finds image-info files only, and correct what writes them.',
  });
  const valid = read.flatMap(({ file, document }) =>
    document.ok ? [{ file, imageInfo: document.value }] : [],
  );
  return { imageInfo: merged(valid, declared), declared };
}

/** The documents with platforms that another registry has; they never replace what the build jobs say. */
export function withPlatforms(documents: Documents, platforms: ImageInfo): Documents {
  // Later names win where both say something, and the parenthesis comes before every letter.
  const parts = [
    { file: '(the published images)', imageInfo: platforms },
    { file: 'the build jobs', imageInfo: documents.imageInfo },
  ];
  return { ...documents, imageInfo: merged(parts, documents.declared) };
}

/** Declared images with shared tags of which this run built some platforms, but not all. */
export function incompleteLists({ imageInfo, declared }: Documents): readonly IncompleteImage[] {
  if (declared === undefined) return [];
  return incompleteImages(declared.manifest, imageInfo, declared.index).filter(
    ({ image }) => image.sharedTags.length > 0,
  );
}

/**
 * Refuses a build that lacks platforms.
 *
 * @throws TaskError `PLATFORM_MISSING` that lists every incomplete list with its platforms
 */
export function refuseIncomplete(
  incomplete: readonly IncompleteImage[],
  hint = 'Build the missing platforms in this run, or set missingPlatforms to import them from where they are published.',
): void {
  if (incomplete.length === 0) return;
  throw new LongListError({
    code: 'PLATFORM_MISSING',
    summary: `${counted(incomplete.length, 'manifest list')} would be incomplete`,
    lines: incomplete.map(
      ({ image, missing }) =>
        `${listName(image)} lacks ${missing.map(describePlatform).join(', ')}`,
    ),
    hint,
  });
}

/** What the build manifest declares for each image of the documents. */
export function declarationsOf(documents: Documents): Declarations {
  const { declared } = documents;
  if (declared === undefined) return () => 'no-manifest';
  const missing = new Map(incompleteLists(documents).map((one) => [one.image, one.missing]));
  const assignment = declared.index.assign(documents.imageInfo);
  return (repo, image) => {
    const found = assignment.imageOf(image) ?? declared.index.imageOf(repo, image);
    if (found === undefined) return 'unknown';
    const platformsOf = (row: PlatformData): readonly ManifestPlatform[] =>
      assignment.platformsOf(row).flatMap((match) => (match.image === found ? match.platform : []));
    return {
      sharedTags: found.sharedTags.map(({ name }) => name),
      undeclared: image.platforms
        .filter((row) => platformsOf(row).length === 0)
        .map((row) => ({ row, rival: assignment.rivalOf(row) })),
      missing: (missing.get(found) ?? []).map(describePlatform),
      syndicated: syndicatedLists(found, image, platformsOf),
    };
  };
}

/**
 * Tags that platforms of the documents are declared to have in other repositories. They are not made there: image-info
 * has no place for them, so PublishArtifacts could not know of them.
 */
export function unmadeTags({ imageInfo, declared }: Documents): readonly SyndicatedTags[] {
  if (declared === undefined) return [];
  const assignment = declared.index.assign(imageInfo);
  const tags = imageInfo.repos.flatMap(({ images }) =>
    images.flatMap(({ platforms }) =>
      platforms.flatMap((row) => assignment.platformsOf(row)[0]?.platform.tags ?? []),
    ),
  );
  return syndicatedTags(tags);
}

/** A list as people know it, by its first tag in the order of the manifest: `dotnet/runtime:9.0`. */
export function listName({ repo, sharedTags }: ManifestImage): string {
  return `${repo}:${sharedTags[0]?.name ?? ''}`;
}

/** A declared platform in words: `linux/arm64/v8 (src/noble/arm64v8/Dockerfile)`. */
export function describePlatform(platform: ManifestPlatform): string {
  const { osType, architecture, variant, dockerfile } = platform;
  const names = [osType.toLowerCase(), architecture, ...(variant === undefined ? [] : [variant])];
  return `${names.join('/')} (${dockerfile})`;
}

async function readDeclared(
  { manifest: path, manifestVariables }: DocumentRequest['inputs'],
  files: FileReader,
  signal: AbortSignal,
): Promise<Declared | undefined> {
  if (path === undefined) return undefined;
  const manifest = await readBuildManifest(path, manifestVariables, { files, signal });
  return { manifest, index: indexManifest(manifest) };
}

function merged(parts: readonly Fragment[], declared: Declared | undefined): ImageInfo {
  const options: MergeOptions =
    declared === undefined
      ? {}
      : { imageKeyOf: (repo, image) => declared.index.keyOf(repo, image) };
  return orThrow(mergeFragments(parts, options), {
    code: 'IMAGE_INFO_CONFLICT',
    subject: 'The image-info of the build jobs',
    hint: 'Build each platform in one job only, and give the fragments of one run only.',
  });
}

/**
 * Where else the shared tags of an image are, with the platforms that are syndicated there too: those with a tag of
 * their own there and those without any tag; all of them when the manifest syndicates no platform.
 *
 * Declared platforms decide, also those that were not built: a tag there must never stand for another platform.
 */
function syndicatedLists(
  { sharedTags, platforms: declared }: ManifestImage,
  { platforms }: ImageData,
  platformsOf: (row: PlatformData) => readonly ManifestPlatform[],
): readonly SyndicatedList[] {
  return syndicatedTags(sharedTags).map(({ repo, tags }) => {
    const isThere = ({ tags: own }: ManifestPlatform): boolean =>
      own.some(({ syndication }) => syndication?.repo === repo);
    const isAnyThere = declared.some(isThere);
    const isMember = (platform: ManifestPlatform): boolean =>
      !isAnyThere || isThere(platform) || platform.tags.length === 0;
    return { repo, tags, members: platforms.filter((row) => platformsOf(row).some(isMember)) };
  });
}
