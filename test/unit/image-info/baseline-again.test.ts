import assert from 'node:assert/strict';
import fc from 'fast-check';
import { groupBy } from '../../../shared/core/group-by.ts';
import { mergeIntoBaseline } from '../../../shared/image-info/baseline.ts';
import { describePlatform, platformKey } from '../../../shared/image-info/identity.ts';
import type { ImageData, ImageInfo, PlatformData } from '../../../shared/image-info/model.ts';
import { AMD64, ARM64, publish, row } from './baseline-support.ts';
import { sampleDigest, sampleInfo, sampleManifest } from './samples.ts';

describe('image-info mergeIntoBaseline, rows of one Dockerfile that were published before', () => {
  const cases: readonly {
    readonly name: string;
    readonly baseline: readonly ImageData[];
    readonly release: readonly ImageData[];
    readonly expected: readonly ImageData[];
  }[] = [
    {
      name: 'keeps the other of two tagless rows when one of them is released again',
      baseline: [{ platforms: [row('a'), row('b')] }],
      release: [{ platforms: [row('b')] }],
      expected: [{ platforms: [row('b'), row('a')] }],
    },
    {
      name: 'keeps the other of two tagless rows when one of them is released in an image with others',
      baseline: [{ platforms: [row('a'), row('b')] }],
      release: [{ platforms: [row('b'), ARM64] }],
      expected: [{ platforms: [row('b'), row('a'), ARM64] }],
    },
    {
      name: 'replaces the tagless row that was not built again, and not the one that is left out',
      baseline: [{ platforms: [row('a'), row('b')] }],
      release: [{ platforms: [row('c'), { ...row('a'), isUnchanged: true }] }],
      expected: [{ platforms: [row('a'), row('c')] }],
    },
    {
      name: 'replaces the only tagless row, whatever is left out',
      baseline: [{ platforms: [row('a')] }],
      release: [{ platforms: [{ ...row('b'), isUnchanged: true }, row('c')] }],
      expected: [{ platforms: [row('c')] }],
    },
    {
      name: 'replaces the row of the same digest when its tags are new, and keeps the one before it',
      baseline: [{ platforms: [row('a', '1.0-a'), row('b', '1.0-b')] }],
      release: [{ platforms: [row('b', '1.0-new')] }],
      expected: [{ platforms: [row('a', '1.0-a'), row('b', '1.0-new')] }],
    },
    {
      name: 'keeps a tag of a row that is left out when another takes the other tag',
      baseline: [{ platforms: [row('a', '1.0-a', '1.0-b')] }],
      release: [{ platforms: [row('c', '1.0-a'), { ...row('a', '1.0-b'), isUnchanged: true }] }],
      expected: [{ platforms: [row('c', '1.0-a'), row('a', '1.0-b')] }],
    },
    {
      name: 'does not take two rows without a digest for one',
      baseline: [{ platforms: [{ ...row('a', 'a'), digest: '' }, row('b', 'b')] }],
      release: [{ platforms: [row('b', 'c')] }],
      expected: [{ platforms: [{ ...row('a', 'a'), digest: '' }, row('b', 'c')] }],
    },
  ];
  for (const { name, baseline, release, expected } of cases) {
    it(name, () => {
      const sorted = (images: readonly ImageData[]): readonly unknown[] =>
        images.map((image) => ({
          ...image,
          platforms: image.platforms
            .map((platform) => JSON.stringify(platform, Object.keys(platform).toSorted()))
            .toSorted(),
        }));
      const once = publish(baseline, release);
      assert.deepEqual(sorted(once), sorted(expected));
      assert.deepEqual(publish(once, release), once);
    });
  }
});

/** The digest of nothing, and a few: rows are to meet. */
const DIGESTS = ['', ...['1', '2', '3', '4'].map((seed) => sampleDigest(seed))];

/** What a row of any document may be. */
const rows: fc.Arbitrary<PlatformData> = fc
  .record({
    dockerfile: fc.constantFrom('a/Dockerfile', 'b/Dockerfile'),
    simpleTags: fc.subarray(['a', 'b', 'c', 'd'], { maxLength: 2 }),
    digest: fc.constantFrom(...DIGESTS),
    commitUrl: fc.constantFrom('', ...['a', 'b', 'c'].map((digit) => `u/${digit.repeat(40)}`)),
    isUnchanged: fc.boolean(),
  })
  .map((changes) => ({ ...AMD64, ...changes }));

const images: fc.Arbitrary<ImageData> = fc
  .record({
    tags: fc.constantFrom([], ['list'], ['latest', 'list']),
    platforms: fc.array(rows, { maxLength: 3 }),
    extra: fc.constantFrom({}, { xExtra: 1 }, { productVersion: '1.0' }),
  })
  .map(({ tags, platforms, extra }) => ({
    ...extra,
    ...(tags.length === 0 ? {} : { manifest: sampleManifest(...tags) }),
    platforms,
  }));

/** Documents of one repository in which a tag stands for one thing. */
const documents: fc.Arbitrary<ImageInfo> = fc
  .array(images, { minLength: 1, maxLength: 3 })
  .map((all) => {
    const used = new Set<string>();
    const unused = (tags: readonly string[]): readonly string[] =>
      tags.filter((tag) => used.size < used.add(tag).size);
    return sampleInfo(
      all.map((image) => ({
        ...image,
        ...(image.manifest === undefined
          ? {}
          : {
              manifest: { ...image.manifest, sharedTags: unused(image.manifest.sharedTags) },
            }),
        platforms: image.platforms.map((one) => ({ ...one, simpleTags: unused(one.simpleTags) })),
      })),
    );
  });

/** Digests of the rows by their key. */
function digestsByKey(
  info: ImageInfo,
  isIn: (row: PlatformData) => boolean = () => true,
): ReadonlyMap<string, readonly string[]> {
  const found = info.repos.flatMap(({ images: all }) =>
    all.flatMap(({ platforms, productVersion }) =>
      platforms
        .filter(isIn)
        .map((one) => ({ key: platformKey(one, productVersion), digest: one.digest })),
    ),
  );
  return new Map(
    [...groupBy(found, ({ key }) => key)].map(([key, all]) => [
      key,
      all.map(({ digest }) => digest).toSorted(),
    ]),
  );
}

/** What of a list another does not have, each as often as it is there. */
function missing(from: readonly string[], there: readonly string[]): readonly string[] {
  const left = [...there];
  return from.filter((one) => {
    const index = left.indexOf(one);
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
}

const options = fc.record(
  { includeUnchanged: fc.boolean(), commitOverride: fc.constant('c'.repeat(40)) },
  { requiredKeys: ['includeUnchanged'] },
);
const RUNS = { numRuns: 500 };

describe('image-info mergeIntoBaseline, rows that meet in every way', () => {
  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(documents, documents, options, (baseline, release, more) => {
        const first = mergeIntoBaseline({ baseline, release, ...more });
        const second = mergeIntoBaseline({ baseline: first.imageInfo, release, ...more });
        assert.deepEqual(second, { imageInfo: first.imageInfo, movedTags: [], removed: [] });
      }),
      RUNS,
    );
  });

  it('lets no published row go of a key that is not released, unless it tells', () => {
    fc.assert(
      fc.property(documents, documents, options, (baseline, release, more) => {
        const { imageInfo, removed } = mergeIntoBaseline({ baseline, release, ...more });
        const isTold = (one: PlatformData): boolean =>
          removed.includes(describePlatform('app', one));
        const released = digestsByKey(release, (one) => more.includeUnchanged || !one.isUnchanged);
        const after = digestsByKey(imageInfo);
        for (const [key, digests] of digestsByKey(baseline, (one) => !isTold(one))) {
          if (!released.has(key)) assert.deepEqual(after.get(key), digests);
        }
      }),
      RUNS,
    );
  });

  it('lets a published row without a tag go only for a digest that was not there', () => {
    fc.assert(
      fc.property(documents, documents, options, (baseline, release, more) => {
        const isTagless = ({ simpleTags }: PlatformData): boolean => simpleTags.length === 0;
        const { imageInfo } = mergeIntoBaseline({ baseline, release, ...more });
        const after = digestsByKey(imageInfo, isTagless);
        const released = digestsByKey(release, isTagless);
        for (const [key, digests] of digestsByKey(baseline, isTagless)) {
          const [built, known] = [released.get(key) ?? [], digests.filter((one) => one !== '')];
          // A row without a digest may be any of them.
          const gone = missing(digests, after.get(key) ?? []);
          assert.ok(gone.length <= missing(built, known).length);
        }
      }),
      RUNS,
    );
  });
});
