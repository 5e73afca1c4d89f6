import type { ErrorCode } from '../../shared/core/errors.ts';
import { renderProblems } from '../../shared/core/result.ts';
import { counted, neutralise } from '../../shared/core/text.ts';
import { attestsTo, isAttestation } from '../../shared/oci/attestation.ts';
import type { Descriptor } from '../../shared/oci/descriptor.ts';
import type { Digest } from '../../shared/oci/digest.ts';
import { platformOfConfig } from '../../shared/oci/image-config.ts';
import { leanDescriptor } from '../../shared/oci/inline-content.ts';
import { readManifest } from '../../shared/oci/manifest-document.ts';
import type { ManifestDocument, ManifestLinks } from '../../shared/oci/manifest-document.ts';
import { isIndexType } from '../../shared/oci/media-types.ts';
import { formatReference } from '../../shared/oci/reference.ts';
import type { Repository } from '../../shared/oci/reference.ts';
import type { RegistryReader } from '../../shared/ports/registry.ts';
import type { Attestations } from './inputs.ts';

/** The image of one platform as a registry has it. */
export interface PlatformImage {
  /** Of the image manifest, with the platform that its config names. */
  readonly descriptor: Descriptor;
  /** Bytes of the manifest, its config and its layers. */
  readonly bytes: number;
  /** Where it was found. */
  readonly repository: Repository;
  /** The index that it was taken out of; absent when the image was pushed alone. */
  readonly index: Digest | undefined;
  /** Entries of that index that attest to the image; empty unless they are to be kept. */
  readonly attestations: readonly Descriptor[];
}

/** What keeps a platform image from being listed. */
export interface Finding {
  readonly code: ErrorCode;
  readonly message: string;
}

/** An image, or why there is none. */
export type Reading =
  | { readonly kind: 'found'; readonly image: PlatformImage }
  | { readonly kind: 'refused'; readonly finding: Finding };

/** Reads platform images. */
export interface ImageSource {
  readonly registry: RegistryReader;
  readonly attestations: Attestations;
}

/** A manifest by its digest, where it may be: the first repository that has it counts. */
export interface ImagePlace {
  readonly repositories: readonly Repository[];
  readonly digest: Digest;
}

/**
 * Reads the image of a platform: its manifest, and the config that names the platform. An index that holds exactly one
 * image, beside attestations, stands for that image.
 *
 * Of manifests only what the image needs is held while something is waited for: many are, and each may have 8 MiB.
 */
export async function readPlatformImage(
  place: ImagePlace,
  source: ImageSource,
  signal: AbortSignal,
): Promise<Reading> {
  const found = await findImage(place, source, signal);
  return found.kind === 'refused' ? found : withPlatform(found.value, source, signal);
}

/** An image of which all is known but the platform. */
interface UnnamedImage {
  readonly image: PlatformImage;
  readonly config: Descriptor;
}

async function findImage(
  { repositories, digest }: ImagePlace,
  source: ImageSource,
  signal: AbortSignal,
): Promise<Outcome<UnnamedImage>> {
  for (const repository of repositories) {
    const manifest = await source.registry.getManifest(repository, digest, signal);
    if (manifest === undefined) continue;
    const located = { repository, manifest };
    if (!isIndexType(manifest.descriptor.mediaType)) return imageOf(located);
    const indexed = indexedImage(located, source.attestations);
    return indexed.kind === 'refused' ? indexed : findIndexed(indexed.value, source, signal);
  }
  return refuse('PLATFORM_NOT_FOUND', 'is not in the registry');
}

interface Located {
  readonly repository: Repository;
  readonly manifest: ManifestDocument;
}

/** The only image of an index. */
interface IndexedImage {
  readonly repository: Repository;
  readonly digest: Digest;
  readonly index: Digest;
  /** Entries that attest to it; empty unless they are to be kept. */
  readonly attestations: readonly Descriptor[];
}

function indexedImage(
  { repository, manifest }: Located,
  attestations: Attestations,
): Outcome<IndexedImage> {
  const links = linksOf(manifest);
  if (links.kind === 'refused') return links;
  const { manifests } = links.value;
  const images = manifests.filter((entry) => !isAttestation(entry));
  const [entry] = images;
  if (entry === undefined || images.length > 1) {
    return refuseIndex(`, of ${counted(images.length, 'image')}`);
  }
  const { digest } = entry;
  const kept = attestations === 'keep' ? manifests.filter((one) => attestsTo(one, digest)) : [];
  const index = manifest.descriptor.digest;
  return { kind: 'read', value: { repository, digest, index, attestations: kept } };
}

async function findIndexed(
  indexed: IndexedImage,
  source: ImageSource,
  signal: AbortSignal,
): Promise<Outcome<UnnamedImage>> {
  const { repository, index, attestations } = indexed;
  const found = await findEntry(indexed, source, signal);
  if (found.kind === 'refused') return found;
  for (const { digest } of attestations) {
    if ((await source.registry.resolveTag(repository, digest, signal)) === undefined) {
      return refuse('PLATFORM_NOT_FOUND', `names the attestation ${digest}, which is not there`);
    }
  }
  const { image, config } = found.value;
  return { kind: 'read', value: { image: { ...image, index, attestations }, config } };
}

async function findEntry(
  { repository, digest }: IndexedImage,
  { registry }: ImageSource,
  signal: AbortSignal,
): Promise<Outcome<UnnamedImage>> {
  const manifest = await registry.getManifest(repository, digest, signal);
  if (manifest === undefined) {
    return refuse('PLATFORM_NOT_FOUND', `names ${digest}, which is not in the registry`);
  }
  if (isIndexType(manifest.descriptor.mediaType)) return refuseIndex(' of manifest lists');
  return imageOf({ repository, manifest });
}

function refuseIndex(what: string): Refused {
  return refuse(
    'PLATFORM_UNSUPPORTED',
    `is itself a manifest list${what}, not the image of one platform`,
  );
}

function imageOf({ repository, manifest }: Located): Outcome<UnnamedImage> {
  const { mediaType, digest, size } = manifest.descriptor;
  const links = linksOf(manifest);
  if (links.kind === 'refused') return links;
  const { config, layers } = links.value;
  if (config === undefined) {
    return refuse('PLATFORM_UNSUPPORTED', `has no config (${neutralise(mediaType)})`);
  }
  const bytes = [config, ...layers].reduce((sum, blob) => sum + blob.size, size);
  const descriptor = { mediaType, digest, size };
  const image = { descriptor, bytes, repository, index: undefined, attestations: [] };
  return { kind: 'read', value: { image, config: leanDescriptor(config) } };
}

async function withPlatform(
  { image, config }: UnnamedImage,
  { registry }: ImageSource,
  signal: AbortSignal,
): Promise<Reading> {
  const platform = platformOfConfig(await registry.getBlob(image.repository, config, signal));
  if (!platform.ok) {
    const problems = platform.problems.map(({ path, message }) => `${path}: ${message}`).join('; ');
    return refuse('PLATFORM_UNSUPPORTED', `has a config whose ${problems}`);
  }
  const descriptor = { ...image.descriptor, platform: platform.value };
  return { kind: 'found', image: { ...image, descriptor } };
}

type Outcome<T> = { readonly kind: 'read'; readonly value: T } | Refused;
type Refused = Extract<Reading, { readonly kind: 'refused' }>;

function linksOf(manifest: ManifestDocument): Outcome<ManifestLinks> {
  const links = readManifest(manifest);
  if (links.ok) return { kind: 'read', value: links.value };
  return refuse('PLATFORM_UNSUPPORTED', renderProblems(links.problems).trim());
}

function refuse(code: ErrorCode, message: string): Refused {
  return { kind: 'refused', finding: { code, message } };
}

/** Where an image would have been, for messages: `host/name@sha256:…`. */
export function placeName({ repositories: [repository], digest }: ImagePlace): string {
  return repository === undefined ? digest : formatReference(repository, digest);
}
