import fc from 'fast-check';
import type { JsonValue } from '../../../shared/core/json.ts';
import type { Fragment } from '../../../shared/image-info/merge.ts';
import type {
  ImageData,
  ImageInfo,
  ManifestData,
  PlatformData,
  RepoData,
} from '../../../shared/image-info/model.ts';
import { sampleDigest } from './samples.ts';

const tags = fc.uniqueArray(fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,8}$/), { maxLength: 3 });
const digests = fc.nat(50).map((seed) => sampleDigest(String(seed)));
const words = fc.constantFrom('a', 'b', 'c');
const created = fc.constantFrom('2026-01-02T03:04:05Z', '2026-01-02T03:04:05.1234567Z');
// Names that cannot be taken for a member of the schema, nor for an index, which JSON objects move to the front.
const unknownMembers = fc.dictionary(
  fc.stringMatching(/^x[A-Z][a-z "]{0,5}$/),
  fc.jsonValue({ maxDepth: 1 }).map((value) => JSON.parse(JSON.stringify(value)) as JsonValue),
  { maxKeys: 2, noNullPrototype: true },
);

function withUnknown<T extends object>(known: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.tuple(unknownMembers, known).map(([unknown, value]) => ({ ...unknown, ...value }));
}

const layers = fc.array(
  withUnknown(fc.record({ digest: words.map((word) => `sha256:${word}`), size: fc.nat() })),
  { maxLength: 2 },
);

const platforms: fc.Arbitrary<PlatformData> = withUnknown(
  fc.record(
    {
      dockerfile: words.map((word) => `src/${word}/Dockerfile`),
      simpleTags: tags,
      digest: fc.oneof(digests, fc.constant('')),
      baseImageDigest: digests,
      osType: fc.constantFrom('Linux', 'Windows'),
      osVersion: words,
      architecture: fc.constantFrom('amd64', 'arm64'),
      created,
      commitUrl: fc.constantFrom('', 'https://example/a'),
      layers,
      isUnchanged: fc.boolean(),
    },
    {
      requiredKeys: [
        ...(['dockerfile', 'simpleTags', 'digest', 'osType', 'osVersion', 'architecture'] as const),
        ...(['commitUrl', 'layers', 'isUnchanged'] as const),
      ],
    },
  ),
);

const manifests: fc.Arbitrary<ManifestData> = withUnknown(
  fc.record(
    {
      digest: digests,
      created,
      syndicatedDigests: fc.array(digests, { maxLength: 2 }),
      sharedTags: tags,
    },
    { requiredKeys: ['syndicatedDigests', 'sharedTags'] },
  ),
);

const images: fc.Arbitrary<ImageData> = withUnknown(
  fc.record(
    {
      productVersion: fc.constantFrom('1.0.0', '1.0.1', '2.0.0-preview.1'),
      manifest: manifests,
      platforms: fc.array(platforms, { maxLength: 3 }),
    },
    { requiredKeys: ['platforms'] },
  ),
);

const repos: fc.Arbitrary<RepoData> = withUnknown(
  fc.record({ repo: words, images: fc.array(images, { maxLength: 3 }) }),
);

/** Any document that has the shape of the schema, with unknown members at every level. */
export const imageInfos: fc.Arbitrary<ImageInfo> = withUnknown(
  fc.record({
    schemaVersion: fc.constant('2.0' as const),
    repos: fc.array(repos, { maxLength: 3 }),
  }),
);

/** Any documents as fragments, with names that may be equal. */
export const anyFragments: fc.Arbitrary<readonly Fragment[]> = fc.array(
  fc.record({ file: words.map((word) => `${word}.json`), imageInfo: imageInfos }),
  { maxLength: 4 },
);

/** Fragments of one build: each platform of an image comes from one job or from two that agree. */
export const buildFragments: fc.Arbitrary<readonly Fragment[]> = fragmentsFor(4);

/** The same with several platforms of one Dockerfile and architecture, as variants and build arguments make them. */
export const variantFragments: fc.Arbitrary<readonly Fragment[]> = fragmentsFor(2);

function fragmentsFor(architectures: number): fc.Arbitrary<readonly Fragment[]> {
  return fc
    .array(fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3), fc.boolean()), { minLength: 1, maxLength: 12 })
    .map((rows) =>
      rows.map(([job, image, platform, isUnchanged]) => ({
        file: `job-${job}.json`,
        imageInfo: oneRow({ image, platform, architectures, isUnchanged }),
      })),
    );
}

interface Row {
  readonly image: number;
  readonly platform: number;
  readonly architectures: number;
  readonly isUnchanged: boolean;
}

function oneRow({ image, platform, architectures, isUnchanged }: Row): ImageInfo {
  const row: PlatformData = {
    dockerfile: `src/${image}/Dockerfile`,
    simpleTags: [`${image}-${platform}`],
    digest: sampleDigest(`${image}-${platform}`),
    osType: 'Linux',
    osVersion: 'noble',
    architecture: `arch${platform % architectures}`,
    commitUrl: '',
    layers: [],
    isUnchanged,
    xOrigin: `${image}-${platform}`,
  };
  const manifest = { syndicatedDigests: [], sharedTags: [`${image}`] };
  const images: readonly ImageData[] = [{ ...(image > 0 ? { manifest } : {}), platforms: [row] }];
  return { schemaVersion: '2.0', repos: [{ repo: `app${image % 2}`, images }] };
}
