import assert from 'node:assert/strict';
import { groupImages } from '../../../shared/image-info/group-images.ts';
import type { ImageData } from '../../../shared/image-info/model.ts';
import { sampleManifest, samplePlatform, samplePlatformOf } from './samples.ts';

const AMD64 = samplePlatform();
const ARM64 = samplePlatformOf('arm64');

/** The indices of the images that are one, as `0 2, 1`. */
function groupsOf(...images: readonly ImageData[]): string {
  const sourced = images.map((value, index) => ({ file: String(index), value }));
  return groupImages(sourced, () => undefined)
    .map((group) => group.map(({ file }) => file).join(' '))
    .join(', ');
}

describe('group-images groupImages', () => {
  const cases: readonly {
    readonly name: string;
    readonly images: readonly ImageData[];
    readonly groups: string;
  }[] = [
    {
      name: 'joins images of one version with the same shared tags, in whatever order',
      images: [
        { productVersion: '8.0.1', manifest: sampleManifest('8', '8.0'), platforms: [AMD64] },
        { productVersion: '8.0.1', manifest: sampleManifest('8.0', '8'), platforms: [ARM64] },
      ],
      groups: '0 1',
    },
    {
      name: 'keeps two versions with the same shared tags apart',
      images: [
        { productVersion: '8.0.1', manifest: sampleManifest('8'), platforms: [AMD64] },
        { productVersion: '8.0.2', manifest: sampleManifest('8'), platforms: [AMD64] },
      ],
      groups: '0, 1',
    },
    {
      name: 'keeps two versions that have a platform in common apart',
      images: [
        { productVersion: '8.0.1', platforms: [AMD64] },
        { productVersion: '8.0.2', platforms: [AMD64] },
        { platforms: [AMD64] },
      ],
      groups: '0, 1, 2',
    },
    {
      name: 'joins images of one version that have a platform in common',
      images: [
        { productVersion: '8.0.1', platforms: [AMD64] },
        { productVersion: '8.0.1', platforms: [ARM64, AMD64] },
        { productVersion: '8.0.1', platforms: [ARM64] },
      ],
      groups: '0 1 2',
    },
    {
      name: 'keeps images of two versions apart that have no platforms',
      images: [
        { productVersion: '8.0.1', platforms: [] },
        { productVersion: '8.0.2', platforms: [] },
        { productVersion: '8.0.1', platforms: [] },
      ],
      groups: '0 2, 1',
    },
  ];
  for (const { name, images, groups } of cases) {
    it(name, () => {
      assert.equal(groupsOf(...images), groups);
    });
  }
});
