import { digestOf } from '../../../shared/oci/digest.ts';
import type { Digest } from '../../../shared/oci/digest.ts';
import type { ContentStore } from '../registry/store.ts';

/** Everything that a registry holds as sorted lines, one for each blob, manifest and tag. */
export function contentLines(store: ContentStore): readonly string[] {
  const lines = store.names().flatMap((name) => {
    const { blobs, manifests, tags } = store.open(name);
    return [
      ...[...blobs.keys()].map((digest) => `${name} blob ${digest}`),
      ...[...manifests.values()].map((one) => `${name} ${one.mediaType} ${one.digest}`),
      ...[...tags].map(([tag, digest]) => `${name} tag ${tag} ${digest}`),
    ];
  });
  return lines.toSorted();
}

/** One digest for everything that a registry holds: it changes when anything is added, moved or removed. */
export function fingerprintOf(store: ContentStore): Digest {
  return digestOf(Buffer.from(contentLines(store).join('\n')));
}
