import { parsed, problem } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import { neutralise } from '../core/text.ts';
import { describePlatform } from '../image-info/identity.ts';
import type { ImageData, ImageInfo } from '../image-info/model.ts';
import { indexManifest } from './match.ts';
import type { ManifestIndex } from './match.ts';
import type { BuildManifest } from './model.ts';

/** A published document without what is stale in it. */
export interface FreshInfo {
  readonly imageInfo: ImageInfo;
  /** Rows that were removed: `dotnet/runtime: src/noble/Dockerfile (noble, amd64)`. */
  readonly removed: readonly string[];
}

/**
 * A published image-info without repositories, images and platforms that the build manifest no longer declares. A
 * repository that is declared stays, also without images.
 *
 * The problem is that no repository would be left: then the build manifest is of another product.
 */
export function withoutStale(
  info: ImageInfo,
  manifest: BuildManifest,
  index: ManifestIndex = indexManifest(manifest),
): Parsed<FreshInfo> {
  const names = new Set(manifest.repos.map(({ name }) => name));
  const repos = info.repos
    .filter(({ repo }) => names.has(repo))
    .map((repo) => ({
      ...repo,
      images: repo.images.flatMap((image) => declaredPart(repo.repo, image, index)),
    }));
  if (repos.length === 0 && info.repos.length > 0) {
    const published = neutralise(info.repos.map(({ repo }) => repo).join(', '));
    return problem('repos', `has none that the build manifest declares, only ${published}`);
  }
  const kept = new Set(repos.flatMap(({ images }) => images.flatMap((image) => image.platforms)));
  const removed = info.repos.flatMap(({ repo, images }) =>
    images
      .flatMap(({ platforms }) => platforms)
      .filter((row) => !kept.has(row))
      .map((row) => describePlatform(repo, row)),
  );
  return parsed({ imageInfo: { ...info, repos }, removed });
}

/** An image with the platforms of its declared image; nothing when none is declared. */
function declaredPart(repo: string, image: ImageData, index: ManifestIndex): readonly ImageData[] {
  const declared = index.imageOf(repo, image);
  if (declared === undefined) return [];
  const platforms = image.platforms.filter(
    (row) => index.platformOf(repo, image, row)?.image === declared,
  );
  return [{ ...image, platforms }];
}
