import assert from 'node:assert/strict';
import { metered, sourceOf, streamOf } from '../../../shared/registry/upload-source.ts';
import type { OpenSource } from '../../../shared/registry/upload-source.ts';

const { signal } = new AbortController();
const BYTES = Buffer.from('0123456789');

async function drained(open: OpenSource): Promise<void> {
  const { body } = await open(signal);
  for await (const chunk of streamOf(body).chunks) assert.ok(chunk.byteLength > 0);
}

describe('upload-source metered', () => {
  const sources: readonly { readonly name: string; readonly open: OpenSource }[] = [
    { name: 'bytes', open: async () => Promise.resolve(sourceOf(BYTES)) },
    {
      name: 'a stream',
      open: async () => Promise.resolve({ ...sourceOf(BYTES), body: streamOf(BYTES) }),
    },
  ];
  for (const { name, open } of sources) {
    it(`tells of the bytes of ${name} once, however often it is opened`, async () => {
      const told: number[] = [];
      const counted = metered(open, (count) => told.push(count));
      await drained(counted);
      await drained(counted);
      assert.deepEqual(told, [10, -10, 10]);
    });
  }
});
