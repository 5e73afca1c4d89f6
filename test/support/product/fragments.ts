import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { groupBy } from '../../../shared/core/group-by.ts';
import { formatImageDigest } from '../../../shared/image-info/image-digest.ts';
import type { ImageData, ImageInfo, PlatformData } from '../../../shared/image-info/model.ts';
import { serialiseImageInfo } from '../../../shared/image-info/write.ts';
import { architectureName, buildProduct } from './product.ts';
import type { BuiltImage, Product, ProductImage } from './product.ts';

/** What one attempt of a build job says about the images it made. */
export interface ProductFragment {
  /** The artifact it is in, e.g. `linux-amd64-image-info-1`. */
  readonly artifact: string;
  readonly imageInfo: ImageInfo;
}

const COMMIT = '0123456789abcdef0123456789abcdef01234567';

/** One fragment for each attempt of each build job, as the jobs write them: no digests of manifest lists yet. */
export function fragmentsOf(product: Product): readonly ProductFragment[] {
  const attempts = groupBy(
    buildProduct(product),
    ({ leg, attempt }) => `${leg}-image-info-${attempt}`,
  );
  return [...attempts].map(([artifact, images]) => ({
    artifact,
    imageInfo: {
      schemaVersion: '2.0',
      repos: [...groupBy(images, ({ image }) => image.repo)].map(([repo, built]) => ({
        repo,
        images: [...groupBy(built, ({ image }) => image)].map(([image, platforms]) =>
          imageData(product, image, platforms),
        ),
      })),
    },
  }));
}

/** Writes each fragment to `<folder>/<artifact>/image-info.json`, as a download of all artifacts lays them out. */
export async function writeFragments(folder: string, product: Product): Promise<void> {
  for (const { artifact, imageInfo } of fragmentsOf(product)) {
    await mkdir(join(folder, artifact), { recursive: true });
    await writeFile(join(folder, artifact, 'image-info.json'), serialiseImageInfo(imageInfo));
  }
}

function imageData(
  { registry }: Product,
  { version, sharedTags }: ProductImage,
  platforms: readonly BuiltImage[],
): ImageData {
  return {
    productVersion: version,
    manifest: { sharedTags, syndicatedDigests: [] },
    platforms: platforms.map((built) => platformData(registry, built)),
  };
}

function platformData(registry: string, built: BuiltImage): PlatformData {
  const { dockerfile, image, layers, manifest, osVersion, platform, simpleTags } = built;
  const { digest } = manifest.descriptor;
  return {
    dockerfile,
    simpleTags,
    digest: formatImageDigest({ registry, repo: image.repo, digest }),
    osType: platform.os === 'windows' ? 'Windows' : 'Linux',
    osVersion,
    architecture: architectureName(platform),
    created: '2026-01-02T03:04:05Z',
    commitUrl: `https://github.com/org/shop/blob/${COMMIT}/${dockerfile}`,
    layers: layers
      .map(({ descriptor }) => ({ digest: descriptor.digest, size: descriptor.size }))
      .toReversed(),
    isUnchanged: false,
  };
}
