import { randomBytes, randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Descriptor } from '../../shared/oci/descriptor.ts';
import { digestOf } from '../../shared/oci/digest.ts';
import { documentOf } from '../../shared/oci/manifest-document.ts';
import type { ManifestDocument } from '../../shared/oci/manifest-document.ts';
import { MediaType } from '../../shared/oci/media-types.ts';
import type { Repository } from '../../shared/oci/reference.ts';
import type { BlobPut } from '../../shared/ports/registry.ts';
import type { RegistryClient } from '../../shared/registry/registry-client.ts';

/** An image of several platforms. */
export interface BenchImage {
  readonly index: ManifestDocument;
  readonly children: readonly ManifestDocument[];
  readonly blobs: readonly BlobPut[];
}

const ARCHITECTURES = ['amd64', 'arm64', 's390x', 'ppc64le'];
const LAYERS = 6;
const BLOB_BYTES = 64 * 1024;

/** 4 platforms of 6 layers and a config, 64 KiB each, that nobody has seen before: no cache helps. */
export function makeImage(): BenchImage {
  const images = ARCHITECTURES.map((architecture) => {
    const layers = Array.from({ length: LAYERS }, makeLayer);
    const config = makeConfig(architecture);
    const manifest = document(MediaType.ociManifest, {
      config: config.descriptor,
      layers: layers.map(({ descriptor }) => descriptor),
    });
    return { architecture, manifest, blobs: [config, ...layers] };
  });
  const index = document(MediaType.ociIndex, {
    manifests: images.map(({ architecture, manifest }) => ({
      ...manifest.descriptor,
      platform: { os: 'linux', architecture },
    })),
  });
  return {
    index,
    children: images.map(({ manifest }) => manifest),
    blobs: images.flatMap(({ blobs }) => blobs),
  };
}

/** Pushes the blobs of an image, without what makes it one. */
export async function pushBlobs(
  client: RegistryClient,
  to: Repository,
  { blobs }: BenchImage,
): Promise<void> {
  const { signal } = new AbortController();
  await Promise.all(blobs.map((blob) => client.putBlob(to, blob, signal)));
}

/** Pushes an image under a tag. */
export async function pushImage(
  client: RegistryClient,
  { to, tag }: { readonly to: Repository; readonly tag: string },
  image: BenchImage,
): Promise<void> {
  const { signal } = new AbortController();
  await pushBlobs(client, to, image);
  for (const manifest of image.children) await client.putManifest(to, { manifest }, signal);
  await client.putManifest(to, { manifest: image.index, tag }, signal);
}

/** Compressed as tools expect a layer, for they compress one that is not; random, so that it keeps its size. */
function makeLayer(): BlobPut {
  const bytes = gzipSync(randomBytes(BLOB_BYTES), { level: 0 });
  return blobOf(bytes, 'application/vnd.oci.image.layer.v1.tar+gzip');
}

function makeConfig(architecture: string): BlobPut {
  const config = {
    architecture,
    os: 'linux',
    author: randomUUID(),
    config: { Labels: { padding: 'x'.repeat(BLOB_BYTES) } },
    rootfs: { type: 'layers', diff_ids: Array.from({ length: LAYERS }, randomDigest) },
  };
  return blobOf(json(config), 'application/vnd.oci.image.config.v1+json');
}

function randomDigest(): string {
  return digestOf(randomBytes(16));
}

function blobOf(bytes: Uint8Array, mediaType: string): BlobPut {
  const descriptor: Descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
  return { descriptor, bytes };
}

function document(mediaType: string, content: object): ManifestDocument {
  return documentOf(json({ schemaVersion: 2, mediaType, ...content }), mediaType);
}

function json(value: object): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
