import { mapLimit } from '../core/concurrency.ts';
import { orThrow } from '../core/result.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { ManifestLinks, ManifestDocument } from '../oci/manifest-document.ts';
import { readManifest } from '../oci/manifest-document.ts';
import { isForeignLayerType } from '../oci/media-types.ts';
import type { CopyCounts, CopyRequest } from '../ports/registry.ts';
import type { BlobPlacer, Placement } from './placement.ts';

export interface CopyParts {
  readonly placer: BlobPlacer;
  /** Puts the manifest when all its blobs are there. */
  readonly putManifest: (request: CopyRequest, signal: AbortSignal) => Promise<void>;
  readonly maxInFlight: number;
}

/** Copies one manifest: its blobs, the largest first, then the exact bytes of the manifest itself. */
export async function copyManifest(
  { placer, putManifest, maxInFlight }: CopyParts,
  request: CopyRequest,
  signal: AbortSignal,
): Promise<CopyCounts> {
  const { from, to, mount } = request;
  const blobs = blobsOf(linksOf(request.manifest));
  const placements = await mapLimit(
    blobs,
    async (descriptor) => placer.copy({ descriptor, from, to, mount }, signal),
    { limit: maxInFlight, signal },
  );
  await putManifest(request, signal);
  const count = (kind: Placement): number => placements.filter((each) => each === kind).length;
  return {
    present: count('present'),
    mounted: count('mounted'),
    uploaded: count('uploaded'),
    uploadedBytes: blobs.reduce(
      (sum, { size }, index) => sum + (placements[index] === 'uploaded' ? size : 0),
      0,
    ),
  };
}

/**
 * What a manifest points to.
 *
 * @throws TaskError `REGISTRY_RESPONSE_INVALID` when it is not a proper manifest
 */
export function linksOf(manifest: ManifestDocument): ManifestLinks {
  return orThrow(readManifest(manifest), {
    code: 'REGISTRY_RESPONSE_INVALID',
    subject: `The manifest ${manifest.descriptor.digest}`,
    hint: 'Push this image again with a current tool.',
  });
}

/** Every blob once. Foreign layers stay where their `urls` point to. */
function blobsOf({ config, layers }: ManifestLinks): readonly Descriptor[] {
  const own = [...(config === undefined ? [] : [config]), ...layers].filter(
    ({ mediaType, urls = [] }) => urls.length === 0 && !isForeignLayerType(mediaType),
  );
  const byDigest = new Map(own.map((blob) => [blob.digest, blob]));
  return [...byDigest.values()].sort((a, b) => b.size - a.size);
}
