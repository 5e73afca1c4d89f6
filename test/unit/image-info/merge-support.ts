import assert from 'node:assert/strict';
import { mergeFragments } from '../../../shared/image-info/merge.ts';
import type { Fragment, MergeOptions } from '../../../shared/image-info/merge.ts';
import type { ImageData, ImageInfo, PlatformData } from '../../../shared/image-info/model.ts';
import { sampleInfo } from './samples.ts';

/** A fragment for each image: `job-1.json`, `job-2.json`, … */
export function fragmentsOf(...images: readonly ImageData[]): readonly Fragment[] {
  return images.map((image, index) => ({
    file: `job-${index + 1}.json`,
    imageInfo: sampleInfo([image]),
  }));
}

/** The merge, which must succeed. */
export function merged(fragments: readonly Fragment[], options: MergeOptions = {}): ImageInfo {
  const result = mergeFragments(fragments, options);
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
}

/** The images of the merge. */
export function imagesOf(
  fragments: readonly Fragment[],
  options: MergeOptions = {},
): readonly ImageData[] {
  return merged(fragments, options).repos.flatMap(({ images }) => images);
}

/** The one platform that rows of different files become. */
export function platformOf(...rows: readonly PlatformData[]): PlatformData | undefined {
  const fragments = fragmentsOf(...rows.map((row) => ({ platforms: [row] })));
  return imagesOf(fragments)[0]?.platforms[0];
}
