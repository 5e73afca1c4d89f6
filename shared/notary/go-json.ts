import type { JsonValue } from '../core/json.ts';
import { isJsonObject } from '../core/json.ts';

/** Characters that Go's encoder escapes and JSON.stringify does not. */
const GO_ESCAPES = /[<>&\u2028\u2029]/g;

/** A string as Go's encoding/json writes it: `<`, `>`, `&`, U+2028 and U+2029 escaped. */
export function goString(text: string): string {
  return JSON.stringify(text).replace(
    GO_ESCAPES,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** JSON as Go writes a map: compact, the members of every object sorted by the bytes of their names. */
export function sortedGoJson(value: JsonValue): string {
  if (typeof value === 'string') return goString(value);
  if (Array.isArray(value)) return `[${value.map(sortedGoJson).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  return goObject(
    Object.entries(value)
      .sort(([one], [other]) => Buffer.compare(Buffer.from(one), Buffer.from(other)))
      .flatMap(([name, member]) => (member === undefined ? [] : [[name, sortedGoJson(member)]])),
  );
}

/** A JSON object of members that are JSON already, in their order. */
export function goObject(members: readonly (readonly [string, string])[]): string {
  return `{${members.map(([name, json]) => `${goString(name)}:${json}`).join(',')}}`;
}
