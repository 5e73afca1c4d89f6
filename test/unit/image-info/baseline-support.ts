import { mergeIntoBaseline } from '../../../shared/image-info/baseline.ts';
import type { BaselineMerge } from '../../../shared/image-info/baseline.ts';
import type { ImageData, PlatformData } from '../../../shared/image-info/model.ts';
import { sampleDigest, sampleInfo, samplePlatform, samplePlatformOf } from './samples.ts';

/** Rows of one image, and the first of them built anew. */
export const AMD64 = samplePlatformOf('amd64');
export const ARM64 = samplePlatformOf('arm64');
export const REBUILT = samplePlatform({ ...AMD64, digest: sampleDigest('rebuilt') });

/** A row of one Dockerfile and architecture, told apart from others by its tags; the digest is that of the name. */
export function row(name: string, ...simpleTags: readonly string[]): PlatformData {
  return { ...AMD64, simpleTags, digest: sampleDigest(name) };
}

/** The images of a baseline into which a release of these images was merged. */
export function publish(
  baseline: readonly ImageData[],
  release: readonly ImageData[],
  options: Omit<BaselineMerge, 'baseline' | 'release'> = {},
): readonly ImageData[] {
  const result = mergeIntoBaseline({
    baseline: sampleInfo(baseline),
    release: sampleInfo(release),
    ...options,
  });
  return result.imageInfo.repos.flatMap(({ images }) => images);
}
