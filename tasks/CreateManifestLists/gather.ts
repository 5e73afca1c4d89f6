import { dirname, join } from 'node:path';
import { mapLimit } from '../../shared/core/concurrency.ts';
import { TaskError, definite } from '../../shared/core/errors.ts';
import { LONG_LIST_FILE } from '../../shared/core/long-list.ts';
import { orThrow } from '../../shared/core/result.ts';
import { withSlashes } from '../../shared/core/slashes.ts';
import type { SyndicatedTags } from '../../shared/build-manifest/syndication.ts';
import {
  contestedFiles,
  describedPlatforms,
  latestAttempts,
} from '../../shared/image-info/attempts.ts';
import type { FoundFragment, LatestAttempts } from '../../shared/image-info/attempts.ts';
import { checkedImageDigest } from '../../shared/image-info/image-digest.ts';
import type { ImageInfo, PlatformData } from '../../shared/image-info/model.ts';
import { parseImageInfo } from '../../shared/image-info/parse.ts';
import { repositoryAt } from '../../shared/oci/reference.ts';
import type { Repository } from '../../shared/oci/reference.ts';
import type { HandOverReader } from '../../shared/ports/artifacts.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { FileReader } from '../../shared/ports/files.ts';
import type { RegistryReader } from '../../shared/ports/registry.ts';
import { declarationsOf, incompleteLists, readDocuments } from './documents.ts';
import { refuseIncomplete, unmadeTags, withPlatforms } from './documents.ts';
import type { Documents } from './documents.ts';
import type { Inputs } from './inputs.ts';
import { wantedLists, withDigests } from './lists.ts';
import type { WantedList } from './lists.ts';
import { readMembers } from './members.ts';
import type { MemberRequest } from './members.ts';
import type { PlatformImage } from './platform-image.ts';
import { findSiblings, publishedLocation } from './siblings.ts';

/** Fragment files read at once. */
const FILES_AT_ONCE = 16;

const PLAN_FILE = 'plan.json';

type FragmentInputs = Pick<Inputs, 'fragmentRoot' | 'fragments' | 'fragmentArtifacts' | 'output'>;

/** What fragments are found with. */
export interface FragmentReaders {
  readonly files: FileReader;
  readonly handOver: Pick<HandOverReader, 'fragments'>;
}

/** What CreateManifestLists reads with. */
export interface Readers {
  readonly files: FileReader;
  readonly registry: RegistryReader;
  readonly clock: Clock;
  /** Told how many platform images have been read, and how many there are. */
  readonly onRead?: (done: number, total: number) => void;
}

/** A row of image-info that a list names, and the image that it is. */
export interface MemberFact {
  readonly row: PlatformData;
  readonly image: PlatformImage;
  /** Whether this run did not build it: it is at the published location. */
  readonly isImported: boolean;
}

/** A list with its platform images, in order. */
export interface ListFact extends WantedList {
  readonly entries: readonly MemberFact[];
}

/** All that the plan depends on. */
export interface Facts {
  /** The merged fragments, with the rows of imported platforms. */
  readonly imageInfo: ImageInfo;
  readonly lists: readonly ListFact[];
  /** Tags of platforms that the build manifest has in other repositories, too. */
  readonly unmadeTags: readonly SyndicatedTags[];
  readonly now: Date;
}

/** Fragments by the attempts that count. */
export interface FoundFragments extends LatestAttempts {
  /** Files of the task itself, which an earlier run may have left where patterns find them. */
  readonly own: readonly string[];
}

/** The fragments that the patterns match or that artifacts hold. */
export async function findFragments(
  { fragmentRoot, fragments, fragmentArtifacts, output }: FragmentInputs,
  { files, handOver }: FragmentReaders,
  signal: AbortSignal,
): Promise<FoundFragments> {
  const all =
    fragments.length > 0
      ? (await files.find(fragmentRoot, fragments)).map((path) => ({ path }))
      : await handOver.fragments(fragmentArtifacts, signal);
  const ownFiles = ownFilesOf(output);
  const isOwn = ({ path }: FoundFragment): boolean => ownFiles.includes(path);
  if (all.some(({ path }) => path === withSlashes(output))) await refuseFragment(output, files);
  const found = all.filter((file) => !isOwn(file));
  const described = await mapLimit(
    contestedFiles(found),
    async (file) => [file, await platformsIn(file, files, signal)] as const,
    { limit: FILES_AT_ONCE, signal },
  );
  const own = all.filter(isOwn).map(({ path }) => path);
  return { ...latestAttempts(found, new Map(described)), own };
}

/** What this task wrote has a plan beside it; anything else was written by a build job, and must not be replaced. */
async function refuseFragment(output: string, files: FileReader): Promise<void> {
  if (await files.isFile(join(dirname(output), PLAN_FILE))) return;
  throw new TaskError('INPUT_INVALID', `The output ${output} is a fragment of a build job.`, {
    hint: 'Give output another path, or leave it out.',
  });
}

/** What the task writes, as patterns find it. */
function ownFilesOf(output: string): readonly string[] {
  const beside = [PLAN_FILE, LONG_LIST_FILE].map((name) => join(dirname(output), name));
  return [output, ...beside].map(withSlashes);
}

/** A file that is no image-info describes nothing; that it is none is told if it counts. */
async function platformsIn(
  file: string,
  files: FileReader,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const document = parseImageInfo(await files.read(file, signal), file);
  return document.ok ? describedPlatforms(document.value) : new Set();
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
  const built = await readDocuments({ inputs, fragments }, readers.files, signal);
  const { documents, originOf } = await completed(built, { inputs, readers }, signal);
  const lists = listsOf(documents);
  const requests = lists.flatMap((list) => memberRequests(inputs, originOf, list));
  const { registry, onRead } = readers;
  const source = { registry, attestations: inputs.attestations };
  const images = await readMembers(
    requests,
    { ...source, ...(onRead === undefined ? {} : { onRead }) },
    signal,
  );
  const facts = requests.map(({ row, isImported }, index) => ({
    ...{ row, isImported },
    image: definite(images[index], 'the image of a row'),
  }));
  let next = 0;
  const withEntries = lists.map((list) => {
    next += list.members.length;
    return { ...list, entries: facts.slice(next - list.members.length, next) };
  });
  return {
    ...{ imageInfo: documents.imageInfo, lists: withEntries },
    ...{ unmadeTags: unmadeTags(documents), now },
  };
}

interface Completed {
  readonly documents: Documents;
  /** Where a row is published that this run has from there. */
  readonly originOf: (row: PlatformData) => Repository | undefined;
}

/** Does about missing platforms what the inputs ask for. */
async function completed(
  documents: Documents,
  { inputs, readers }: { readonly inputs: Inputs; readonly readers: Readers },
  signal: AbortSignal,
): Promise<Completed> {
  const incomplete = incompleteLists(documents);
  const asTheyAre = { documents, originOf: () => undefined };
  if (inputs.missingPlatforms === 'fail') refuseIncomplete(incomplete);
  if (inputs.missingPlatforms !== 'import' || incomplete.length === 0) return asTheyAre;
  // What the build recorded is compared with the manifest before rows are added that the manifest describes.
  listsOf(documents);
  const { imageInfo, declared } = documents;
  const { manifest, index } = definite(declared, 'the build manifest that says what is missing');
  const location = publishedLocation(inputs.published?.location, manifest);
  const source = { manifest, index, imageInfo, location, registry: readers.registry };
  const siblings = await findSiblings(incomplete, source, signal);
  const complete = withPlatforms(documents, siblings.imageInfo);
  refuseIncomplete(
    incompleteLists(complete),
    'Build the missing platforms in this run: image-info cannot tell them from others of their Dockerfile.',
  );
  const { origins } = siblings;
  const assignment = index.assign(complete.imageInfo);
  const originOf = (row: PlatformData): Repository | undefined => {
    // A row of the build may have taken in the one of the published image, which is the same then.
    if (!row.isUnchanged) return undefined;
    const found = assignment.platformsOf(row).find(({ platform }) => origins.has(platform));
    return found === undefined ? undefined : origins.get(found.platform);
  };
  return { documents: complete, originOf };
}

function listsOf(documents: Documents): readonly WantedList[] {
  const subject = 'The merged image-info';
  const lists = orThrow(wantedLists(documents.imageInfo, declarationsOf(documents)), {
    ...{ code: 'BUILD_MANIFEST_MISMATCH', subject },
    hint: 'Give the build manifest of the same commit, with the manifestVariables that the build jobs had.',
  });
  return orThrow(withDigests(lists), {
    ...{ code: 'IMAGE_INFO_INVALID', subject },
    hint: 'Let the build job push the image and write its digest into image-info.',
  });
}

interface RowRequest extends MemberRequest {
  readonly isImported: boolean;
}

/** A row of the build is looked for in its own repository, then in the one that its digest names. */
function memberRequests(
  { registry: { location } }: Inputs,
  originOf: Completed['originOf'],
  { repo, members }: WantedList,
): readonly RowRequest[] {
  return members.map((row) => {
    const { repo: namedRepo, digest } = checkedImageDigest(row.digest);
    const origin = originOf(row);
    const names = [...new Set([repo, namedRepo])];
    const built: readonly Repository[] = names.map((name) => repositoryAt(location, name));
    const repositories = origin === undefined ? built : [origin];
    return { repositories, digest, row, isImported: origin !== undefined };
  });
}
