import { definite } from '../../shared/core/errors.ts';
import { groupBy } from '../../shared/core/group-by.ts';
import { sortedUnion } from '../../shared/core/order.ts';
import { checkedImageDigest, formatImageDigest } from '../../shared/image-info/image-digest.ts';
import type { ImageData, ImageInfo, PlatformData } from '../../shared/image-info/model.ts';
import { formatCreated, withLists } from '../../shared/image-info/with-lists.ts';
import { formatPlatform, samePlatform } from '../../shared/oci/descriptor.ts';
import type { Descriptor } from '../../shared/oci/descriptor.ts';
import type { Digest } from '../../shared/oci/digest.ts';
import { buildIndex } from '../../shared/oci/index-document.ts';
import { repositoryAt } from '../../shared/oci/reference.ts';
import type { Repository } from '../../shared/oci/reference.ts';
import { planCopies } from './copies.ts';
import type { CopyStep } from './copies.ts';
import { refuseOciImages } from './docker-lists.ts';
import type { Facts, ListFact, MemberFact } from './gather.ts';
import type { Inputs } from './inputs.ts';

/** A platform of a list, for people. */
export interface ListedPlatform {
  readonly platform: string;
  readonly digest: Digest;
  /** The index that the build pushed and that it was taken out of. */
  readonly takenFrom?: Digest;
  readonly isImported?: true;
}

/** A manifest list to put, with the exact bytes it will have. */
export interface ListStep {
  /** Public name of the repository. */
  readonly repo: string;
  readonly repository: Repository;
  readonly tags: readonly string[];
  readonly mediaType: string;
  readonly digest: Digest;
  /** The index as text in UTF-8. */
  readonly content: string;
  readonly platforms: readonly ListedPlatform[];
}

/** What a run will do: what to copy, the lists to put, and the image-info that records them. */
export interface Plan {
  /** Platform images that lists need and that are not in their repositories; in this order. */
  readonly copies: readonly CopyStep[];
  readonly lists: readonly ListStep[];
  readonly warnings: readonly string[];
  readonly imageInfo: ImageInfo;
}

type PlanOptions = Pick<Inputs, 'registry' | 'mediaType' | 'annotations'>;

/**
 * Decides the bytes of every list. They follow from the descriptors alone, so the digests that image-info will
 * record are known before anything is put.
 *
 * @throws TaskError `INPUT_INVALID` when Docker manifest lists are asked for and some of their images are OCI manifests
 */
export function planLists(facts: Facts, options: PlanOptions): Plan {
  if (options.mediaType === 'docker') refuseOciImages(facts.lists);
  const steps = new Map<ImageData, readonly ListStep[]>(
    facts.lists.map((list) => [list.image, listSteps(list, options)]),
  );
  const created = formatCreated(facts.now);
  const recorded = withLists(facts.imageInfo, (repo, image) => {
    const [own, ...syndicated] = steps.get(image) ?? [];
    if (own === undefined) return undefined;
    const first = definite(image.platforms[0], 'the first platform of a list');
    const { registry } = checkedImageDigest(first.digest);
    const nameOf = ({ digest }: ListStep, name: string): string =>
      formatImageDigest({ registry, repo: name, digest });
    return {
      digest: nameOf(own, repo.repo),
      created,
      sharedTags: own.tags,
      syndicatedDigests: sortedUnion(syndicated.map((step) => nameOf(step, step.repo))),
    };
  });
  return {
    copies: planCopies(facts.lists, options.registry.location),
    lists: [...steps.values()].flat(),
    warnings: [...facts.lists.flatMap(warningsOf), ...facts.unmadeTags.map(unmadeText)],
    imageInfo: withTakenImages(recorded, facts.lists),
  };
}

/** The list in its own repository, then the same where its tags are syndicated to. */
function listSteps(list: ListFact, options: PlanOptions): readonly ListStep[] {
  const places = list.syndicated.filter(({ members }) => members.length > 0);
  const syndicated = places.map(({ repo, tags, members }) => ({
    ...{ repo, tags },
    entries: list.entries.filter(({ row }) => members.includes(row)),
  }));
  return [list, ...syndicated].map((place) => listStep(place, options));
}

function listStep(
  { repo, tags, entries }: Pick<ListFact, 'repo' | 'tags' | 'entries'>,
  { registry, mediaType, annotations }: PlanOptions,
): ListStep {
  const images = entries.map(({ image }) => image);
  const index = buildIndex({
    // BuildKit lists what attests to images behind all of them.
    entries: [
      ...images.map(({ descriptor }) => descriptor),
      ...images.flatMap(({ attestations }) => attestations),
    ],
    mediaType,
    annotations: Object.fromEntries(annotations),
  });
  return {
    repo,
    repository: repositoryAt(registry.location, repo),
    tags,
    mediaType: index.descriptor.mediaType,
    digest: index.descriptor.digest,
    content: new TextDecoder().decode(index.bytes),
    platforms: distinct(entries).map(listedPlatform),
  };
}

/** As the index has them: each digest once, however many rows name it; what this run built is not imported. */
function distinct(entries: readonly MemberFact[]): readonly MemberFact[] {
  const byDigest = groupBy(entries, ({ image }) => image.descriptor.digest);
  return [...byDigest.values()].flatMap((same) =>
    same.slice(0, 1).map((entry) => ({
      ...entry,
      isImported: same.every(({ isImported }) => isImported),
    })),
  );
}

function listedPlatform({ image, isImported }: MemberFact): ListedPlatform {
  return {
    platform: platformText(image.descriptor),
    digest: image.descriptor.digest,
    ...(image.index === undefined ? {} : { takenFrom: image.index }),
    ...(isImported ? { isImported } : {}),
  };
}

/** Rows whose digest was that of an index name the image that was taken out of it, as the list does. */
function withTakenImages(info: ImageInfo, lists: readonly ListFact[]): ImageInfo {
  const taken = new Map<PlatformData, Digest>(
    lists.flatMap(({ entries }) =>
      entries.flatMap(({ row, image }) =>
        image.index === undefined ? [] : [[row, image.descriptor.digest] as const],
      ),
    ),
  );
  if (taken.size === 0) return info;
  const rowOf = (row: PlatformData): PlatformData => {
    const digest = taken.get(row);
    if (digest === undefined) return row;
    return { ...row, digest: formatImageDigest({ ...checkedImageDigest(row.digest), digest }) };
  };
  const repos = info.repos.map((repo) => ({
    ...repo,
    images: repo.images.map((image) => ({ ...image, platforms: image.platforms.map(rowOf) })),
  }));
  return { ...info, repos };
}

function platformText({ platform }: Descriptor): string {
  return formatPlatform(definite(platform, 'the platform of an entry'));
}

function warningsOf(list: ListFact): readonly string[] {
  const name = `${list.repo}:${list.tags[0] ?? ''}`;
  const missing = list.missing.map((platform) => `${name} lacks ${platform}.`);
  const unmade = list.syndicated
    .filter(({ members }) => members.length === 0)
    .map(
      ({ repo, tags }) =>
        `${repo}:${tags.join(', ')} is not made: this run has none of the platforms that are syndicated there.`,
    );
  const images = distinct(list.entries).map(({ image }) => image.descriptor);
  const twins = images.flatMap((entry, index) => {
    const earlier = images.slice(0, index).find((other) => areTwins(entry, other));
    if (earlier === undefined) return [];
    return [
      `${name} has ${platformText(entry)} twice, ${earlier.digest} and ${entry.digest}: hosts take the first.`,
    ];
  });
  return [...missing, ...unmade, ...twins];
}

function unmadeText({ repo, tags }: Facts['unmadeTags'][number]): string {
  return `${repo} does not get ${tags.join(', ')}: tags of platforms are not syndicated, only shared tags.`;
}

function areTwins(one: Descriptor, other: Descriptor): boolean {
  if (one.platform === undefined || other.platform === undefined) return false;
  return one.digest !== other.digest && samePlatform(one.platform, other.platform);
}
