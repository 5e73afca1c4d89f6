import assert from 'node:assert/strict';
import { withoutStale } from '../../../shared/build-manifest/stale.ts';
import { mergeIntoBaseline } from '../../../shared/image-info/baseline.ts';
import { indexManifest } from '../../../shared/build-manifest/match.ts';
import { sampleInfo, samplePlatform } from '../image-info/samples.ts';
import { loaded, PLATFORM, withImages } from './samples.ts';

const MANIFEST = loaded(
  withImages(
    { productVersion: '1.0.1', platforms: [{ ...PLATFORM, tags: { a: {} } }] },
    {
      productVersion: '2.0.0-rc.2',
      platforms: [{ ...PLATFORM, dockerfile: 'b', tags: { b: {} } }],
    },
  ),
);
const A = samplePlatform({ simpleTags: ['a'] });
const B = samplePlatform({ dockerfile: 'b/Dockerfile', simpleTags: ['b'] });

describe('build-manifest withoutStale', () => {
  it('keeps what is declared, whatever its patch version', () => {
    const info = sampleInfo([
      { productVersion: '1.0.0', platforms: [A], xNote: 1 },
      { productVersion: '2.0.0-rc.2', platforms: [B] },
    ]);
    assert.deepEqual(withoutStale(info, MANIFEST), {
      ok: true,
      value: { imageInfo: info, removed: [] },
    });
  });

  const stale = [
    { name: 'another version', image: { productVersion: '1.1.0', platforms: [A] } },
    { name: 'another prerelease', image: { productVersion: '2.0.0-rc.1', platforms: [B] } },
    { name: 'another tag state', image: { platforms: [{ ...A, simpleTags: [] }] } },
    { name: 'another Dockerfile', image: { platforms: [{ ...A, dockerfile: 'x/Dockerfile' }] } },
  ];
  for (const { name, image } of stale) {
    it(`removes an image of ${name} and names its platforms, the repository stays`, () => {
      const [row] = image.platforms;
      assert.deepEqual(withoutStale(sampleInfo([image]), MANIFEST), {
        ok: true,
        value: {
          imageInfo: sampleInfo([]),
          removed: [`app: ${row?.dockerfile ?? ''} (noble, amd64)`],
        },
      });
    });
  }

  it('removes platforms that are declared for another image than the first', () => {
    const one = { ...PLATFORM, tags: { a: {} } };
    const other = { ...PLATFORM, dockerfile: 'b', tags: { b: {} } };
    const manifest = loaded(withImages({ platforms: [one] }, { platforms: [other] }));
    assert.deepEqual(withoutStale(sampleInfo([{ platforms: [A, B] }]), manifest), {
      ok: true,
      value: {
        imageInfo: sampleInfo([{ platforms: [A] }]),
        removed: ['app: b/Dockerfile (noble, amd64)'],
      },
    });
  });

  it('removes repositories and images without platforms that are not declared', () => {
    const info = sampleInfo([{ platforms: [] }]);
    const repos = [...info.repos, ...sampleInfo([{ platforms: [A] }], 'gone').repos];
    assert.deepEqual(withoutStale({ ...info, repos }, MANIFEST), {
      ok: true,
      value: { imageInfo: sampleInfo([]), removed: ['gone: src/Dockerfile (noble, amd64)'] },
    });
  });

  it('refuses to remove everything', () => {
    assert.deepEqual(withoutStale(sampleInfo([{ platforms: [A] }], 'other'), MANIFEST), {
      ok: false,
      problems: [
        { path: 'repos', message: 'has none that the build manifest declares, only other' },
      ],
    });
  });

  it('takes an empty document, before anything is published', () => {
    const empty = { schemaVersion: '2.0', repos: [] } as const;
    const result = withoutStale(empty, MANIFEST);
    assert.deepEqual(result, { ok: true, value: { imageInfo: empty, removed: [] } });
  });

  it('makes room for a prerelease that follows another', () => {
    const baseline = withoutStale(
      sampleInfo([{ productVersion: '2.0.0-rc.1', platforms: [B] }]),
      MANIFEST,
    );
    assert.ok(baseline.ok);
    const release = sampleInfo([{ productVersion: '2.0.0-rc.2', platforms: [B] }]);
    const { imageInfo } = mergeIntoBaseline({
      baseline: baseline.value.imageInfo,
      release,
      imageKeyOf: indexManifest(MANIFEST).keyOf,
    });
    assert.deepEqual(imageInfo, release);
  });
});
