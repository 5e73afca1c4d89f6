/**
 * Deeper than any document that people or tools write, and far below where functions that call themselves for each
 * level, such as `JSON.stringify`, run out of stack.
 */
export const MAX_DEPTH = 200;

const QUOTE = '"'.charCodeAt(0);
const BACKSLASH = '\\'.charCodeAt(0);
const OPENING_BRACE = '{'.charCodeAt(0);
const CLOSING_BRACE = '}'.charCodeAt(0);
const OPENING_BRACKET = '['.charCodeAt(0);
const CLOSING_BRACKET = ']'.charCodeAt(0);

/** Whether JSON text nests lists and objects deeper than so many levels. */
export function isDeeperThan(text: string, maxDepth: number): boolean {
  // Each manifest, fragment and answer passes here; most have not even so many lists and objects.
  if (!hasMoreThan(maxDepth, text, '{', '[')) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(text, at);
        break;
      case OPENING_BRACE:
      case OPENING_BRACKET:
        depth += 1;
        if (depth > maxDepth) return true;
        break;
      case CLOSING_BRACE:
      case CLOSING_BRACKET:
        depth -= 1;
        break;
      default:
    }
  }
  return false;
}

/** Whether so many places in a text, and one more, have one of the characters. */
function hasMoreThan(count: number, text: string, ...characters: readonly string[]): boolean {
  let found = 0;
  for (const character of characters) {
    for (let at = text.indexOf(character); at !== -1; at = text.indexOf(character, at + 1)) {
      found += 1;
      if (found > count) return true;
    }
  }
  return false;
}

/** Where the string that begins at a quote of JSON text has its closing quote; the end of the text when it has none. */
export function endOfString(text: string, begin: number): number {
  let end = text.indexOf('"', begin + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end;
}

/** Whether a quote in a string belongs to it: an odd number of backslashes is before it. */
function isEscaped(text: string, quote: number): boolean {
  let at = quote;
  while (text.charCodeAt(at - 1) === BACKSLASH) at -= 1;
  return (quote - at) % 2 === 1;
}
