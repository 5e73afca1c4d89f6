import assert from 'node:assert/strict';
import { syndicatedTags } from '../../../shared/build-manifest/syndication.ts';

describe('build-manifest syndicatedTags', () => {
  it('gives the names in each other repository, sorted and once', () => {
    const tags = [
      { name: 'latest', syndication: { repo: 'old/web', destinationTags: ['latest'] } },
      { name: '1.0', syndication: { repo: 'old/app', destinationTags: ['b', 'a'] } },
      { name: '1', syndication: { repo: 'old/app', destinationTags: ['a', '1'] } },
      { name: 'own' },
    ];
    assert.deepEqual(syndicatedTags(tags), [
      { repo: 'old/app', tags: ['1', 'a', 'b'] },
      { repo: 'old/web', tags: ['latest'] },
    ]);
  });

  it('gives nothing for tags that stay where they are', () => {
    assert.deepEqual(syndicatedTags([{ name: 'own' }]), []);
  });
});
