import { reportedImages } from '../../shared/release-report/images.ts';
import type { PublishReport, ReportedImage } from '../../shared/release-report/model.ts';
import type { Location } from '../../shared/oci/reference.ts';
import type { Facts } from './gather.ts';
import { nodeKey } from './source-graph.ts';
import type { Plan } from './steps.ts';

/** What the Images tab shows of a run: what was copied, and where each tag points to now and pointed to before. */
export function publishReport(
  { nodes }: Pick<Facts, 'nodes'>,
  plan: Plan,
  target: Location,
): PublishReport {
  const content = plan.content.flat().filter(({ what }) => what !== 'referrer');
  const named = new Map(
    reportedImages(plan.imageInfo).map((image) => [`${image.repo}@${image.digest}`, image]),
  );
  const images = content.map(({ repo, digest, what }): ReportedImage => {
    const key = nodeKey(repo, digest);
    const { tags = [], ...image } = named.get(key) ?? {};
    return {
      ...image,
      ...{ repo, digest, what: what === 'list' ? 'list' : 'platform', tags },
      platforms: nodes.get(key)?.children ?? [],
    };
  });
  return {
    kind: 'publish',
    images,
    target: target.prefix === '' ? target.registry : `${target.registry}/${target.prefix}`,
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
  };
}
