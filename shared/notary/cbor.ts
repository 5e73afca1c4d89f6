import { Tagged, Tokenizer, decode, encode, rfc8949EncodeOptions } from 'cborg';
import type { Token } from 'cborg';
import { parsed, problem } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';
import { neutralise } from '../core/text.ts';

/** Tags that envelopes use: a time in seconds since 1970, and a COSE_Sign1 message. */
export const CborTag = { time: 1, sign1: 18 } as const;

/** A real envelope has about ten arrays, maps and tags; a limit on their number is one on their depth as well. */
const MAX_CONTAINERS = 64;

const STRICT = {
  allowIndefinite: false,
  allowUndefined: false,
  rejectDuplicateMapKeys: true,
  useMaps: true,
  tags: Tagged.preserve(CborTag.time, CborTag.sign1),
};

class TooManyContainers extends Error {}

/** Counts what can hold other values, so that nesting stays shallow. */
class BoundedTokenizer extends Tokenizer {
  #containers = 0;

  override next(): Token {
    const token = super.next();
    if (!token.type.terminal) this.#containers += 1;
    if (this.#containers > MAX_CONTAINERS) {
      throw new TooManyContainers('it has too many arrays, maps and tags');
    }
    return token;
  }
}

/** CBOR in its core deterministic form (RFC 8949, section 4.2.1); maps are `Map`s. */
export function encodeCbor(value: unknown): Uint8Array {
  return encode(value, rfc8949EncodeOptions);
}

/** The one value that the bytes are: lengths definite, map keys unique, tags only those of envelopes. */
export function parseCbor(bytes: Uint8Array, path: string): Parsed<unknown> {
  try {
    const tokenizer = new BoundedTokenizer(bytes, STRICT);
    const value: unknown = decode(bytes, { ...STRICT, tokenizer });
    return parsed(value);
  } catch (error) {
    return problem(
      path,
      `is not CBOR (${neutralise(error instanceof Error ? error.message : String(error))})`,
    );
  }
}

/** A value under a tag. */
export function tagged(tag: number, value: unknown): Tagged {
  return new Tagged(tag, value);
}

/** What stands under a tag, absent when the value does not bear it. */
export function untag(value: unknown, tag: number): unknown {
  return value instanceof Tagged && value.tag === tag ? value.value : undefined;
}
