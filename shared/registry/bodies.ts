import { TaskError } from '../core/errors.ts';
import type { IncomingBody } from './incoming-body.ts';

/**
 * A whole body of at most `maxBytes`.
 *
 * @throws TaskError `CONTENT_TOO_LARGE` as soon as there is more
 */
export async function readBody(
  body: IncomingBody,
  maxBytes: number,
  what: string,
): Promise<Uint8Array> {
  const bytes = await body.start(maxBytes + 1);
  if (bytes.byteLength <= maxBytes) return bytes;
  throw tooLarge(what, maxBytes);
}

/** The error for content that is more than anything of its kind should be; `what` completes "Cannot …". */
export function tooLarge(what: string, maxBytes: number): TaskError {
  return new TaskError('CONTENT_TOO_LARGE', `Cannot ${what}: it has more than ${maxBytes} bytes.`, {
    hint: 'Check what was pushed under this name.',
  });
}
