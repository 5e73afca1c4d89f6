import { reportedImages } from '../../shared/release-report/images.ts';
import type { ImageInfo } from '../../shared/image-info/model.ts';
import type { Digest } from '../../shared/oci/digest.ts';
import { changesSince } from '../../shared/image-info/baseline-changes.ts';
import { imageKey, joined } from '../../shared/release-report/join.ts';
import type {
  PublishReport,
  ReportedBaseline,
  ReportedImage,
} from '../../shared/release-report/model.ts';
import { formatLocation, publicNameAt } from '../../shared/oci/reference.ts';
import type { Location } from '../../shared/oci/reference.ts';
import type { Facts } from './gather.ts';
import type { RolledBackTag, RollbackRecord } from './rollback.ts';
import { nodeKey } from './source-graph.ts';
import type { ContentNode } from './source-graph.ts';
import type { Plan } from './steps.ts';

/**
 * What the Images tab shows of a run: what was copied, where each tag points to now and pointed to before, and what
 * differs from the image-info that was published before.
 */
export function publishReport(
  { nodes, baseline }: Pick<Facts, 'nodes' | 'baseline'>,
  plan: Plan,
  target: Location,
): PublishReport {
  const content = plan.content.flat().filter(({ what }) => what === 'platform' || what === 'list');
  const named = new Map(
    reportedImages(plan.imageInfo).map((image) => [`${image.repo}@${image.digest}`, image]),
  );
  const images = content.map(({ repo, digest, what }): ReportedImage => {
    const key = nodeKey(repo, digest);
    const { tags = [], ...image } = named.get(key) ?? {};
    return {
      ...image,
      ...{ repo, digest, what: what === 'list' ? 'list' : 'platform', tags },
      platforms: platformsOf(nodes.get(key)),
    };
  });
  return {
    kind: 'publish',
    images,
    target: formatLocation(target),
    copies: content.map(({ kind, repo, digest }) => ({
      ...{ repo, digest },
      state: kind === 'copy' ? 'copied' : 'kept',
    })),
    tags: [...plan.platformTags, ...plan.sharedTags].map(
      ({ repo, tag, digest, previousDigest }) => ({
        ...{ repo, tag, digest },
        ...(previousDigest === undefined ? {} : { previousDigest }),
      }),
    ),
    ...(baseline === undefined ? {} : { baseline: baselineOf(baseline, plan, images) }),
  };
}

/** The merged document against the published one, as far as the release is concerned. */
function baselineOf(
  published: ImageInfo,
  { imageInfo, displaced }: Plan,
  images: readonly ReportedImage[],
): ReportedBaseline {
  const released = new Set(images.map(imageKey));
  const rows = changesSince(published, imageInfo).filter((row) => released.has(imageKey(row)));
  return { rows, displaced };
}

/** What the Images tab shows of a run that put tags back: where each of them points to now, or that it is gone. */
export function rollbackReport(
  { tags, publishedAt }: RollbackRecord,
  target: Location,
): PublishReport {
  const images = tags.map((tag): ReportedImage => ({
    ...{ repo: publicNameAt(target, tag.at), digest: digestNow(tag), tags: [tag.tag] },
    ...{ what: tag.what, platforms: [] },
  }));
  return {
    ...{ kind: 'publish', images: joined(images), target: formatLocation(target) },
    copies: images.map(({ repo, digest }) => ({ repo, digest, state: 'kept' })),
    tags: tags.map((tag) => ({
      ...{ repo: publicNameAt(target, tag.at), tag: tag.tag, digest: digestNow(tag) },
      previousDigest: tag.outcome === 'restored' ? tag.digest : digestNow(tag),
      ...(isGone(tag) ? { isGone: true } : {}),
    })),
    undone: publishedAt,
  };
}

/** What a tag points to after the rollback; where it was, when it is gone. */
function digestNow({ outcome, digest, previousDigest }: RolledBackTag): Digest {
  return outcome === 'not deleted' ? digest : (previousDigest ?? digest);
}

function isGone({ outcome, previousDigest }: RolledBackTag): boolean {
  return outcome !== 'not deleted' && previousDigest === undefined;
}

function platformsOf(node: ContentNode | undefined): readonly Digest[] {
  const { children = [], attestations = [] } = node ?? {};
  return children.filter((child) => !attestations.includes(child));
}
