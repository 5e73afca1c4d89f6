import { definite } from '../core/errors.ts';
import { isJsonObject } from '../core/json.ts';
import type { JsonObject, JsonValue } from '../core/json.ts';

/** A part of a document and the file it was read from. */
export interface Sourced<T> {
  readonly file: string;
  readonly value: T;
}

/**
 * Objects as one, at least one given: a later member replaces an earlier one unless it says nothing (null, empty text,
 * an empty list). Objects in them are joined the same way, member by member; lists are not joined: the later one stays.
 */
export function overlay<T extends JsonObject>(objects: readonly T[]): T {
  const [first, ...later] = objects;
  return later.reduce<T>(
    (merged, object) => joined(merged, object),
    definite(first, 'the first of the objects to join'),
  );
}

function joined<T extends JsonObject>(earlier: T, later: JsonObject): T {
  const members = Object.entries(later).map(([name, value]) => {
    const before = Object.hasOwn(earlier, name) ? earlier[name] : undefined;
    return [name, joinedValue(before, value)] as const;
  });
  return { ...earlier, ...Object.fromEntries(members) };
}

/** What is empty stays only where nothing was before. */
function joinedValue(
  earlier: JsonValue | undefined,
  later: JsonValue | undefined,
): JsonValue | undefined {
  if (earlier === undefined) return later;
  if (isEmpty(later)) return earlier;
  return isJsonObject(earlier) && isJsonObject(later) ? joined(earlier, later) : later;
}

function isEmpty(value: JsonValue | undefined): boolean {
  const empty = value === undefined || value === null || value === '';
  return empty || (Array.isArray(value) && value.length === 0);
}
