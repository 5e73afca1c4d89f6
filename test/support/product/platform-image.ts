import type { Descriptor, Platform } from '../../../shared/oci/descriptor.ts';
import { digestOf } from '../../../shared/oci/digest.ts';
import { documentOf } from '../../../shared/oci/manifest-document.ts';
import type { ManifestDocument } from '../../../shared/oci/manifest-document.ts';
import { MediaType } from '../../../shared/oci/media-types.ts';
import { tarOf } from './layer.ts';

/** A blob with its descriptor. */
export interface Content {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** The image of one platform with everything that it consists of. */
export interface PlatformImage {
  readonly manifest: ManifestDocument;
  readonly config: Content;
  /** Base layer first. */
  readonly layers: readonly Content[];
}

/** What a platform image is made of; equal sources give equal bytes. */
export interface ImageSource {
  readonly platform: Platform;
  readonly format: 'docker' | 'oci';
  /** Files, one for each layer, base layer first. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
}

const MEDIA_TYPES = {
  docker: {
    manifest: MediaType.dockerManifest,
    config: 'application/vnd.docker.container.image.v1+json',
    layer: 'application/vnd.docker.image.rootfs.diff.tar',
  },
  oci: {
    manifest: MediaType.ociManifest,
    config: 'application/vnd.oci.image.config.v1+json',
    layer: 'application/vnd.oci.image.layer.v1.tar',
  },
} as const;

/** Any moment; a clock would make new digests in each run. */
const CREATED = '2026-01-02T03:04:05Z';

/** Builds the image of one platform with real layers and a config that names the platform. */
export function buildPlatformImage({ platform, format, files }: ImageSource): PlatformImage {
  const types = MEDIA_TYPES[format];
  const layers = files.map(({ path, text }) => contentOf(tarOf(path, text), types.layer));
  const config = contentOf(
    json({
      created: CREATED,
      ...platform,
      config: { Cmd: ['/app'] },
      rootfs: { type: 'layers', diff_ids: layers.map(({ descriptor }) => descriptor.digest) },
    }),
    types.config,
  );
  const manifest = {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: config.descriptor,
    layers: layers.map(({ descriptor }) => descriptor),
  };
  return { manifest: documentOf(json(manifest), types.manifest), config, layers };
}

function contentOf(bytes: Uint8Array, mediaType: string): Content {
  return {
    descriptor: { mediaType, digest: digestOf(bytes), size: bytes.byteLength },
    bytes,
  };
}

function json(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
