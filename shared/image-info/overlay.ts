import { definite } from '../core/errors.ts';
import type { JsonObject, JsonValue } from '../core/json.ts';

/** A part of a document and the file it was read from. */
export interface Sourced<T> {
  readonly file: string;
  readonly value: T;
}

/** Objects as one, at least one given: a later member replaces an earlier one unless it says nothing. */
export function overlay<T extends JsonObject>(objects: readonly T[]): T {
  const [first, ...later] = objects;
  return later.reduce(
    (merged, object) => ({ ...merged, ...spoken(object) }),
    definite(first, 'the first of the objects to join'),
  );
}

/** The members that say something: not null, not empty text, not an empty list. */
function spoken(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => !isEmpty(value)));
}

function isEmpty(value: JsonValue | undefined): boolean {
  const empty = value === undefined || value === null || value === '';
  return empty || (Array.isArray(value) && value.length === 0);
}
