import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { orThrow } from '../../shared/core/result.ts';
import { incompleteImages, indexManifest } from '../../shared/build-manifest/match.ts';
import type { BuildManifest } from '../../shared/build-manifest/model.ts';
import type { ImageInfo } from '../../shared/image-info/model.ts';
import { parseImageInfo } from '../../shared/image-info/parse.ts';
import { declarationsOf } from '../../tasks/CreateManifestLists/documents.ts';
import { wantedLists } from '../../tasks/CreateManifestLists/lists.ts';
import { loadRealManifest, SHARED_DIR } from './real-manifest.ts';

async function realImageInfo(): Promise<ImageInfo> {
  const name = 'image-info.dotnet-dotnet-docker-main.json';
  const bytes = await readFile(join(SHARED_DIR, 'data', 'image-info', name));
  return orThrow(parseImageInfo(bytes, name), { code: 'IMAGE_INFO_INVALID', subject: name });
}

describe('build-manifest loadBuildManifest, real manifest', () => {
  let manifest: BuildManifest;

  before(async () => {
    manifest = await loadRealManifest();
  });

  it('resolves to 1,862 tags: 520 shared and 1,342 of platforms', () => {
    const images = manifest.repos.flatMap((repo) => repo.images);
    const platforms = images.flatMap((image) => image.platforms);
    assert.deepEqual([manifest.repos.length, images.length, platforms.length], [7, 262, 601]);
    assert.equal(images.flatMap(({ sharedTags }) => sharedTags).length, 520);
    assert.equal(platforms.flatMap(({ tags }) => tags).length, 1342);
  });

  it('matches every image and platform of the real image-info, with the same tags', async () => {
    const info = await realImageInfo();
    const index = indexManifest(manifest);
    const images = info.repos.flatMap(({ repo, images: rows }) =>
      rows.map((image) => ({ repo, image })),
    );
    assert.equal(images.length, 261);
    const declared = images.map(({ repo, image }) => index.imageOf(repo, image));
    assert.equal(new Set(declared.filter((image) => image !== undefined)).size, 261);
    let platforms = 0;
    for (const { repo, image } of images) {
      const sharedTags = index.imageOf(repo, image)?.sharedTags.map(({ name }) => name) ?? [];
      assert.deepEqual(sharedTags.toSorted(), image.manifest?.sharedTags ?? []);
      for (const row of image.platforms) {
        const match = index.platformOf(repo, image, row);
        assert.equal(match?.image, index.imageOf(repo, image));
        assert.equal(match?.platform.dockerfile, row.dockerfile);
        assert.deepEqual(match.platform.tags.map(({ name }) => name).toSorted(), row.simpleTags);
        platforms += 1;
      }
    }
    assert.equal(platforms, 599);
  });

  it('has all 207 lists of the real image-info, with declared platforms only', async () => {
    const imageInfo = await realImageInfo();
    const declared = { manifest, index: indexManifest(manifest) };
    const lists = wantedLists(imageInfo, declarationsOf({ imageInfo, declared }));
    assert.equal(lists.ok ? lists.value.length : lists.problems, 207);
  });

  it('finds nothing missing in the images that were built', async () => {
    assert.deepEqual(incompleteImages(manifest, await realImageInfo()), []);
  });
});
