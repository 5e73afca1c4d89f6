import { TaskError } from '../core/errors.ts';

/**
 * A whole body of at most `maxBytes`.
 *
 * @throws TaskError `CONTENT_TOO_LARGE` as soon as there is more
 */
export async function readBody(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
  what: string,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.byteLength;
    if (size > maxBytes) {
      throw new TaskError(
        'CONTENT_TOO_LARGE',
        `Cannot ${what}: it has more than ${maxBytes} bytes.`,
        {
          hint: 'Check what was pushed under this name.',
        },
      );
    }
    parts.push(chunk);
  }
  return Buffer.concat(parts, size);
}

/** The first bytes of a body; the rest is not read. */
export async function readStart(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    size += chunk.byteLength;
    if (size >= maxBytes) break;
  }
  return Buffer.concat(parts).subarray(0, maxBytes);
}
