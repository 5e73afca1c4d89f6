import { endOfString } from '../core/json-text.ts';
import { isJsonObject, parseJson } from '../core/json.ts';
import type { JsonObject } from '../core/json.ts';
import { parsed, problem } from '../core/result.ts';
import type { Parsed } from '../core/result.ts';

/**
 * A JSON object in which no object names a member twice: readers that keep different ones would disagree about
 * what was signed.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7515#section-4
 */
export function parseStrictObject(bytes: Uint8Array, path: string): Parsed<JsonObject> {
  const value = parseJson(bytes, path);
  if (!value.ok) return value;
  if (!isJsonObject(value.value)) return problem(path, 'is not a JSON object');
  if (hasRepeatedMember(Buffer.from(bytes).toString('utf8'))) {
    return problem(path, 'names a member twice');
  }
  return parsed(value.value);
}

/** Walks through text that is known to be JSON: only what stands where is of interest, not what it means. */
function hasRepeatedMember(text: string): boolean {
  const open: Set<string>[] = [];
  let candidate: string | undefined;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charAt(at)) {
      case '{':
      case '[':
        open.push(new Set());
        break;
      case '}':
      case ']':
        open.pop();
        break;
      case '"': {
        const end = endOfString(text, at);
        candidate = text.slice(at, end + 1);
        at = end;
        break;
      }
      case ':':
        if (!addMember(open.at(-1), candidate)) return true;
        break;
    }
  }
  return false;
}

/** Whether the name, still in quotes and escaped, was new to its object. */
function addMember(members: Set<string> | undefined, quoted = '""'): boolean {
  const name = String(JSON.parse(quoted));
  if (members === undefined || members.has(name)) return false;
  members.add(name);
  return true;
}
