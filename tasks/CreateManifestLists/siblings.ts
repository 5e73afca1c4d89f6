import { mapLimit } from '../../shared/core/concurrency.ts';
import { LongListError } from '../../shared/core/long-list.ts';
import { orThrow, problem } from '../../shared/core/result.ts';
import { counted } from '../../shared/core/text.ts';
import { equivalentVersions } from '../../shared/build-manifest/match.ts';
import type { IncompleteImage } from '../../shared/build-manifest/match.ts';
import type {
  BuildManifest,
  ManifestImage,
  ManifestPlatform,
} from '../../shared/build-manifest/model.ts';
import { checkedImageDigest, formatImageDigest } from '../../shared/image-info/image-digest.ts';
import type { ImageInfo, PlatformData } from '../../shared/image-info/model.ts';
import type { Digest } from '../../shared/oci/digest.ts';
import { formatReference, parseRegistryHost, repositoryAt } from '../../shared/oci/reference.ts';
import type { Location, Repository } from '../../shared/oci/reference.ts';
import type { RegistryReader } from '../../shared/ports/registry.ts';
import { describePlatform, listName } from './documents.ts';

/** Tags resolved at once; the registry client bounds what is in flight for each host. */
const TAGS_AT_ONCE = 16;

/** Platforms that this run did not build, as they are published. */
export interface Siblings {
  /** Rows for image-info, marked as unchanged. */
  readonly imageInfo: ImageInfo;
  /** Where a digest of these rows is, by `siblingKey`. */
  readonly origins: ReadonlyMap<string, Repository>;
}

/** What siblings are looked for with. */
export interface SiblingSource {
  readonly manifest: BuildManifest;
  /** The image-info of the build, whose public registry the new rows name. */
  readonly imageInfo: ImageInfo;
  readonly location: Location;
  readonly registry: RegistryReader;
}

/** Names a digest of a repository by its public name. */
export function siblingKey(repo: string, digest: Digest): string {
  return `${repo}@${digest}`;
}

/**
 * Where images are published: what was given, else the registry that the build manifest names.
 *
 * @throws TaskError `INPUT_INVALID` when nothing says so
 */
export function publishedLocation(given: Location | undefined, manifest: BuildManifest): Location {
  if (given !== undefined) return given;
  const name = 'publishedRegistry';
  const host =
    manifest.registry === ''
      ? problem(name, 'is required: the build manifest names no registry')
      : parseRegistryHost(manifest.registry, name);
  return {
    registry: orThrow(host, { code: 'INPUT_INVALID', subject: 'The task input' }),
    prefix: '',
  };
}

/**
 * The platforms that incomplete images lack, found under the tags that the build manifest declares for them.
 *
 * @throws TaskError `PLATFORM_MISSING` that lists every platform that is not published either
 */
export async function findSiblings(
  incomplete: readonly IncompleteImage[],
  source: SiblingSource,
  signal: AbortSignal,
): Promise<Siblings> {
  const wanted = incomplete.flatMap(({ image, missing }) =>
    missing.map((platform) => ({ image, platform })),
  );
  const found = await mapLimit(wanted, (one) => findSibling(one, source, signal), {
    limit: TAGS_AT_ONCE,
    signal,
  });
  const absent = found.flatMap((one) => (one.kind === 'absent' ? [one.line] : []));
  if (absent.length > 0) {
    throw new LongListError({
      code: 'PLATFORM_MISSING',
      summary: `${counted(absent.length, 'platform')} that this run did not build cannot be imported`,
      lines: absent,
      hint: 'Build these platforms in this run, or correct where they are published (publishedRegistry, publishedRepositoryPrefix).',
    });
  }
  const siblings = found.flatMap((one) => (one.kind === 'found' ? [one] : []));
  return {
    imageInfo: documentOf(siblings, source),
    origins: new Map(
      siblings.map(({ wanted: { image }, digest, repository }) => [
        siblingKey(image.repo, digest),
        repository,
      ]),
    ),
  };
}

interface Wanted {
  readonly image: ManifestImage;
  readonly platform: ManifestPlatform;
}

interface Found {
  readonly kind: 'found';
  readonly wanted: Wanted;
  readonly digest: Digest;
  readonly repository: Repository;
}

async function findSibling(
  wanted: Wanted,
  { manifest, location, registry }: SiblingSource,
  signal: AbortSignal,
): Promise<Found | { readonly kind: 'absent'; readonly line: string }> {
  const { image, platform } = wanted;
  const what = `${listName(image)} lacks ${describePlatform(platform)}: `;
  const tag = publishedTag(wanted, manifest);
  if (tag === undefined) return { kind: 'absent', line: `${what}no tag is declared for it` };
  const repository = repositoryAt(location, image.repo);
  const digest = await registry.resolveTag(repository, tag, signal);
  if (digest !== undefined) return { kind: 'found', wanted, digest, repository };
  return { kind: 'absent', line: `${what}${formatReference(repository, tag)} is not there` };
}

/** The first tag of a platform; a tagless one is the same image as one declared elsewhere in the repository. */
function publishedTag({ image, platform }: Wanted, manifest: BuildManifest): string | undefined {
  const [own] = platform.tags;
  if (own !== undefined) return own.name;
  const twins = manifest.repos
    .filter(({ name }) => name === image.repo)
    .flatMap(({ images }) => images)
    .filter(({ productVersion }) => equivalentVersions(productVersion, image.productVersion))
    .flatMap(({ platforms }) => platforms)
    .filter((other) => contentKey(other) === contentKey(platform));
  return twins.flatMap(({ tags }) => tags)[0]?.name;
}

/** Equal for platforms that one build makes. */
function contentKey(platform: ManifestPlatform): string {
  const { dockerfile, architecture, variant, osType, osVersion, buildArgs } = platform;
  const sortedArgs = Object.entries(buildArgs).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([dockerfile, architecture, variant, osType, osVersion, sortedArgs]);
}

function documentOf(siblings: readonly Found[], source: SiblingSource): ImageInfo {
  return {
    schemaVersion: '2.0',
    repos: siblings.map(({ wanted: { image, platform }, digest }) => ({
      repo: image.repo,
      images: [
        {
          ...(image.productVersion === undefined ? {} : { productVersion: image.productVersion }),
          // Its shared tags say which image a tagless platform is for, when several have it.
          manifest: { sharedTags: image.sharedTags.map(({ name }) => name), syndicatedDigests: [] },
          platforms: [rowOf(platform, publicName(image.repo, digest, source))],
        },
      ],
    })),
  };
}

/** The rows of the build say how the public registry is called, where they name one. */
function publicName(repo: string, digest: Digest, { imageInfo, manifest }: SiblingSource): string {
  const built = imageInfo.repos
    .filter((one) => one.repo === repo)
    .flatMap(({ images }) => images.flatMap(({ platforms }) => platforms))
    .find((row) => row.digest !== '');
  const registry =
    built === undefined ? manifest.registry : checkedImageDigest(built.digest).registry;
  return formatImageDigest({ registry, repo, digest });
}

function rowOf(platform: ManifestPlatform, digest: string): PlatformData {
  const { dockerfile, osType, osVersion, architecture, tags } = platform;
  return {
    ...{ dockerfile, simpleTags: tags.map(({ name }) => name), digest },
    ...{ osType, osVersion, architecture, commitUrl: '', layers: [], isUnchanged: true },
  };
}
