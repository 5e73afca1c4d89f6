import assert from 'node:assert/strict';
import fc from 'fast-check';
import { mergeFragments } from '../../../shared/image-info/merge.ts';
import type { ImageData, ImageInfo } from '../../../shared/image-info/model.ts';
import { anyFragments, buildFragments, variantFragments } from './arbitraries.ts';
import { fragmentsOf, imagesOf, merged } from './merge-support.ts';
import { sampleInfo, sampleManifest, samplePlatform } from './samples.ts';

describe('image-info mergeFragments, order', () => {
  it('sorts repositories by name', () => {
    const fragments = ['b', 'a/c', 'a'].map((repo) => ({
      file: `${repo}.json`,
      imageInfo: sampleInfo([], repo),
    }));
    assert.deepEqual(
      merged(fragments).repos.map(({ repo }) => repo),
      ['a', 'a/c', 'b'],
    );
  });

  it('sorts images by product version as text, then by platform, then by shared tag', () => {
    const image = (version: string, dockerfile: string, tag: string): ImageData => ({
      productVersion: version,
      manifest: sampleManifest(tag),
      platforms: [samplePlatform({ dockerfile })],
    });
    const ordered = [
      image('10.0', 'b', 'z'),
      image('8.0', 'a', 'y'),
      image('8.0', 'b', 'v'),
      image('8.0', 'b', 'w'),
    ];
    assert.deepEqual(imagesOf(fragmentsOf(...ordered.toReversed())), ordered);
  });

  it('sorts platforms by Dockerfile, architecture and operating system', () => {
    const ordered = [
      samplePlatform({ dockerfile: 'a', architecture: 'arm64', simpleTags: ['1'] }),
      samplePlatform({ dockerfile: 'b', architecture: 'amd64', simpleTags: ['2'] }),
      samplePlatform({ dockerfile: 'b', architecture: 'arm32', osVersion: 'a', simpleTags: ['3'] }),
      samplePlatform({ dockerfile: 'b', architecture: 'arm32', osVersion: 'b', simpleTags: ['4'] }),
    ];
    const [image] = imagesOf(fragmentsOf({ platforms: ordered.toReversed() }));
    assert.deepEqual(image?.platforms, ordered);
  });

  it('never depends on the order of the fragments', () => {
    const shuffled = anyFragments.chain((fragments) =>
      fc.tuple(
        fc.constant(fragments),
        fc.shuffledSubarray([...fragments], { minLength: fragments.length }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([one, other]) => {
        assert.deepEqual(mergeFragments(other), mergeFragments(one));
      }),
    );
  });

  const documents = [
    { where: '', builds: buildFragments },
    { where: ', with platforms of one Dockerfile', builds: variantFragments },
  ];
  for (const { where, builds } of documents) {
    it(`gives the same again when its result is merged, alone or beside the fragments${where}`, () => {
      fc.assert(
        fc.property(builds, (fragments) => {
          const result = { file: 'merged.json', imageInfo: merged(fragments) };
          assert.deepEqual(merged([result]), result.imageInfo);
          assert.deepEqual(merged([result, ...fragments]), result.imageInfo);
        }),
      );
    });

    it(`loses no platform${where}, nor what is not known of one`, () => {
      fc.assert(
        fc.property(builds, (fragments) => {
          const origins = (infos: readonly ImageInfo[]): readonly string[] => [
            ...new Set(
              infos
                .flatMap(({ repos }) => repos.flatMap(({ images }) => images))
                .flatMap(({ platforms }) => platforms.map((row) => JSON.stringify(row['xOrigin']))),
            ),
          ];
          const before = origins(fragments.map(({ imageInfo }) => imageInfo));
          assert.deepEqual(origins([merged(fragments)]).toSorted(), before.toSorted());
        }),
      );
    });
  }
});
