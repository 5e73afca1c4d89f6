import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ImageInfo } from '../../../shared/image-info/model.ts';
import { withoutMarks, withoutUnchanged } from '../../../shared/image-info/trim.ts';
import { imageInfos } from './arbitraries.ts';
import {
  sampleDigest,
  sampleInfo,
  sampleManifest,
  samplePlatform,
  samplePlatformOf,
} from './samples.ts';

const CHANGED = samplePlatformOf('amd64');
const UNCHANGED = samplePlatform({ ...samplePlatformOf('arm64'), isUnchanged: true });

function marksOf(info: ImageInfo): readonly boolean[] {
  return info.repos.flatMap(({ images }) =>
    images.flatMap(({ platforms }) => platforms.map(({ isUnchanged }) => isUnchanged)),
  );
}

describe('trim withoutUnchanged', () => {
  it('leaves unchanged platforms out and keeps the list of their image', () => {
    const manifest = sampleManifest('1.0');
    const info = sampleInfo([{ manifest, platforms: [UNCHANGED, CHANGED] }]);
    assert.deepEqual(withoutUnchanged(info), sampleInfo([{ manifest, platforms: [CHANGED] }]));
  });

  it('leaves out images and repositories that have nothing else, lists included', () => {
    const image = { manifest: sampleManifest('1.0'), platforms: [UNCHANGED] };
    const info: ImageInfo = {
      ...sampleInfo([image, { platforms: [CHANGED] }]),
      xNote: 'kept',
    };
    const others = sampleInfo([image, image], 'other').repos;
    assert.deepEqual(withoutUnchanged({ ...info, repos: [...info.repos, ...others] }), {
      ...sampleInfo([{ platforms: [CHANGED] }]),
      xNote: 'kept',
    });
  });

  it('keeps a list of which no platform was ever named, and no image of which nothing was made', () => {
    const list = { ...sampleManifest('1.0'), digest: sampleDigest('list') };
    const kept = { manifest: list, platforms: [] };
    const planned = { manifest: { ...list, digest: '' }, platforms: [] };
    const info = sampleInfo([kept, planned, { platforms: [] }]);
    assert.deepEqual(withoutUnchanged(info), sampleInfo([kept]));
  });

  it('leaves nothing that is unchanged or empty, and nothing the second time', () => {
    fc.assert(
      fc.property(imageInfos, (info) => {
        const trimmed = withoutUnchanged(info);
        assert.ok(marksOf(trimmed).every((isUnchanged) => !isUnchanged));
        assert.equal(marksOf(trimmed).length, marksOf(info).filter((mark) => !mark).length);
        assert.ok(trimmed.repos.every(({ images }) => images.length > 0));
        assert.deepEqual(withoutUnchanged(trimmed), trimmed);
      }),
    );
  });
});

describe('trim withoutMarks', () => {
  it('changes nothing but the marks', () => {
    fc.assert(
      fc.property(imageInfos, (info) => {
        const text = JSON.stringify(info).replaceAll('"isUnchanged":true', '"isUnchanged":false');
        assert.deepEqual(JSON.parse(JSON.stringify(withoutMarks(info))), JSON.parse(text));
      }),
    );
  });
});
