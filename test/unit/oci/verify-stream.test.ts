import assert from 'node:assert/strict';
import fc from 'fast-check';
import { digestOf } from '../../../shared/oci/digest.ts';
import type { Expected } from '../../../shared/oci/verify-stream.ts';
import { verified } from '../../../shared/oci/verify-stream.ts';

async function* streamOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Promise.resolve(chunk);
}

async function pass(
  chunks: readonly Uint8Array[],
  expected: Expected,
): Promise<{ readonly passed: Buffer; readonly error: unknown }> {
  const passed: Uint8Array[] = [];
  try {
    for await (const chunk of verified(streamOf(chunks), expected)) passed.push(chunk);
  } catch (error) {
    return { passed: Buffer.concat(passed), error };
  }
  return { passed: Buffer.concat(passed), error: undefined };
}

const CONTENT = Buffer.from('some content');
const EXPECTED = { digest: digestOf(CONTENT), size: CONTENT.byteLength };

describe('verify-stream verified', () => {
  it('passes right content on, however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 20 })),
        fc.constantFrom('sha256' as const, 'sha512' as const),
        async (chunks, algorithm) => {
          const whole = Buffer.concat(chunks);
          const expected = { digest: digestOf(whole, algorithm), size: whole.byteLength };
          assert.deepEqual(await pass(chunks, expected), { passed: whole, error: undefined });
        },
      ),
    );
  });

  const damages = [
    { name: 'other bytes', chunks: [Buffer.from('some '), Buffer.from('CONTENT')] },
    { name: 'fewer bytes', chunks: [Buffer.from('some '), Buffer.from('conten')] },
    { name: 'more bytes', chunks: [Buffer.from('some '), Buffer.from('content!')] },
    { name: 'nothing', chunks: [] },
  ];
  for (const { name, chunks } of damages) {
    it(`fails for ${name} before the last chunk is passed on`, async () => {
      const { passed, error } = await pass(chunks, EXPECTED);
      assert.ok(error instanceof Error);
      assert.equal(Reflect.get(error, 'code'), 'DIGEST_MISMATCH');
      assert.ok(passed.byteLength < EXPECTED.size);
    });
  }

  it('fails for the right bytes of a descriptor that says more (B5)', async () => {
    const { error } = await pass([CONTENT], { ...EXPECTED, size: EXPECTED.size + 1 });
    assert.ok(error instanceof Error);
    assert.equal(Reflect.get(error, 'code'), 'DIGEST_MISMATCH');
  });

  it('stops reading as soon as there is too much', async () => {
    let read = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        read += 1;
        yield Promise.resolve(CONTENT);
      }
    }
    await assert.rejects(async () => {
      for await (const chunk of verified(endless(), EXPECTED)) assert.ok(chunk.byteLength > 0);
    });
    assert.equal(read, 2);
  });
});
