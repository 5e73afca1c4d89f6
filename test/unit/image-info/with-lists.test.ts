import assert from 'node:assert/strict';
import { formatCreated, withLists } from '../../../shared/image-info/with-lists.ts';
import { sampleDigest, sampleInfo, sampleManifest, samplePlatform } from './samples.ts';

describe('image-info withLists', () => {
  const record = {
    digest: sampleDigest('list'),
    created: '2026-01-02T03:04:05Z',
    sharedTags: ['1.0'],
    syndicatedDigests: [],
  };

  it('records a list in its image and leaves the others as they are', () => {
    const listed = { manifest: { ...sampleManifest('1.0'), x: 1 }, platforms: [samplePlatform()] };
    const other = { manifest: sampleManifest('2.0'), platforms: [] };
    const info = { ...sampleInfo([listed, other]), y: 2 };
    const result = withLists(info, (repo, image) =>
      repo.repo === 'app' && image === listed ? record : undefined,
    );
    const manifest = { ...record, x: 1 };
    assert.deepEqual(result, { ...sampleInfo([{ ...listed, manifest }, other]), y: 2 });
    assert.deepEqual(listed.manifest, { ...sampleManifest('1.0'), x: 1 });
  });

  it('replaces what was recorded before', () => {
    const before = {
      ...sampleManifest('1.0'),
      digest: sampleDigest('old'),
      syndicatedDigests: ['x'],
    };
    const [repo] = withLists(sampleInfo([{ manifest: before, platforms: [] }]), () => record).repos;
    assert.deepEqual(repo?.images[0]?.manifest, record);
  });
});

describe('image-info formatCreated', () => {
  const times = [
    { time: '2026-01-02T03:04:05.000Z', text: '2026-01-02T03:04:05Z' },
    { time: '2026-01-02T03:04:10.000Z', text: '2026-01-02T03:04:10Z' },
    { time: '2026-01-02T03:04:05.120Z', text: '2026-01-02T03:04:05.12Z' },
    { time: '2026-01-02T03:04:05.123Z', text: '2026-01-02T03:04:05.123Z' },
  ] as const;
  for (const { time, text } of times) {
    it(`writes ${time} as ${text}`, () => {
      assert.equal(formatCreated(new Date(time)), text);
    });
  }
});
