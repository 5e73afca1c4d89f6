import { MAX_DEPTH, isDeeperThan } from './json-text.ts';
import { parsed, problem } from './result.ts';
import type { Parsed } from './result.ts';

/** Whatever JSON can hold. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined };

/** A JSON object; a member that is undefined is not written. */
export type JsonObject = Readonly<Record<string, JsonValue | undefined>>;

const BYTE_ORDER_MARK = '\uFEFF';

const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * JSON text in UTF-8 as a value; a byte order mark is accepted. The problem has the path given. What nests deeper than
 * `maxDepth` levels is refused before anything is built from it.
 */
export function parseJson(
  bytes: Uint8Array,
  path: string,
  maxDepth = MAX_DEPTH,
): Parsed<JsonValue> {
  try {
    const text = UTF_8.decode(bytes);
    const body = text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
    if (isDeeperThan(body, maxDepth)) return problem(path, `nests deeper than ${maxDepth} levels`);
    return parsed(JSON.parse(body) as JsonValue);
  } catch (error) {
    return problem(path, `is not JSON in UTF-8 (${error instanceof Error ? error.message : '?'})`);
  }
}

/** Whether a JSON value is an object, not an array and not null. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value as JSON that people can read: two spaces, a final newline. */
export function prettyJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
}
