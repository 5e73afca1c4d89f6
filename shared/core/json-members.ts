import { definite } from './errors.ts';
import { follow, pathOf, textOf, tokensOf } from './json-tokens.ts';
import type { JsonPath } from './json-tokens.ts';

/** The members of an object by name, in the order of the text it was read from. */
export type Members<T> = readonly (readonly [name: string, value: T])[];

/** The members of the object at a path of a document. */
export type MembersOf = <T>(object: Readonly<Record<string, T>>, path: JsonPath) => Members<T>;

/** `JSON.parse` puts members with such names first, whatever the text says. */
const INDEX = /^\d+$/;

/**
 * Gives the members of objects in the order of the JSON text that they were read from: `{"b":1,"8":2}` has b before 8. A
 * name that comes again stands where it was first. The text is taken apart only when some object needs it.
 */
export function membersInOrder(bytes: Uint8Array): MembersOf {
  let names: ReadonlyMap<string, ReadonlySet<string>> | undefined;
  return (object, path) => {
    const members = Object.entries(object);
    if (!members.some(([name]) => INDEX.test(name))) return members;
    names ??= namesByPath(new TextDecoder().decode(bytes));
    const ordered = definite(names.get(keyOf(path)), 'an object that the text has');
    const byName = new Map(members.map((member) => [member[0], member]));
    return [...ordered].map((name) => definite(byName.get(name), 'a member that was read'));
  };
}

/** The names of the members of each object in the text; of objects at one path those of the last, as `JSON.parse` has it. */
function namesByPath(text: string): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, ReadonlySet<string>>();
  const open: (string | number)[] = [];
  const objects: Set<string>[] = [];
  let before = '';
  for (const token of tokensOf(text)) {
    if (token === '{') {
      const names = new Set<string>();
      found.set(keyOf(pathOf(open)), names);
      objects.push(names);
    } else if (token === '}') {
      objects.pop();
    } else if (token.startsWith('"') && isName(open, before)) {
      objects.at(-1)?.add(textOf(token));
    }
    follow(open, token);
    before = token;
  }
  return found;
}

/** Whether a string after some token is the name of a member: it is the first of an object, or of what follows a comma. */
function isName(open: readonly (string | number)[], before: string): boolean {
  return typeof open.at(-1) === 'string' && (before === '{' || before === ',');
}

function keyOf(path: JsonPath): string {
  return JSON.stringify(path);
}
