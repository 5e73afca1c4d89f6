import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { orThrow } from '../../shared/core/result.ts';
import { indexManifest } from '../../shared/build-manifest/match.ts';
import { withoutStale } from '../../shared/build-manifest/stale.ts';
import { mergeIntoBaseline } from '../../shared/image-info/baseline.ts';
import type { ImageInfo, PlatformData } from '../../shared/image-info/model.ts';
import { parseImageInfo } from '../../shared/image-info/parse.ts';
import { digestsOf } from '../../shared/image-info/select.ts';
import { serialiseImageInfo } from '../../shared/image-info/write.ts';
import { loadRealManifest, SHARED_DIR } from './real-manifest.ts';

const MAIN = 'image-info/image-info.dotnet-dotnet-docker-main.json';
const SAMPLES = 'image-info/image-info.dotnet-dotnet-docker-main-samples.json';

async function real(name: string): Promise<ImageInfo> {
  const bytes = await readFile(join(SHARED_DIR, 'data', name));
  return orThrow(parseImageInfo(bytes, name), { code: 'IMAGE_INFO_INVALID', subject: name });
}

async function textOf(name: string): Promise<string> {
  return await readFile(join(SHARED_DIR, 'data', name), 'utf8');
}

function written(info: ImageInfo): string {
  return new TextDecoder().decode(serialiseImageInfo(info));
}

/** The document with some rows changed. */
function mapRows(info: ImageInfo, change: (row: PlatformData) => PlatformData): ImageInfo {
  const repos = info.repos.map((repo) => ({
    ...repo,
    images: repo.images.map((image) => ({ ...image, platforms: image.platforms.map(change) })),
  }));
  return { ...info, repos };
}

/** A release as a build hands it over: what was published before is marked. */
function releaseOf(after: ImageInfo, before: ImageInfo): ImageInfo {
  const rows = before.repos.flatMap(({ images }) => images.flatMap(({ platforms }) => platforms));
  const published = new Set(rows.map(({ digest }) => digest));
  return mapRows(after, (row) => ({ ...row, isUnchanged: published.has(row.digest) }));
}

describe('image-info mergeIntoBaseline, successive real versions', () => {
  it('makes the current main from that of 2024, byte for byte', async () => {
    const [before, after] = [await real('history/main-20240315-tagless.json'), await real(MAIN)];
    const manifest = await loadRealManifest();
    const failure = { code: 'BUILD_MANIFEST_MISMATCH', subject: 'The baseline' } as const;
    const fresh = orThrow(withoutStale(before, manifest), failure);
    assert.ok(fresh.removed.length > 0);
    const { keyOf } = indexManifest(manifest);
    const merge = { baseline: fresh.imageInfo, imageKeyOf: keyOf };
    const { imageInfo } = mergeIntoBaseline({ ...merge, release: releaseOf(after, before) });
    const withImages = ({ repos, ...others }: ImageInfo): ImageInfo => ({
      ...others,
      repos: repos.filter(({ images }) => images.length > 0),
    });
    assert.equal(written(withImages(imageInfo)), written(withImages(after)));
  });

  it('adds the current samples to those of 2021, without a build manifest: no tag stands for two', async () => {
    const before = await real('history/samples-20211227-syndicated.json');
    const after = await real(SAMPLES);
    const result = mergeIntoBaseline({ baseline: before, release: releaseOf(after, before) });
    const digests = digestsOf(result.imageInfo);
    const tags = digests.flatMap(({ repo, tags: names }) => names.map((tag) => `${repo}:${tag}`));
    assert.equal(new Set(tags).size, tags.length);
    assert.ok(result.movedTags.length > 0);
    const known = new Map(digests.map((row) => [`${row.repo}@${row.digest}`, row]));
    for (const row of digestsOf(after)) {
      assert.deepEqual(known.get(`${row.repo}@${row.digest}`), row);
    }
  });

  it('changes only what a partial build of main changes, and nothing the second time', async () => {
    const baseline = await real(MAIN);
    let position = 0;
    const isBuilt = (): boolean => (position += 1) % 5 === 0;
    const release = mapRows(baseline, (row) =>
      isBuilt()
        ? { ...row, created: '2026-09-01T00:00:00.1234567Z' }
        : { ...row, isUnchanged: true, commitUrl: '', layers: [] },
    );
    const { imageInfo } = mergeIntoBaseline({ baseline, release });
    const [before, after] = [await textOf(MAIN), written(imageInfo)].map((text) =>
      text.split('\n'),
    );
    const changed = after?.filter((line, index) => line !== before?.[index]) ?? [];
    assert.equal(changed.length, Math.floor(599 / 5));
    assert.ok(changed.every((line) => line.includes('2026-09-01T00:00:00.1234567Z')));
    const again = mergeIntoBaseline({ baseline: imageInfo, release });
    assert.deepEqual(again, { imageInfo, movedTags: [], removed: [] });
  });
});
