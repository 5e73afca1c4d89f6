import { groupBy } from '../core/group-by.ts';
import { sortedUnion } from '../core/order.ts';
import type { ReportedImage } from './model.ts';

/** Names a digest in a repository: `dotnet/runtime@sha256:…`. */
export function imageKey({ repo, digest }: Pick<ReportedImage, 'repo' | 'digest'>): string {
  return `${repo}@${digest}`;
}

/** Images that are named several times, once: with all their tags, and all that one of them tells; the first decides. */
export function joined(images: readonly ReportedImage[]): readonly ReportedImage[] {
  return [...groupBy(images, imageKey).values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : [others.reduce(join, first)],
  );
}

function join(one: ReportedImage, other: ReportedImage): ReportedImage {
  return {
    ...other,
    ...one,
    tags: sortedUnion(one.tags, other.tags),
    platforms: one.platforms.length > 0 ? one.platforms : other.platforms,
  };
}
