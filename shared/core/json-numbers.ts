import { endOfString } from './json-text.ts';
import type { Problem } from './result.ts';
import { pathIn } from './schema-problems.ts';

/** Where a value is: names of members, places in lists. */
type JsonPath = readonly (string | number)[];

/** Longer numbers are cut in a message. */
const DIGITS_SHOWN = 40;

/**
 * Where a number may stand, one that is no short integer; it may be in the middle of a text all the same. Most documents
 * have none, and need not be taken apart.
 */
const UNUSUAL_NUMBER = /(?:^|"\s*:|[[,])\s*(?!(?:0|-?[1-9]\d{0,14})(?![\d.eE]))[-\d]/;

/**
 * The numbers of JSON text that would be written in another way than they were read, such as `1.0`, `1E400` and
 * `12345678901234567890`, where they matter: `{ path: 'a.json: repos[0].size', message: 'is the number 1.0, …' }`.
 */
export function changedNumbers(
  bytes: Uint8Array,
  file: string,
  matters: (path: JsonPath) => boolean = () => true,
): readonly Problem[] {
  const open: (string | number)[] = [];
  const found: Problem[] = [];
  const text = new TextDecoder().decode(bytes);
  if (!UNUSUAL_NUMBER.test(text)) return [];
  for (const token of tokensOf(text)) {
    if (!/^[-\d]/.test(token)) follow(open, token);
    else if (!isExact(token)) {
      const path = open.map(nameOf);
      if (matters(path)) found.push(problemOf(token, pathIn(file, path)));
    }
  }
  return found;
}

/** What JSON text is made of, without colons, white space and the words true, false and null. */
function* tokensOf(text: string): Generator<string> {
  const next = /[{}[\],"]|[-\d][-+.\deE]*/g;
  for (let match = next.exec(text); match !== null; match = next.exec(text)) {
    if (match[0] === '"') next.lastIndex = endOfString(text, match.index) + 1;
    yield match[0] === '"' ? text.slice(match.index, next.lastIndex) : match[0];
  }
}

/** Notes where a token leads: the place in each open list, the last text in each open object, which names its member. */
function follow(open: (string | number)[], token: string): void {
  const here = open.length - 1;
  const place = open[here];
  switch (token) {
    case '{':
      open.push('""');
      break;
    case '[':
      open.push(0);
      break;
    case '}':
    case ']':
      open.pop();
      break;
    case ',':
      if (typeof place === 'number') open[here] = place + 1;
      break;
    default:
      if (typeof place === 'string') open[here] = token;
  }
}

function isExact(number: string): boolean {
  return JSON.stringify(Number(number)) === number;
}

function nameOf(place: string | number): string | number {
  return typeof place === 'number' ? place : String(JSON.parse(place));
}

function problemOf(number: string, path: string): Problem {
  const kept = JSON.stringify(Number(number));
  const shown = number.slice(0, DIGITS_SHOWN);
  return { path, message: `is the number ${shown}, which would become ${kept}: write it as text` };
}
