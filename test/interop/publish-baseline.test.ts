import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { orThrow } from '../../shared/core/result.ts';
import type { ImageInfo } from '../../shared/image-info/model.ts';
import { parseImageInfo } from '../../shared/image-info/parse.ts';
import { digestsOf } from '../../shared/image-info/select.ts';
import { assertSucceeded } from './support/assertions.ts';
import { createProduct } from './support/product.ts';
import type { Product } from './support/product.ts';
import { createSite } from './support/site.ts';
import type { Site } from './support/site.ts';
import { SHARED_DIR } from './real-manifest.ts';

/** What was published of the samples before: an older version of the same product. */
const BEFORE = join(SHARED_DIR, 'data', 'history', 'samples-20211227-syndicated.json');

const COMMIT = '0123456789abcdef0123456789abcdef01234567';

async function read(file: string): Promise<ImageInfo> {
  const failure = { code: 'IMAGE_INFO_INVALID', subject: file } as const;
  return orThrow(parseImageInfo(await readFile(file), file), failure);
}

/** The digest behind each tag, by `repository:tag`. */
function tagsOf(info: ImageInfo): ReadonlyMap<string, string> {
  return new Map(
    digestsOf(info).flatMap(({ repo, digest, tags }) =>
      tags.map((tag) => [`${repo}:${tag}`, digest] as const),
    ),
  );
}

describe('PublishArtifacts with the image-info that was published before', function () {
  this.timeout(600_000);
  let site: Site;
  let samples: Product;

  before(async () => {
    site = await createSite();
    const imageInfo = 'image-info.dotnet-dotnet-docker-main-samples.json';
    samples = await createProduct(site, { name: 'samples', imageInfo });
    assertSucceeded(await samples.createLists());
  });

  after(async () => {
    await samples.dispose();
    await site.dispose();
  });

  it('moves the tags of the release, keeps all others, and does the same the second time', async () => {
    const unsigned = { requireSignatures: 'none', trustPolicy: '', trustStore: '' };
    const inputs = { ...unsigned, commitOverride: COMMIT, artifactName: '' };
    const first = await samples.publish({ ...inputs, baselineImageInfo: BEFORE });
    assertSucceeded(first);
    const final = first.outputs['imageInfoPath'] ?? '';
    const released = tagsOf(await read(join(samples.artifact('image-info'), 'image-info.json')));
    const [before, after] = [tagsOf(await read(BEFORE)), tagsOf(await read(final))];
    const moved = [...before.keys()].filter((tag) => released.has(tag));
    assert.ok(moved.length > 0 && moved.length < before.size, `${moved.length} tags move`);
    assert.deepEqual([...after].toSorted(), [...new Map([...before, ...released])].toSorted());
    const text = await readFile(final, 'utf8');
    assert.ok(text.includes(`/blob/${COMMIT}/`));
    assert.doesNotMatch(text, /isUnchanged/);
    const again = await samples.publish({ ...inputs, baselineImageInfo: final });
    assertSucceeded(again);
    assert.equal(await readFile(again.outputs['imageInfoPath'] ?? '', 'utf8'), text);
  });
});
