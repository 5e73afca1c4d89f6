import assert from 'node:assert/strict';
import { startRegistry } from '../../support/registry/registry.ts';
import { aBlob, aClient, repositoryOf } from './support.ts';

/** More than fits into a single POST. */
const BLOB_BYTES = 64 * 1024;

describe('RegistryClient order of uploads', () => {
  it('ends an upload that has begun before it begins another, so that no session grows old', async () => {
    const { signal } = new AbortController();
    const registry = await startRegistry();
    const client = aClient({ maxInFlight: 1 });
    try {
      const repository = repositoryOf(registry, 'app');
      const blobs = [1, 2, 3].map((filler) => aBlob(Buffer.alloc(BLOB_BYTES, filler)));
      await Promise.all(blobs.map(async (blob) => client.putBlob(repository, blob, signal)));
      assert.deepEqual(
        registry.requests.map(({ method }) => method),
        // The second begins as the first is answered; the third waits until both are ended.
        ['POST', 'POST', 'PUT', 'PUT', 'POST', 'PUT'],
      );
    } finally {
      await client.close();
      await registry.close();
    }
  });
});
