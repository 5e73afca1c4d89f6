import { mapLimit } from '../core/concurrency.ts';
import { TaskError } from '../core/errors.ts';
import { orThrow } from '../core/result.ts';
import { counted } from '../core/text.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { ManifestLinks, ManifestDocument } from '../oci/manifest-document.ts';
import { readManifest } from '../oci/manifest-document.ts';
import { isForeignLayerType } from '../oci/media-types.ts';
import { formatReference } from '../oci/reference.ts';
import type { Repository } from '../oci/reference.ts';
import type {
  CopyCounts,
  CopyRequest,
  ManifestPut,
  Placement,
  RegistryReader,
} from '../ports/registry.ts';
import type { BlobReader } from './blobs.ts';
import { RegistryError } from './errors.ts';
import type { ForeignLayers } from './foreign-layers.ts';
import type { Need } from './heal.ts';
import type { BlobPlacer } from './placement.ts';
import type { OpenSource } from './upload-source.ts';

/** A manifest to put, and how to bring again what it points to; false when that is nowhere. */
export interface RestorablePut extends ManifestPut {
  readonly restore: (need: Need) => Promise<boolean>;
}

/** What copying an image needs of its source and its target. */
export interface CopyParts {
  readonly placer: BlobPlacer;
  /** Reads layers where their vendors have them. */
  readonly foreign: Pick<ForeignLayers, 'open'>;
  /** Reads the source: manifests, and whether a blob is there. */
  readonly source: Pick<RegistryReader, 'getManifest'> & Pick<BlobReader, 'isReadable'>;
  readonly putManifest: (
    repository: Repository,
    write: RestorablePut,
    signal: AbortSignal,
  ) => Promise<void>;
  readonly maxInFlight: number;
}

/** Where one blob of a manifest is after the copy. */
export interface PlacedBlob {
  readonly descriptor: Descriptor;
  /** `foreign`: it stays where its vendor has it. */
  readonly placement: Placement | 'foreign';
}

/** What a registry answers to a manifest when it does not see what the manifest points to. */
const MISSING_CONTENT: ReadonlySet<string> = new Set([
  'BLOB_UNKNOWN',
  'MANIFEST_BLOB_UNKNOWN',
  'MANIFEST_UNKNOWN',
]);

/** Copies one manifest: its blobs, the largest first, then the exact bytes of the manifest itself. */
export async function copyManifest(
  parts: CopyParts,
  request: CopyRequest,
  signal: AbortSignal,
): Promise<CopyCounts> {
  const blobs = await copyBlobs(parts, request, signal);
  await putCopied(parts, { request, blobs }, signal);
  return countBlobs(blobs);
}

/** Copies the blobs of a manifest. */
export async function copyBlobs(
  parts: CopyParts,
  request: CopyRequest,
  signal: AbortSignal,
): Promise<readonly PlacedBlob[]> {
  return mapLimit(
    blobsOf(linksOf(request.manifest)),
    async (descriptor): Promise<PlacedBlob> => ({
      descriptor,
      placement: await placeBlob(parts, { request, descriptor }, signal),
    }),
    { limit: parts.maxInFlight, signal },
  );
}

/** Places a blob; what a registry has of foreign layers is nearer than their vendor. */
async function placeBlob(
  { placer, source, foreign }: CopyParts,
  { request, descriptor }: { readonly request: CopyRequest; readonly descriptor: Descriptor },
  signal: AbortSignal,
): Promise<Placement | 'foreign'> {
  const { from, to, mount, foreignLayers = 'leave', onBytes } = request;
  const copy = { descriptor, from, to, mount, ...(onBytes === undefined ? {} : { onBytes }) };
  if (!isForeign(descriptor)) return placer.copy(copy, signal);
  if (hasUrls(descriptor) && foreignLayers === 'leave') return 'foreign';
  if (await source.isReadable(from, descriptor.digest, signal)) return placer.copy(copy, signal);
  if (!hasUrls(descriptor)) return 'foreign';
  const open: OpenSource = async (stop) => foreign.open({ descriptor, from }, stop);
  return placer.copy({ ...copy, open }, signal);
}

/** A manifest whose blobs were copied, and the tag it shall have, if any. */
export interface CopiedManifest {
  readonly request: CopyRequest;
  readonly blobs: readonly PlacedBlob[];
  readonly tag?: string;
}

/**
 * Puts a manifest whose content was copied; what the registry misses then is copied again.
 *
 * @throws RegistryError; TaskError `REGISTRY_REJECTED` when the registry does not take manifests with foreign layers
 */
export async function putCopied(
  parts: CopyParts,
  { request, blobs, tag }: CopiedManifest,
  signal: AbortSignal,
): Promise<void> {
  const { manifest, to } = request;
  const restore = async (need: Need): Promise<boolean> =>
    copyAgain(parts, { need, request }, signal);
  try {
    await parts.putManifest(
      to,
      { manifest, restore, ...(tag === undefined ? {} : { tag }) },
      signal,
    );
  } catch (error) {
    const foreign = blobs.filter(({ placement }) => placement === 'foreign').length;
    throw foreign > 0 && isMissingContent(error)
      ? foreignLayersRefused(request, foreign, error)
      : error;
  }
}

/** Copies what the target has lost or never had, whatever this run believes. */
async function copyAgain(
  parts: CopyParts,
  { need, request }: { readonly need: Need; readonly request: CopyRequest },
  signal: AbortSignal,
): Promise<boolean> {
  const { from, to } = request;
  const { kind, descriptor } = need;
  if (kind === 'blob') {
    parts.placer.forget(to, descriptor);
    // It may have been a mount that the registry only claims to have done.
    await parts.placer.copy({ descriptor, from, to, mount: false }, signal);
    return true;
  }
  const manifest = await parts.source.getManifest(from, descriptor.digest, signal);
  if (manifest === undefined) return false;
  await copyManifest(parts, { ...request, manifest }, signal);
  return true;
}

/** What was done with the blobs of a manifest. */
export function countBlobs(blobs: readonly PlacedBlob[]): CopyCounts {
  const of = (kind: Placement): readonly PlacedBlob[] =>
    blobs.filter(({ placement }) => placement === kind);
  const uploaded = of('uploaded');
  return {
    present: of('present').length,
    mounted: of('mounted').length,
    uploaded: uploaded.length,
    uploadedBytes: uploaded.reduce((sum, { descriptor }) => sum + descriptor.size, 0),
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

/** Every blob once, the largest first. */
function blobsOf({ config, layers }: ManifestLinks): readonly Descriptor[] {
  const own = [...(config === undefined ? [] : [config]), ...layers];
  const byDigest = new Map(own.map((blob) => [blob.digest, blob]));
  return [...byDigest.values()].sort((a, b) => b.size - a.size);
}

function hasUrls({ urls = [] }: Descriptor): boolean {
  return urls.length > 0;
}

/** Foreign layers stay where their `urls` point to; without URLs, one that was pushed all the same must come along. */
function isForeign(blob: Descriptor): boolean {
  return hasUrls(blob) || isForeignLayerType(blob.mediaType);
}

function isMissingContent(error: unknown): error is RegistryError {
  return (
    error instanceof RegistryError &&
    error.details.registryCodes.some((code) => MISSING_CONTENT.has(code))
  );
}

function foreignLayersRefused(
  { manifest, to }: CopyRequest,
  foreign: number,
  cause: RegistryError,
): TaskError {
  const what = formatReference(to, manifest.descriptor.digest);
  const layers = counted(foreign, 'foreign layer');
  return new TaskError(
    'REGISTRY_REJECTED',
    `Cannot push the manifest ${what}: it points to ${layers} outside of the registry, and the registry does not allow that.`,
    {
      hint: 'Let the registry accept such URLs (validation.manifests.urls.allow), or build on a base image without foreign layers.',
      cause,
    },
  );
}
