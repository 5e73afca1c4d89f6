import { LongListError } from '../../shared/core/long-list.ts';
import { counted, neutralise } from '../../shared/core/text.ts';
import { isDockerType } from '../../shared/oci/media-types.ts';
import type { ListFact } from './gather.ts';

/**
 * Refuses lists that cannot be Docker manifest lists.
 *
 * @throws TaskError `INPUT_INVALID` with a line for each of their images that is an OCI manifest or has one beside it
 */
export function refuseOciImages(lists: readonly ListFact[]): void {
  const lines = lists.flatMap(({ repo, tags, entries }) =>
    entries.flatMap(({ row, image }) => {
      const oci = [image.descriptor, ...image.attestations].find(
        ({ mediaType }) => !isDockerType(mediaType),
      );
      const list = `${repo}:${tags[0] ?? ''}`;
      if (oci === undefined) return [];
      return [`${list}: ${oci.digest} is an OCI manifest (${neutralise(row.dockerfile)})`];
    }),
  );
  if (lines.length === 0) return;
  throw new LongListError({
    code: 'INPUT_INVALID',
    summary: `${counted(lines.length, 'image')} cannot be in a Docker manifest list`,
    lines,
    hint: 'Set mediaType to auto or oci.',
  });
}
