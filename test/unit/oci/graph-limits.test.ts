import assert from 'node:assert/strict';
import { digestOf } from '../../../shared/oci/digest.ts';
import { GraphLimits } from '../../../shared/oci/graph-limits.ts';

const DIGEST = digestOf(Buffer.from('root'));

describe('graph-limits GraphLimits', () => {
  it('lets eight levels pass and not nine (C8)', () => {
    const limits = new GraphLimits();
    limits.enter(DIGEST, 8);
    assert.throws(
      () => {
        limits.enter(DIGEST, 9);
      },
      { code: 'CONTENT_TOO_LARGE' },
    );
  });

  it('lets 20,000 nodes pass and not one more (C8)', () => {
    const limits = new GraphLimits();
    limits.count(DIGEST, 19_999);
    limits.enter(DIGEST, 1);
    limits.enter(DIGEST, 1);
    assert.throws(
      () => {
        limits.count(DIGEST, 1);
      },
      { code: 'CONTENT_TOO_LARGE', message: /20000 parts/ },
    );
  });

  it('lets 256 MiB of manifests pass and not one byte more (S6)', () => {
    const limits = new GraphLimits();
    limits.addBytes(DIGEST, 256 * 1024 * 1024);
    assert.throws(
      () => {
        limits.addBytes(DIGEST, 1);
      },
      { code: 'CONTENT_TOO_LARGE' },
    );
  });
});
