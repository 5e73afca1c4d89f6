import { groupBy } from '../core/group-by.ts';
import { compareText } from '../core/order.ts';
import { allOf, parsed, problems } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import { groupImages } from './group-images.ts';
import type { ImageKeyOf } from './group-images.ts';
import { mergeImage } from './merge-image.ts';
import { overlay } from './overlay.ts';
import type { Sourced } from './overlay.ts';
import type { ImageInfo, RepoData } from './model.ts';
import { sortImages } from './sort.ts';
import { tagConflicts } from './tag-conflicts.ts';

/** What one build job wrote, and the file it was read from. */
export interface Fragment {
  readonly file: string;
  readonly imageInfo: ImageInfo;
}

/** What a merge may ask a build manifest. */
export interface MergeOptions {
  /** Which images are one, where a build manifest tells; without it their shared tags or platforms tell. */
  readonly imageKeyOf?: ImageKeyOf;
}

/**
 * The fragments of a build as one document, whatever their order: tags are joined, `isUnchanged` stays only when every
 * file says so, and everything is sorted. Of any other member, also of one that we do not know, a later file (by name)
 * replaces the value, objects are joined member by member, and nothing is lost to what is empty; of one platform, a row
 * that was built counts as later than an unchanged one.
 *
 * Problems, with both files: a platform with two digests, unless only one of them is of a changed image, which then
 * wins; a tag on two things. Rows of one Dockerfile with neither a tag nor a digest in common are two platforms.
 */
export function mergeFragments(
  fragments: readonly Fragment[],
  options: MergeOptions = {},
): Parsed<ImageInfo> {
  const ordered = sortFragments(fragments);
  const repos = ordered.flatMap(({ file, imageInfo }) =>
    imageInfo.repos.map((value) => ({ file, value })),
  );
  const byName = groupBy(repos, ({ value }) => value.repo);
  const merged = allOf([...byName.values()].map((rows) => mergeRepo(rows, options)));
  if (!merged.ok) return merged;
  const empty: ImageInfo = { schemaVersion: '2.0', repos: [] };
  return parsed({
    ...overlay([empty, ...ordered.map(({ imageInfo }) => imageInfo)]),
    repos: merged.value.toSorted((a, b) => compareText(a.repo, b.repo)),
  });
}

function mergeRepo(rows: readonly Sourced<RepoData>[], options: MergeOptions): Parsed<RepoData> {
  const whole = overlay(rows.map(({ value }) => value));
  const images = rows.flatMap(({ file, value }) =>
    value.images.map((image) => ({ file, value: image })),
  );
  const groups = groupImages(images, (image) => options.imageKeyOf?.(whole.repo, image));
  const parts = groups.map((group) => mergeImage(group, whole.repo));
  const merged = allOf(parts);
  const sound = parts.flatMap((part) => (part.ok ? [part.value] : []));
  const conflicts = tagConflicts(sound, whole.repo);
  if (!merged.ok) return problems([...merged.problems, ...conflicts]);
  if (conflicts.length > 0) return problems(conflicts);
  return parsed({ ...whole, images: sortImages(merged.value.map(({ image }) => image)) });
}

/** By file name; files of one name by content, so that the result never depends on the order given. */
function sortFragments(fragments: readonly Fragment[]): readonly Fragment[] {
  return fragments.toSorted(
    (a, b) =>
      compareText(a.file, b.file) ||
      compareText(JSON.stringify(a.imageInfo), JSON.stringify(b.imageInfo)),
  );
}
