import { mapLimit } from '../../shared/core/concurrency.ts';
import { TaskError } from '../../shared/core/errors.ts';
import { allOf, orThrow } from '../../shared/core/result.ts';
import { counted } from '../../shared/core/text.ts';
import { incompleteImages, indexManifest } from '../../shared/build-manifest/match.ts';
import type { BuildManifest, ManifestPlatform } from '../../shared/build-manifest/model.ts';
import { latestAttempts } from '../../shared/image-info/attempts.ts';
import type { LatestAttempts } from '../../shared/image-info/attempts.ts';
import { checkedImageDigest } from '../../shared/image-info/image-digest.ts';
import { mergeFragments } from '../../shared/image-info/merge.ts';
import type { MergeOptions } from '../../shared/image-info/merge.ts';
import type { ImageInfo } from '../../shared/image-info/model.ts';
import { parseImageInfo } from '../../shared/image-info/parse.ts';
import type { Descriptor } from '../../shared/oci/descriptor.ts';
import { repositoryAt } from '../../shared/oci/reference.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { FileReader } from '../../shared/ports/files.ts';
import type { RegistryReader } from '../../shared/ports/registry.ts';
import { readBuildManifest } from './build-manifest-files.ts';
import type { Inputs } from './inputs.ts';
import { wantedLists } from './lists.ts';
import type { Declarations, WantedList } from './lists.ts';
import { readMembers } from './members.ts';
import type { MemberRequest } from './members.ts';

/** Fragment files read at once. */
const FILES_AT_ONCE = 16;

/** What CreateManifestLists reads with. */
export interface Readers {
  readonly files: FileReader;
  readonly registry: RegistryReader;
  readonly clock: Clock;
}

/** A list with the descriptors of its platform images, in order. */
export interface ListFact extends WantedList {
  readonly entries: readonly Descriptor[];
}

/** All that the plan depends on. */
export interface Facts {
  /** The merged fragments. */
  readonly imageInfo: ImageInfo;
  readonly lists: readonly ListFact[];
  readonly now: Date;
}

/** The fragments that the patterns match, by the attempts that count. */
export async function findFragments(
  { fragmentRoot, fragments }: Pick<Inputs, 'fragmentRoot' | 'fragments'>,
  files: FileReader,
): Promise<LatestAttempts> {
  return latestAttempts(await files.find(fragmentRoot, fragments));
}

/** What to gather from: the inputs and the fragments found. */
export interface GatherRequest {
  readonly inputs: Inputs;
  readonly fragments: readonly string[];
}

/** Reads and merges fragments, decides which lists they need, and looks at every platform image of those. */
export async function gatherFacts(
  { inputs, fragments }: GatherRequest,
  readers: Readers,
  signal: AbortSignal,
): Promise<Facts> {
  const now = readers.clock.now();
  const { imageInfo, declarations } = await readDocuments({ inputs, fragments }, readers, signal);
  const lists = orThrow(wantedLists(imageInfo, declarations), {
    code: 'BUILD_MANIFEST_MISMATCH',
    subject: 'The merged image-info',
    hint: 'Give the build manifest of the same commit, with the manifestVariables that the build jobs had.',
  });
  if (inputs.missingPlatforms === 'fail') refuseIncomplete(lists);
  const requests = lists.map((list) => memberRequests(inputs, list));
  const members = await readMembers(requests.flat(), readers.registry, signal);
  let next = 0;
  const withEntries = lists.map((list) => {
    const entries = members.slice(next, next + list.members.length);
    next += list.members.length;
    return { ...list, entries };
  });
  return { imageInfo, lists: withEntries, now };
}

interface Documents {
  readonly imageInfo: ImageInfo;
  readonly declarations: Declarations;
}

async function readDocuments(
  { inputs, fragments }: GatherRequest,
  { files }: Readers,
  signal: AbortSignal,
): Promise<Documents> {
  if (inputs.manifest === undefined) {
    const imageInfo = await readFragments(fragments, {}, { files, signal });
    return { imageInfo, declarations: () => 'no-manifest' };
  }
  const manifest = await readBuildManifest(inputs.manifest, inputs.manifestVariables, {
    files,
    signal,
  });
  const index = indexManifest(manifest);
  const imageKeyOf: MergeOptions['imageKeyOf'] = (repo, image) => index.keyOf(repo, image);
  const imageInfo = await readFragments(fragments, { imageKeyOf }, { files, signal });
  return { imageInfo, declarations: declarationsOf(manifest, imageInfo) };
}

async function readFragments(
  fragments: readonly string[],
  options: MergeOptions,
  { files, signal }: { readonly files: FileReader; readonly signal: AbortSignal },
): Promise<ImageInfo> {
  const read = await mapLimit(
    fragments,
    async (file) => ({ file, document: parseImageInfo(await files.read(file, signal), file) }),
    { limit: FILES_AT_ONCE, signal },
  );
  orThrow(allOf(read.map(({ document }) => document)), {
    code: 'IMAGE_INFO_INVALID',
    subject: 'The image-info of the build jobs',
  });
  const valid = read.flatMap(({ file, document }) =>
    document.ok ? [{ file, imageInfo: document.value }] : [],
  );
  return orThrow(mergeFragments(valid, options), {
    code: 'IMAGE_INFO_CONFLICT',
    subject: 'The image-info of the build jobs',
    hint: 'Build each platform in one job only, and give the fragments of one run only.',
  });
}

function declarationsOf(manifest: BuildManifest, info: ImageInfo): Declarations {
  const index = indexManifest(manifest);
  const missing = new Map(
    incompleteImages(manifest, info, index).map((one) => [one.image, one.missing]),
  );
  return (repo, image) => {
    const declared = index.imageOf(repo, image);
    if (declared === undefined) return 'unknown';
    return {
      sharedTags: declared.sharedTags.map(({ name }) => name),
      missing: (missing.get(declared) ?? []).map(describePlatform),
      syndicatedTo: declared.sharedTags.flatMap(({ syndication }) => syndication?.repo ?? []),
    };
  };
}

function describePlatform({ osType, architecture, variant, dockerfile }: ManifestPlatform): string {
  const platform = [
    osType.toLowerCase(),
    architecture,
    ...(variant === undefined ? [] : [variant]),
  ];
  return `${platform.join('/')} (${dockerfile})`;
}

function refuseIncomplete(lists: readonly WantedList[]): void {
  const incomplete = lists.filter(({ missing }) => missing.length > 0);
  if (incomplete.length === 0) return;
  const lines = incomplete.map(
    ({ repo, tags, missing }) => `  ${repo}:${tags[0] ?? ''} lacks ${missing.join(', ')}`,
  );
  throw new TaskError(
    'PLATFORM_MISSING',
    `${counted(incomplete.length, 'manifest list')} would be incomplete:\n${lines.join('\n')}`,
    {
      hint: 'Build the missing platforms in this run, or set missingPlatforms to allow incomplete lists.',
    },
  );
}

function memberRequests(inputs: Inputs, { repo, members }: WantedList): readonly MemberRequest[] {
  const repository = repositoryAt(inputs.registry.location, repo);
  return members.map((row) => ({
    repository,
    digest: checkedImageDigest(row.digest).digest,
    row,
  }));
}
