import { checkedImageDigest } from '../image-info/image-digest.ts';
import type { ImageData, ImageInfo, LayerData, PlatformData } from '../image-info/model.ts';
import { joined } from './join.ts';
import type { ReportedImage, ReportedPlatform } from './model.ts';

/** Every digest that image-info names, each once a repository, as far as the file tells. */
export function reportedImages(info: ImageInfo): readonly ReportedImage[] {
  return joined(
    info.repos.flatMap(({ repo, images }) =>
      images.flatMap((image) => [...listsOf(repo, image), ...image.platforms.flatMap(rowOf(repo))]),
    ),
  );
}

function listsOf(repo: string, { manifest, platforms }: ImageData): readonly ReportedImage[] {
  const { digest = '', sharedTags = [], syndicatedDigests = [] } = manifest ?? {};
  if (digest === '') return [];
  const own: ReportedImage = {
    ...{ repo, digest: checkedImageDigest(digest).digest, what: 'list', tags: sharedTags },
    platforms: platforms.flatMap((row) => digestIn(row) ?? []),
  };
  // The file does not tell which platforms are syndicated.
  const syndicated = syndicatedDigests
    .filter((name) => name !== '')
    .map((name): ReportedImage => {
      const image = checkedImageDigest(name);
      return { repo: image.repo, digest: image.digest, what: 'list', tags: [], platforms: [] };
    });
  return [own, ...syndicated];
}

function rowOf(repo: string): (row: PlatformData) => readonly ReportedImage[] {
  return (row) => {
    const digest = digestIn(row);
    if (digest === undefined) return [];
    const bytes = sizeOf(row.layers);
    return [
      {
        ...{ repo, digest, what: 'platform', tags: row.simpleTags, platforms: [] },
        platform: platformOf(row),
        ...(bytes === undefined ? {} : { bytes }),
      },
    ];
  };
}

function digestIn({ digest }: PlatformData): string | undefined {
  return digest === '' ? undefined : checkedImageDigest(digest).digest;
}

function platformOf({ osType, architecture, osVersion }: PlatformData): ReportedPlatform {
  return { os: osType.toLowerCase(), architecture, osVersion };
}

/** The sizes of layers together, absent when one is not known. */
function sizeOf(layers: readonly LayerData[]): number | undefined {
  if (layers.length === 0 || layers.some(({ size }) => size === 0)) return undefined;
  return layers.reduce((sum, { size }) => sum + size, 0);
}
