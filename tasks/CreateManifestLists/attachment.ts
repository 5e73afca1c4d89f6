import { definite } from '../../shared/core/errors.ts';
import type { Platform } from '../../shared/oci/descriptor.ts';
import type { Digest } from '../../shared/oci/digest.ts';
import { reportedImages } from '../../shared/release-report/images.ts';
import { joined } from '../../shared/release-report/join.ts';
import type {
  CreateReport,
  ReportedImage,
  ReportedPlatform,
} from '../../shared/release-report/model.ts';
import type { Facts } from './gather.ts';
import type { PlatformImage } from './platform-image.ts';
import type { ListStep, Plan } from './plan.ts';

/** What the Images tab shows of a run: every list as it was put, every platform as the registry has it. */
export function createReport({ lists }: Pick<Facts, 'lists'>, plan: Plan): CreateReport {
  const images = new Map(
    lists.flatMap(({ entries }) =>
      entries.map(({ image }) => [image.descriptor.digest, image] as const),
    ),
  );
  return {
    kind: 'create',
    images: joined([
      ...plan.lists.flatMap((list) => [listOf(list), ...platformsOf(list, images)]),
      ...reportedImages(plan.imageInfo),
    ]),
  };
}

function listOf({ repo, digest, tags, platforms }: ListStep): ReportedImage {
  return {
    ...{ repo, digest, what: 'list', tags },
    platforms: platforms.map((entry) => entry.digest),
  };
}

function platformsOf(
  { repo, platforms }: ListStep,
  images: ReadonlyMap<Digest, PlatformImage>,
): readonly ReportedImage[] {
  return platforms.map(({ digest }) => {
    const { descriptor, bytes } = definite(images.get(digest), 'the image of a platform');
    return {
      ...{ repo, digest, what: 'platform', tags: [], platforms: [], bytes },
      ...(descriptor.platform === undefined ? {} : { platform: reported(descriptor.platform) }),
    };
  });
}

function reported({
  os,
  architecture,
  variant,
  'os.version': osVersion,
}: Platform): ReportedPlatform {
  return {
    ...{ os, architecture },
    ...(variant === undefined ? {} : { variant }),
    ...(osVersion === undefined ? {} : { osVersion }),
  };
}
