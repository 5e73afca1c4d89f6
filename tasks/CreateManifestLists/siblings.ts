import { mapLimit } from '../../shared/core/concurrency.ts';
import { LongListError } from '../../shared/core/long-list.ts';
import { orThrow, problem } from '../../shared/core/result.ts';
import { counted } from '../../shared/core/text.ts';
import type { PlatformMatch } from '../../shared/build-manifest/lookup.ts';
import type { IncompleteImage } from '../../shared/build-manifest/match.ts';
import type { BuildManifest, ManifestPlatform } from '../../shared/build-manifest/model.ts';
import { checkedImageDigest, formatImageDigest } from '../../shared/image-info/image-digest.ts';
import type { ImageInfo, PlatformData } from '../../shared/image-info/model.ts';
import type { Digest } from '../../shared/oci/digest.ts';
import { formatReference, parseRegistryHost, repositoryAt } from '../../shared/oci/reference.ts';
import type { Location, Repository } from '../../shared/oci/reference.ts';
import type { RegistryReader } from '../../shared/ports/registry.ts';
import { describePlatform, listName } from './documents.ts';
import { findTwins } from './twins.ts';
import type { TwinSource, Twins } from './twins.ts';

/** Tags resolved at once; the registry client bounds what is in flight for each host. */
const TAGS_AT_ONCE = 16;

/** Platforms that this run has no row for. */
export interface Siblings {
  /**
   * Rows for image-info: as they are published, marked as unchanged, and without a tag for what this run built under
   * tags.
   */
  readonly imageInfo: ImageInfo;
  /** Where declared platforms are published that are taken from there. */
  readonly origins: ReadonlyMap<ManifestPlatform, Repository>;
}

/** What siblings are looked for with; new rows name the public registry that those of the build name. */
export interface SiblingSource extends TwinSource {
  readonly location: Location;
  readonly registry: RegistryReader;
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
 * The platforms that incomplete images lack, found under the tags that the build manifest declares for them. One
 * without tags is what this run built of the same content: what is published under that tag may be older.
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
  const twins = findTwins(source);
  const find = async (one: PlatformMatch): Promise<Finding> =>
    builtTwin(one, twins) ?? findPublished(one, twins.tagOf(one), { source, signal });
  const found = await mapLimit(wanted, find, {
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
  const siblings = found.flatMap((one) => (one.kind === 'absent' ? [] : [one]));
  return {
    imageInfo: documentOf(siblings, publicRegistries(source)),
    origins: new Map(
      siblings.flatMap((one) =>
        one.kind === 'published' ? [[one.wanted.platform, one.repository] as const] : [],
      ),
    ),
  };
}

/** A platform of which this run built the image, under tags or for another list. */
interface Built {
  readonly kind: 'built';
  readonly wanted: PlatformMatch;
  readonly row: PlatformData;
}

interface Published {
  readonly kind: 'published';
  readonly wanted: PlatformMatch;
  readonly digest: Digest;
  readonly repository: Repository;
}

type Finding = Built | Published | { readonly kind: 'absent'; readonly line: string };

function builtTwin(wanted: PlatformMatch, { rowOf }: Twins): Built | undefined {
  const { dockerfile, tags } = wanted.platform;
  if (tags.length > 0) return undefined;
  const row = rowOf(wanted);
  if (row === undefined) return undefined;
  return { kind: 'built', wanted, row: { ...row, dockerfile, simpleTags: [] } };
}

/** Looks under the first tag of a platform, or of one that is the same image where it has none. */
async function findPublished(
  wanted: PlatformMatch,
  twinTag: string | undefined,
  {
    source: { location, registry },
    signal,
  }: { readonly source: SiblingSource; readonly signal: AbortSignal },
): Promise<Finding> {
  const { image, platform } = wanted;
  const what = `${listName(image)} lacks ${describePlatform(platform)}: `;
  const tag = platform.tags[0]?.name ?? twinTag;
  if (tag === undefined) return { kind: 'absent', line: `${what}no tag is declared for it` };
  const repository = repositoryAt(location, image.repo);
  const digest = await registry.resolveTag(repository, tag, signal);
  if (digest !== undefined) return { kind: 'published', wanted, digest, repository };
  return { kind: 'absent', line: `${what}${formatReference(repository, tag)} is not there` };
}

function documentOf(
  siblings: readonly (Built | Published)[],
  registryOf: (repo: string) => string,
): ImageInfo {
  return {
    schemaVersion: '2.0',
    repos: siblings.map((sibling) => {
      const { repo, productVersion, sharedTags } = sibling.wanted.image;
      const row = sibling.kind === 'built' ? sibling.row : rowOf(sibling, registryOf(repo));
      return {
        repo,
        images: [
          {
            ...(productVersion === undefined ? {} : { productVersion }),
            // Its shared tags say which image a tagless platform is for, when several have it.
            manifest: { sharedTags: sharedTags.map(({ name }) => name), syndicatedDigests: [] },
            platforms: [row],
          },
        ],
      };
    }),
  };
}

/** The rows of the build say how the public registry is called, where they name one. */
function publicRegistries({ imageInfo, manifest }: SiblingSource): (repo: string) => string {
  const named = new Map(
    imageInfo.repos.flatMap(({ repo, images }) => {
      const built = images
        .flatMap(({ platforms }) => platforms)
        .find(({ digest }) => digest !== '');
      return built === undefined
        ? []
        : [[repo, checkedImageDigest(built.digest).registry] as const];
    }),
  );
  return (repo) => named.get(repo) ?? manifest.registry;
}

function rowOf({ wanted, digest }: Published, registry: string): PlatformData {
  const { dockerfile, osType, osVersion, architecture, tags } = wanted.platform;
  const { repo } = wanted.image;
  return {
    ...{ dockerfile, simpleTags: tags.map(({ name }) => name) },
    digest: formatImageDigest({ registry, repo, digest }),
    ...{ osType, osVersion, architecture, commitUrl: '', layers: [], isUnchanged: true },
  };
}
