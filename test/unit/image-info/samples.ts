import { digestOf } from '../../../shared/oci/digest.ts';
import type {
  ImageData,
  ImageInfo,
  ManifestData,
  PlatformData,
} from '../../../shared/image-info/model.ts';

/** A digest with the public name that the samples use; equal seeds give equal digests. */
export function sampleDigest(seed: string, repo = 'app'): string {
  return `mcr.example/${repo}@${digestOf(new TextEncoder().encode(seed))}`;
}

/** A platform of `src/Dockerfile` for amd64 with one tag, as a build job writes it. */
export function samplePlatform(changes: Partial<PlatformData> = {}): PlatformData {
  return {
    dockerfile: 'src/Dockerfile',
    simpleTags: ['1.0-amd64'],
    digest: sampleDigest('amd64'),
    osType: 'Linux',
    osVersion: 'noble',
    architecture: 'amd64',
    commitUrl: '',
    layers: [],
    isUnchanged: false,
    ...changes,
  };
}

/** A platform of another architecture, with a digest and a tag of its own. */
export function samplePlatformOf(architecture: string): PlatformData {
  return samplePlatform({
    architecture,
    simpleTags: [`1.0-${architecture}`],
    digest: sampleDigest(architecture),
  });
}

/** What a build job knows of a list: the shared tags. */
export function sampleManifest(...sharedTags: readonly string[]): ManifestData {
  return { syndicatedDigests: [], sharedTags };
}

/** A document with images of one repository. */
export function sampleInfo(images: readonly ImageData[], repo = 'app'): ImageInfo {
  return { schemaVersion: '2.0', repos: [{ repo, images }] };
}
