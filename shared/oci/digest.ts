import { createHash } from 'node:crypto';
import { invariant } from '../core/errors.ts';
import { parsed, problem } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import { neutralise } from '../core/text.ts';

/** A checked content digest, e.g. `sha256:44136fa3…aaff8a`. */
export type Digest = string & { readonly __digest: unique symbol };

/** The algorithms of digests. */
export type DigestAlgorithm = 'sha256' | 'sha384' | 'sha512';

/** sha384 is not registered for registries, but signatures over files need it: it goes with keys such as P-384. */
const FORM = /^(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/;

/**
 * A digest from text; only sha256, sha384 and sha512 in lower-case hex are accepted.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md#digests
 */
export function parseDigest(text: string, path: string): Parsed<Digest> {
  if (isDigest(text)) return parsed(text);
  return problem(
    path,
    `is not a sha256, sha384 or sha512 digest: ${JSON.stringify(neutralise(text))}`,
  );
}

/** Whether text is a well-formed sha256, sha384 or sha512 digest. */
export function isDigest(text: string): text is Digest {
  return FORM.test(text);
}

/** The digest of bytes, sha256 unless told otherwise. */
export function digestOf(bytes: Uint8Array, algorithm: DigestAlgorithm = 'sha256'): Digest {
  const digest = `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
  invariant(isDigest(digest), 'a hash is a digest');
  return digest;
}

/** The algorithm of a digest: `sha256`, `sha384` or `sha512`. */
export function algorithmOf(digest: Digest): DigestAlgorithm {
  return digest.slice(0, digest.indexOf(':')) as DigestAlgorithm;
}

/** The first twelve hex digits, for text that people read: `44136fa355b3`. */
export function shortDigest(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1).slice(0, 12);
}
