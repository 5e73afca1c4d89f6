import assert from 'node:assert/strict';
import { SMALL_RELEASE } from '../../../support/release.ts';
import { aRelease } from './support.ts';

const UNCHANGED = SMALL_RELEASE.map((image) => ({
  ...image,
  platforms: image.platforms.map((spec) => ({ ...spec, isUnchanged: true })),
}));

describe('PublishArtifacts emptyRelease', () => {
  it('says nothing of a release with images', async () => {
    const { warnings } = await (await aRelease()).plan();
    assert.deepEqual(warnings, []);
  });

  it('warns of a release of which nothing is published since all of it is unchanged', async () => {
    const release = await aRelease({ images: UNCHANGED });
    const { warnings, content } = await release.plan();
    assert.deepEqual(content, []);
    assert.deepEqual(warnings, [
      'There is nothing to publish: of image-info 3 platforms are marked as unchanged, and no other is there. Set includeUnchanged to publish them all the same.',
    ]);
    assert.deepEqual((await release.plan({ includeUnchanged: true })).warnings, []);
  });

  it('warns of an image-info without images', async () => {
    const { warnings } = await (await aRelease({ images: [] })).plan();
    assert.deepEqual(warnings, ['There is nothing to publish: image-info has no images.']);
  });
});
