import { counted } from '../../shared/core/text.ts';
import type { Facts } from './gather.ts';

/** Says that nothing is published, and why, when that is so: a step that does nothing should not look like a release. */
export function emptyRelease({
  digests,
  release,
}: Pick<Facts, 'digests' | 'release'>): readonly string[] {
  if (digests.length > 0) return [];
  const rows = release.repos.flatMap(({ images }) => images.flatMap(({ platforms }) => platforms));
  if (rows.length === 0) return ['There is nothing to publish: image-info has no images.'];
  return [
    `There is nothing to publish: of image-info ${counted(rows.length, 'platform')} ${rows.length === 1 ? 'is' : 'are'} marked as unchanged, and no other is there. Set includeUnchanged to publish them all the same.`,
  ];
}
