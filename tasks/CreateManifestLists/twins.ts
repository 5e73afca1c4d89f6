import { groupBy } from '../../shared/core/group-by.ts';
import { compareText } from '../../shared/core/order.ts';
import type { PlatformMatch } from '../../shared/build-manifest/lookup.ts';
import type { ManifestIndex } from '../../shared/build-manifest/match.ts';
import type { BuildManifest } from '../../shared/build-manifest/model.ts';
import type { ImageInfo, PlatformData } from '../../shared/image-info/model.ts';

/** Finds platforms that one build makes, as the reference does for those without tags. */
export interface Twins {
  /** The row of this run that is the same image, one that was built now if there is one. */
  readonly rowOf: (declared: PlatformMatch) => PlatformData | undefined;
  /** The first tag that is declared for the same image. */
  readonly tagOf: (declared: PlatformMatch) => string | undefined;
}

/** What twins are found in. */
export interface TwinSource {
  readonly manifest: BuildManifest;
  readonly index: ManifestIndex;
  readonly imageInfo: ImageInfo;
}

/** The twins of a build manifest and of what this run built of it. */
export function findTwins({ manifest, index, imageInfo }: TwinSource): Twins {
  const images = manifest.repos.flatMap((repo) => repo.images);
  const declared = groupBy(
    images.flatMap((image) => image.platforms.map((platform) => ({ image, platform }))),
    contentKey,
  );
  const assignment = index.assign(imageInfo);
  const rows = imageInfo.repos.flatMap((repo) => repo.images.flatMap((image) => image.platforms));
  const built = groupBy(
    rows.flatMap((row) =>
      assignment.platformsOf(row).map((match) => ({ row, key: contentKey(match) })),
    ),
    ({ key }) => key,
  );
  return {
    rowOf: (platform) => {
      const twins = (built.get(contentKey(platform)) ?? []).map(({ row }) => row);
      return twins.find(({ isUnchanged }) => !isUnchanged) ?? twins[0];
    },
    tagOf: (platform) => {
      const twins = declared.get(contentKey(platform)) ?? [];
      return twins.flatMap((twin) => twin.platform.tags)[0]?.name;
    },
  };
}

/**
 * Equal for platforms that one build makes. The variant does not count: it says what an image is for, not how it is
 * made. The product version does in full, as it often is what a build argument comes from.
 */
function contentKey({ image, platform }: PlatformMatch): string {
  const { repo, productVersion = null } = image;
  const { dockerfile, architecture, osType, osVersion, buildArgs } = platform;
  const sortedArgs = Object.entries(buildArgs).sort(([a], [b]) => compareText(a, b));
  const identifier = [dockerfile, architecture, osType, osVersion];
  return JSON.stringify([repo, productVersion, ...identifier, sortedArgs]);
}
