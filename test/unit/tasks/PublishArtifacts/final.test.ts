import assert from 'node:assert/strict';
import { definite } from '../../../../shared/core/errors.ts';
import { parseImageInfo } from '../../../../shared/image-info/parse.ts';
import type { ImageInfo } from '../../../../shared/image-info/model.ts';
import { SMALL_RELEASE, imageOf } from '../../../support/release.ts';
import { aRelease } from './support.ts';
import type { Release } from './support.ts';

const OUTPUT = '/temp/image-info-final/image-info.json';
const BASELINE = '/workspace/baseline.json';
const COMMIT = '0123456789'.repeat(4);
const OLD_COMMIT = 'f'.repeat(40);

/** Rows of a document as they were published, with another image of another repository. */
function publishedBefore(info: ImageInfo): ImageInfo {
  const other = { ...imageOf(info, 'tools/probe') };
  const repos = info.repos.map((repo) => ({
    ...repo,
    images: repo.images.map((image) => ({
      ...image,
      platforms: image.platforms.map((row) => ({
        ...row,
        digest: row.digest.replace(/[0-9a-f]{8}$/, '00000000'),
      })),
    })),
  }));
  return { ...info, repos: [...repos, { repo: 'zoo', images: [other] }] };
}

function withCommits(info: ImageInfo): ImageInfo {
  const text = JSON.stringify(info).replaceAll(
    '"commitUrl":""',
    `"commitUrl":"https://git.example/${OLD_COMMIT}/Dockerfile"`,
  );
  return JSON.parse(text) as ImageInfo;
}

function finalOf({ files }: Release): ImageInfo {
  const info = parseImageInfo(definite(files.contents.get(OUTPUT), OUTPUT), OUTPUT);
  assert.ok(info.ok);
  return info.value;
}

describe('PublishArtifacts final image-info', () => {
  it('has the changed rows only', async () => {
    const images = SMALL_RELEASE.map((image) => ({
      ...image,
      platforms: image.platforms.map((spec) => ({ ...spec, isUnchanged: image.repo !== 'app' })),
    }));
    const release = await aRelease({ images });
    await release.publish();
    assert.deepEqual(
      finalOf(release).repos.map(({ repo }) => repo),
      ['app'],
    );
  });

  it('is the published document with the release in it, and the public commit', async () => {
    const { info } = await aRelease({ document: withCommits });
    const release = await aRelease({
      document: withCommits,
      files: { [BASELINE]: publishedBefore(info) },
    });
    await release.publish({ baseline: { path: BASELINE, commitOverride: COMMIT } });
    const final = finalOf(release);
    assert.deepEqual(
      final.repos.map(({ repo }) => repo),
      ['app', 'tools/probe', 'zoo'],
    );
    const [row] = imageOf(final, 'app').platforms;
    assert.equal(row?.digest, imageOf(info, 'app').platforms[0]?.digest);
    assert.equal(row?.commitUrl, `https://git.example/${COMMIT}/Dockerfile`);
    assert.equal(imageOf(final, 'zoo').platforms[0]?.commitUrl.includes(OLD_COMMIT), true);
  });

  it('is the same when published again into its own result', async () => {
    const release = await aRelease({ files: { [BASELINE]: { schemaVersion: '2.0', repos: [] } } });
    await release.publish({ baseline: { path: BASELINE, commitOverride: undefined } });
    const first = definite(release.files.contents.get(OUTPUT), OUTPUT);
    await release.files.write(BASELINE, first);
    await release.publish({ baseline: { path: BASELINE, commitOverride: undefined } });
    assert.deepEqual(release.files.contents.get(OUTPUT), first);
  });

  it('refuses a baseline that is no image-info before anything is read from a registry', async () => {
    const release = await aRelease({ files: { [BASELINE]: [] } });
    const baseline = { path: BASELINE, commitOverride: undefined };
    await assert.rejects(release.publish({ baseline }), {
      code: 'IMAGE_INFO_INVALID',
      message: /baseline\.json/,
    });
    assert.deepEqual(release.registry.reads, []);
  });
});
