import { follow, pathOf, tokensOf } from './json-tokens.ts';
import type { JsonPath } from './json-tokens.ts';
import type { Problem } from './result.ts';
import { pathIn } from './schema-problems.ts';

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
      const path = pathOf(open);
      if (matters(path)) found.push(problemOf(token, pathIn(file, path)));
    }
  }
  return found;
}

function isExact(number: string): boolean {
  return JSON.stringify(Number(number)) === number;
}

function problemOf(number: string, path: string): Problem {
  const kept = JSON.stringify(Number(number));
  const shown = number.slice(0, DIGITS_SHOWN);
  return { path, message: `is the number ${shown}, which would become ${kept}: write it as text` };
}
