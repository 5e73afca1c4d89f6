import { groupBy } from '../core/group-by.ts';
import type { ImageData, PlatformData } from '../image-info/model.ts';
import type { BuildManifest, ManifestImage, ManifestPlatform } from './model.ts';

/** A declared platform and the declared image it belongs to. */
export interface PlatformMatch {
  readonly image: ManifestImage;
  readonly platform: ManifestPlatform;
}

/** The declared platforms that image-info does not tell apart but for their tags, in the order of the manifest. */
export interface Candidates {
  readonly all: readonly [PlatformMatch, ...PlatformMatch[]];
  readonly byTag: ReadonlyMap<string, readonly PlatformMatch[]>;
  readonly byImage: ReadonlyMap<ManifestImage, readonly PlatformMatch[]>;
  /** The images of these platforms by their shared tags. */
  readonly bySharedTag: ReadonlyMap<string, readonly ManifestImage[]>;
}

/** Finds the declared platforms that a row may be; absent when nothing is declared for it. */
export type LookUp = (
  repo: string,
  image: ImageData,
  platform: PlatformData,
) => Candidates | undefined;

/** A look-up by the rules of the reference: tag state, identifier, equivalent product version. */
export function indexPlatforms(manifest: BuildManifest): LookUp {
  const images = manifest.repos.flatMap((repo) => repo.images);
  const declared = groupBy(
    images.flatMap((image) => image.platforms.flatMap((platform) => declaredKeys(image, platform))),
    ({ key }) => key,
  );
  const byRow = new Map(
    [...declared].map(([key, same]) => [key, candidatesOf(same.map(({ match }) => match))]),
  );
  return (repo, image, platform) => byRow.get(rowKey(repo, image.productVersion, platform));
}

/** The platforms that tags of a row name, in the order of the manifest. */
export function namedBy(
  { all, byTag }: Candidates,
  { simpleTags }: PlatformData,
): readonly PlatformMatch[] {
  const named = new Set(simpleTags.flatMap((tag) => byTag.get(tag) ?? []));
  return named.size < 2 ? [...named] : all.filter((match) => named.has(match));
}

/** The images of these platforms that shared tags of an image name. */
export function listedBy(
  { bySharedTag }: Candidates,
  { manifest }: ImageData,
): readonly ManifestImage[] {
  const tags = manifest?.sharedTags ?? [];
  return [...new Set(tags.flatMap((tag) => bySharedTag.get(tag) ?? []))];
}

/** Equal for product versions of one release line: `8.0.1` and `8.0.30`; a prerelease equals only itself. */
export function releaseLine(version: string | undefined): string {
  const match = /^(\d+)\.(\d+)(?:\.\d+){0,2}$/.exec(version ?? '');
  if (match === null) return JSON.stringify(version ?? null);
  return `${Number(match[1])}.${Number(match[2])}`;
}

function candidatesOf(matches: readonly PlatformMatch[]): Candidates | undefined {
  const [first, ...others] = matches;
  if (first === undefined) return undefined;
  const byImage = groupBy(matches, ({ image }) => image);
  const images = [...byImage.keys()];
  return {
    all: [first, ...others],
    byTag: byNames(matches, ({ platform }) => platform.tags),
    byImage,
    bySharedTag: byNames(images, ({ sharedTags }) => sharedTags),
  };
}

function byNames<T>(
  items: readonly T[],
  tagsOf: (item: T) => ManifestPlatform['tags'],
): ReadonlyMap<string, readonly T[]> {
  const named = items.flatMap((item) => tagsOf(item).map(({ name }) => ({ name, item })));
  const groups = groupBy(named, ({ name }) => name);
  return new Map([...groups].map(([name, same]) => [name, same.map(({ item }) => item)]));
}

function declaredKeys(
  image: ManifestImage,
  platform: ManifestPlatform,
): readonly { readonly match: PlatformMatch; readonly key: string }[] {
  const { architecture, osType, osVersion, tags, dockerfileCandidates } = platform;
  const match = { image, platform };
  return dockerfileCandidates.map((dockerfile) => {
    const row = { dockerfile, architecture, osType, osVersion, simpleTags: tags };
    return { match, key: rowKey(image.repo, image.productVersion, row) };
  });
}

interface Row {
  readonly dockerfile: string;
  readonly architecture: string;
  readonly osType: string;
  readonly osVersion: string;
  readonly simpleTags: readonly unknown[];
}

/** Equal for a row and a platform of one repository and release line, of one tag state and identifier. */
function rowKey(repo: string, productVersion: string | undefined, row: Row): string {
  const { dockerfile, architecture, osType, osVersion, simpleTags } = row;
  const identifier = [dockerfile, architecture, osType, osVersion];
  return JSON.stringify([
    ...[repo, releaseLine(productVersion), simpleTags.length > 0],
    ...identifier,
  ]);
}
