/**
 * Deeper than any document that people or tools write, and far below where functions that call themselves for each
 * level, such as `JSON.stringify`, run out of stack.
 */
export const MAX_DEPTH = 200;

/** Whether JSON text nests lists and objects deeper than `MAX_DEPTH`. */
export function isTooDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === '"') at = endOfString(text, at);
    else if (char === '{' || char === '[') depth += 1;
    else if (char === '}' || char === ']') depth -= 1;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}

/** Where the string that begins at a quote of JSON text has its closing quote. */
export function endOfString(text: string, begin: number): number {
  let at = begin + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}
