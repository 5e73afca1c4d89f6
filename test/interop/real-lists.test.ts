import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Descriptor } from '../../shared/oci/descriptor.ts';
import { buildIndex } from '../../shared/oci/index-document.ts';

interface PublishedList {
  readonly repo: string;
  readonly digest: string;
  readonly size: number;
  readonly mediaType: string;
  readonly manifests: readonly Descriptor[];
}

const SHARED = process.env['SHARED_DIR'] ?? join(import.meta.dirname, '../../../shared');

describe('index-document buildIndex on published lists', () => {
  it('gives the published digest, size and media type of every one of 219 lists', () => {
    const lines = readFileSync(join(SHARED, 'data/real-lists.jsonl'), 'utf8').trim().split('\n');
    const lists = lines.map((line) => JSON.parse(line) as PublishedList);
    assert.equal(lists.length, 219);
    for (const { digest, size, mediaType, manifests } of lists) {
      assert.deepEqual(buildIndex({ entries: manifests, mediaType: 'auto' }).descriptor, {
        mediaType,
        digest,
        size,
      });
    }
  });
});
