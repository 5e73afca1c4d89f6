import assert from 'node:assert/strict';
import fc from 'fast-check';
import { piecesOf, smallerChunk } from '../../../shared/registry/chunked-upload.ts';

const MiB = 1024 * 1024;

describe('chunked-upload smallerChunk', () => {
  const rows = [
    { refused: 100 * MiB, min: 0, chunk: 32 * MiB },
    { refused: 32 * MiB, min: 0, chunk: 8 * MiB },
    { refused: 8 * MiB, min: 0, chunk: MiB },
    { refused: MiB, min: 0, chunk: undefined },
    { refused: 100 * MiB, min: 64 * MiB, chunk: 64 * MiB },
    { refused: 100 * MiB, min: 64 * MiB + 1, chunk: undefined },
    { refused: 8 * MiB, min: 8 * MiB, chunk: undefined },
  ] as const;
  for (const { refused, min, chunk } of rows) {
    it(`says ${chunk ?? 'none'} after ${refused} bytes where chunks have at least ${min} (U10)`, () => {
      assert.equal(smallerChunk(refused, min), chunk);
    });
  }
});

describe('chunked-upload piecesOf', () => {
  it('cuts a stream into pieces of the size asked for, whatever its own chunks (U10)', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 9 })),
        fc.integer({ min: 1, max: 12 }),
        async (chunks, pieceBytes) => {
          const whole = Buffer.concat(chunks);
          const content = { size: whole.byteLength, chunks: streamOf(chunks) };
          const pieces: Buffer[] = [];
          for (const { size, chunks: parts } of piecesOf(content, pieceBytes)) {
            const piece = Buffer.concat(await collected(parts));
            assert.equal(piece.byteLength, size);
            assert.ok(size <= pieceBytes);
            pieces.push(piece);
          }
          assert.deepEqual(Buffer.concat(pieces), whole);
          assert.equal(pieces.length, Math.ceil(whole.byteLength / pieceBytes));
        },
      ),
    );
  });

  it('ends with a stream that is shorter than it was said to be (U10)', async () => {
    const parts: Uint8Array[] = [];
    for (const { chunks } of piecesOf({ size: 10, chunks: streamOf([Buffer.from('abc')]) }, 4)) {
      parts.push(...(await collected(chunks)));
    }
    assert.equal(Buffer.concat(parts).toString(), 'abc');
  });
});

async function* streamOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Promise.resolve(chunk);
}

async function collected(chunks: AsyncIterable<Uint8Array>): Promise<readonly Uint8Array[]> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return parts;
}
