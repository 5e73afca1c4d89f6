import type { Descriptor } from './descriptor.ts';
import { algorithmOf, digestOf } from './digest.ts';
import { EMPTY_CONFIG, EMPTY_CONFIG_BYTES } from './signature-manifest.ts';

/** Inline content is for documents of a few bytes. */
const MAX_INLINE_BYTES = 64 * 1024;

/** The same in base64. */
const MAX_INLINE_TEXT = Math.ceil(MAX_INLINE_BYTES / 3) * 4;

/**
 * The content that is known without asking: of the empty config, or from `data` when size and digest agree with it.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md#embedded-content
 */
export function inlineContent({ digest, size, data }: Descriptor): Uint8Array | undefined {
  if (digest === EMPTY_CONFIG.digest) return EMPTY_CONFIG_BYTES;
  if (data === undefined || size > MAX_INLINE_BYTES) return undefined;
  const bytes = Buffer.from(data, 'base64');
  const isWhole = bytes.byteLength === size && digestOf(bytes, algorithmOf(digest)) === digest;
  return isWhole ? bytes : undefined;
}

/** What is needed to read content, and no more: annotations and `data` of a descriptor may be megabytes. */
export function leanDescriptor({ mediaType, digest, size, data }: Descriptor): Descriptor {
  const isUsed = data !== undefined && data.length <= MAX_INLINE_TEXT;
  return { mediaType, digest, size, ...(isUsed ? { data } : {}) };
}
