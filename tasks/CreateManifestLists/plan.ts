import { definite } from '../../shared/core/errors.ts';
import { checkedImageDigest, formatImageDigest } from '../../shared/image-info/image-digest.ts';
import type { ImageData, ImageInfo } from '../../shared/image-info/model.ts';
import { formatCreated, withLists } from '../../shared/image-info/with-lists.ts';
import { formatPlatform, samePlatform } from '../../shared/oci/descriptor.ts';
import type { Descriptor } from '../../shared/oci/descriptor.ts';
import type { Digest } from '../../shared/oci/digest.ts';
import { buildIndex } from '../../shared/oci/index-document.ts';
import { repositoryAt } from '../../shared/oci/reference.ts';
import type { Repository } from '../../shared/oci/reference.ts';
import type { Facts, ListFact } from './gather.ts';
import type { Inputs } from './inputs.ts';

/** A manifest list to put, with the exact bytes it will have. */
export interface ListStep {
  readonly repository: Repository;
  readonly tags: readonly string[];
  readonly mediaType: string;
  readonly digest: Digest;
  /** The index as text in UTF-8. */
  readonly content: string;
  readonly platforms: readonly { readonly platform: string; readonly digest: Digest }[];
}

/** What a run will do: the lists to put, and the image-info that records them. */
export interface Plan {
  readonly lists: readonly ListStep[];
  readonly warnings: readonly string[];
  readonly imageInfo: ImageInfo;
}

type PlanOptions = Pick<Inputs, 'registry' | 'mediaType' | 'annotations'>;

/**
 * Decides the bytes of every list. They follow from the descriptors alone, so the digests that image-info will
 * record are known before anything is put.
 */
export function planLists(facts: Facts, options: PlanOptions): Plan {
  const created = formatCreated(facts.now);
  const steps = new Map<ImageData, ListStep>(
    facts.lists.map((list) => [list.image, listStep(list, options)]),
  );
  const imageInfo = withLists(facts.imageInfo, (repo, image) => {
    const step = steps.get(image);
    if (step === undefined) return undefined;
    const first = definite(image.platforms[0], 'the first platform of a list');
    const { registry } = checkedImageDigest(first.digest);
    return {
      digest: formatImageDigest({ registry, repo: repo.repo, digest: step.digest }),
      created,
      sharedTags: step.tags,
      syndicatedDigests: [],
    };
  });
  return { lists: [...steps.values()], warnings: facts.lists.flatMap(warningsOf), imageInfo };
}

function listStep(list: ListFact, { registry, mediaType, annotations }: PlanOptions): ListStep {
  const index = buildIndex({
    entries: list.entries,
    mediaType,
    annotations: Object.fromEntries(annotations),
  });
  return {
    repository: repositoryAt(registry.location, list.repo),
    tags: list.tags,
    mediaType: index.descriptor.mediaType,
    digest: index.descriptor.digest,
    content: new TextDecoder().decode(index.bytes),
    platforms: list.entries.map((entry) => ({
      platform: platformText(entry),
      digest: entry.digest,
    })),
  };
}

function platformText({ platform }: Descriptor): string {
  return formatPlatform(definite(platform, 'the platform of an entry'));
}

function warningsOf(list: ListFact): readonly string[] {
  const name = `${list.repo}:${list.tags[0] ?? ''}`;
  const missing = list.missing.map((platform) => `${name} lacks ${platform}.`);
  const twins = list.entries.flatMap((entry, index) => {
    const earlier = list.entries.slice(0, index).find((other) => areTwins(entry, other));
    if (earlier === undefined) return [];
    return [
      `${name} has ${platformText(entry)} twice, ${earlier.digest} and ${entry.digest}: hosts take the first.`,
    ];
  });
  const syndicated = list.syndicatedTo.map(
    (repo) => `${name} is not created in ${repo}: this version makes no syndicated lists.`,
  );
  return [...missing, ...twins, ...new Set(syndicated)];
}

function areTwins(one: Descriptor, other: Descriptor): boolean {
  if (one.platform === undefined || other.platform === undefined) return false;
  return one.digest !== other.digest && samePlatform(one.platform, other.platform);
}
