import assert from 'node:assert/strict';
import { platformIdentifier, platformKeys } from '../../../shared/image-info/identity.ts';
import { samplePlatform } from './samples.ts';

describe('identity platformIdentifier', () => {
  const versions = [
    { version: '8.0.1', counts: '8.0' },
    { version: '8.0.1.2', counts: '8.0' },
    { version: '10.12', counts: '10.12' },
    { version: '11.0.0-preview.7', counts: '11.0' },
    { version: '11.0-rc.1-2', counts: '11.0' },
    { version: '8', counts: '8' },
    { version: 'v8.0.1', counts: 'v8.0.1' },
    { version: '.5', counts: '.5' },
    { version: '5.', counts: '5.' },
    { version: undefined, counts: '' },
  ];
  for (const { version, counts } of versions) {
    it(`takes of version ${version ?? 'none'} ${counts === '' ? 'nothing' : counts}`, () => {
      assert.equal(
        platformIdentifier(samplePlatform(), version),
        `src/Dockerfile-amd64-Linux-noble-${counts}`,
      );
    });
  }
});

describe('identity platformKeys', () => {
  it('shares a key with rows of the same tag or of the same image', () => {
    const row = samplePlatform({ simpleTags: ['a', 'b'] });
    const keys = new Set(platformKeys(row, '8.0'));
    const same = [{ digest: '' }, { simpleTags: ['b'], digest: '' }, { simpleTags: ['c'] }];
    for (const changes of same) {
      const others = platformKeys({ ...row, ...changes }, '8.0');
      assert.ok(others.some((key) => keys.has(key)));
    }
  });

  it('does not take two rows without a digest for one image', () => {
    const [one, other] = [['a'], ['b']].map((simpleTags) =>
      platformKeys(samplePlatform({ simpleTags, digest: '' }), '8.0'),
    );
    const keys = new Set<string>(one);
    assert.ok(other?.every((key) => !keys.has(key)) === true);
  });
});
