import { createHash } from 'node:crypto';
import { TaskError } from '../core/errors.ts';
import type { Descriptor } from './descriptor.ts';
import { algorithmOf, digestOf } from './digest.ts';

/** What the content must be. */
export interface Expected extends Pick<Descriptor, 'digest' | 'size'> {
  /** What failures call it, e.g. `example.azurecr.io/app@sha256:…`; the digest when absent. */
  readonly name?: string;
}

/**
 * Passes chunks through, failing once they exceed the size, or at the end if size or digest differ.
 *
 * The last chunk is held back until everything is checked, so what follows never sees bad content as complete.
 *
 * @throws TaskError `DIGEST_MISMATCH`
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md#verification
 */
export async function* verified(
  chunks: AsyncIterable<Uint8Array>,
  expected: Expected,
): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = createHash(algorithmOf(expected.digest));
  let received = 0;
  let held: Uint8Array | undefined;
  for await (const chunk of chunks) {
    if (chunk.byteLength === 0) continue;
    received += chunk.byteLength;
    if (received > expected.size) throw mismatch(expected, `is longer than ${expected.size} bytes`);
    hash.update(chunk);
    if (held !== undefined) yield held;
    held = chunk;
  }
  if (received !== expected.size) {
    throw mismatch(expected, `has ${received} bytes, not ${expected.size}`);
  }
  const digest = `${algorithmOf(expected.digest)}:${hash.digest('hex')}`;
  if (digest !== expected.digest) throw mismatch(expected, `has the digest ${digest}`);
  if (held !== undefined) yield held;
}

/**
 * Checks content that is there as a whole.
 *
 * @throws TaskError `DIGEST_MISMATCH`
 */
export function verifyBytes(bytes: Uint8Array, expected: Expected): void {
  if (bytes.byteLength !== expected.size) {
    throw mismatch(expected, `has ${bytes.byteLength} bytes, not ${expected.size}`);
  }
  const digest = digestOf(bytes, algorithmOf(expected.digest));
  if (digest !== expected.digest) throw mismatch(expected, `has the digest ${digest}`);
}

/** The error for content that is not what its digest says; `finding` is what it is instead. */
export function mismatch({ digest, name = digest }: Expected, finding: string): TaskError {
  return new TaskError('DIGEST_MISMATCH', `The content received for ${name} ${finding}.`, {
    hint: 'Run again; if it stays, push the image again, as its content is damaged in the registry.',
  });
}
