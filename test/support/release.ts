import { definite } from '../../shared/core/errors.ts';
import type { ImageData, ImageInfo, PlatformData } from '../../shared/image-info/model.ts';
import type { Descriptor, Platform } from '../../shared/oci/descriptor.ts';
import { buildIndex } from '../../shared/oci/index-document.ts';
import { documentOf } from '../../shared/oci/manifest-document.ts';
import type { ManifestDocument } from '../../shared/oci/manifest-document.ts';
import { MediaType } from '../../shared/oci/media-types.ts';
import { repositoryAt } from '../../shared/oci/reference.ts';
import type { Location, Repository } from '../../shared/oci/reference.ts';
import type { MemoryRegistry } from './memory-registry.ts';

/** A platform image to push and describe: linux/amd64 unless told otherwise. */
export interface PlatformSpec {
  /** Tells the Dockerfile and the content apart from those of other platforms of its image. */
  readonly name: string;
  readonly platform?: Partial<Platform>;
  readonly tags?: readonly string[];
  readonly isUnchanged?: boolean;
}

/** An image of a release with its platforms. */
export interface ImageSpec {
  readonly repo: string;
  readonly platforms: readonly PlatformSpec[];
  readonly sharedTags?: readonly string[];
}

/** Where the registry of a test keeps what build jobs pushed. */
export const BUILD: Location = { registry: 'build.example', prefix: 'run/1' };

/** Two images: one for two architectures with shared tags, one for one platform without. */
export const SMALL_RELEASE: readonly ImageSpec[] = [
  {
    repo: 'app',
    sharedTags: ['1.0', 'latest'],
    platforms: [
      { name: 'amd64', tags: ['1.0-amd64'] },
      { name: 'arm64', platform: { architecture: 'arm64', variant: 'v8' }, tags: ['1.0-arm64'] },
    ],
  },
  { repo: 'tools/probe', platforms: [{ name: 'probe', tags: ['2.0', '2'] }] },
];

/** How far a release has come: `built` has no manifest lists yet. */
type Stage = 'built' | 'listed';

/** Puts a release into a registry and describes it; the public registry is `mcr.example`. */
export function pushRelease(
  registry: MemoryRegistry,
  images: readonly ImageSpec[],
  stage: Stage = 'listed',
): ImageInfo {
  const repos = [...new Set(images.map(({ repo }) => repo))].map((repo) => ({
    repo,
    images: images
      .filter((image) => image.repo === repo)
      .map((image) => pushSpec(registry, image, stage)),
  }));
  return { schemaVersion: '2.0', repos };
}

/** An image-info as build jobs write it: one file for each platform, without lists. */
export function fragmentsOf(info: ImageInfo): readonly ImageInfo[] {
  return info.repos.flatMap(({ repo, images }) =>
    images.flatMap((image) =>
      image.platforms.map((platform) => ({
        schemaVersion: '2.0' as const,
        repos: [{ repo, images: [{ ...image, platforms: [platform] }] }],
      })),
    ),
  );
}

/** Puts an image of one layer; the same spec gives the same digest. */
export function pushImage(
  registry: MemoryRegistry,
  repository: Repository,
  { name, platform = {} }: PlatformSpec,
): ManifestDocument {
  const config = { os: 'linux', architecture: 'amd64', ...platform, rootfs: { type: 'layers' } };
  const layer = Buffer.from(`layer of ${name}`);
  const manifest = imageManifest(Buffer.from(JSON.stringify(config)), layer);
  for (const bytes of [Buffer.from(JSON.stringify(config)), layer]) {
    registry.addBlob(repository, bytes);
  }
  registry.addManifest(repository, manifest);
  return manifest;
}

/** A Docker image manifest over a config and a layer. */
export function imageManifest(config: Uint8Array, layer: Uint8Array): ManifestDocument {
  return jsonManifest({
    schemaVersion: 2,
    mediaType: MediaType.dockerManifest,
    config: blobDescriptor('application/vnd.docker.container.image.v1+json', config),
    layers: [blobDescriptor('application/vnd.docker.image.rootfs.diff.tar.gzip', layer)],
  });
}

/** A document of its own media type. */
export function jsonManifest(document: {
  readonly mediaType: string;
  readonly [member: string]: unknown;
}): ManifestDocument {
  return documentOf(Buffer.from(JSON.stringify(document)), document.mediaType);
}

/** An artifact without blobs that refers to a manifest; put into the registry. */
export function pushReferrer(
  registry: MemoryRegistry,
  repository: Repository,
  { subject, artifactType }: { readonly subject: Descriptor; readonly artifactType: string },
): ManifestDocument {
  const { mediaType, digest, size } = subject;
  const manifest = jsonManifest({
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    artifactType,
    layers: [],
    subject: { mediaType, digest, size },
  });
  registry.addManifest(repository, manifest);
  return manifest;
}

/** The descriptor of a blob. */
function blobDescriptor(mediaType: string, bytes: Uint8Array): Descriptor {
  const { digest, size } = documentOf(bytes, mediaType).descriptor;
  return { mediaType, digest, size };
}

function pushSpec(registry: MemoryRegistry, image: ImageSpec, stage: Stage): ImageData {
  const { repo, platforms, sharedTags = [] } = image;
  const repository = repositoryAt(BUILD, repo);
  const pushed = platforms.map((spec) => ({
    spec,
    manifest: pushImage(registry, repository, spec),
  }));
  const rows = pushed.map(({ spec, manifest }) => rowOf(repo, spec, manifest));
  if (sharedTags.length === 0) return { platforms: rows };
  const record = { syndicatedDigests: [], sharedTags };
  if (stage === 'built') return { manifest: record, platforms: rows };
  const entries = pushed.map(({ spec, manifest }) => ({
    ...manifest.descriptor,
    platform: { os: 'linux', architecture: 'amd64', ...spec.platform },
  }));
  const index = buildIndex({ entries, mediaType: 'auto' });
  registry.addManifest(repository, index, sharedTags);
  const digest = `mcr.example/${repo}@${index.descriptor.digest}`;
  return { manifest: { ...record, digest, created: '2026-01-02T03:04:05Z' }, platforms: rows };
}

function rowOf(repo: string, spec: PlatformSpec, { descriptor }: ManifestDocument): PlatformData {
  const { name, platform = {}, tags = [], isUnchanged = false } = spec;
  const { os = 'linux', architecture = 'amd64' } = platform;
  return {
    dockerfile: `src/${name}/Dockerfile`,
    simpleTags: tags,
    digest: `mcr.example/${repo}@${descriptor.digest}`,
    osType: os === 'linux' ? 'Linux' : 'Windows',
    osVersion: 'noble',
    architecture: architecture === 'arm' ? 'arm32' : architecture,
    created: '2026-01-02T03:04:05Z',
    commitUrl: '',
    layers: [],
    isUnchanged,
  };
}

/** The image of a repository of a document, the first unless told otherwise. */
export function imageOf(info: ImageInfo, repo: string, index = 0): ImageData {
  const found = info.repos.find((one) => one.repo === repo)?.images[index];
  return definite(found, `image ${index} of ${repo}`);
}
