import { endOfString } from './json-text.ts';

/** Where a value is: names of members, places in lists. */
export type JsonPath = readonly (string | number)[];

/** What JSON text is made of, without colons, white space and the words true, false and null. */
export function* tokensOf(text: string): Generator<string> {
  const next = /[{}[\],"]|[-\d][-+.\deE]*/g;
  for (let match = next.exec(text); match !== null; match = next.exec(text)) {
    if (match[0] === '"') next.lastIndex = endOfString(text, match.index) + 1;
    yield match[0] === '"' ? text.slice(match.index, next.lastIndex) : match[0];
  }
}

/** Notes where a token leads: the place in each open list, the last text in each open object, which names its member. */
export function follow(open: (string | number)[], token: string): void {
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
      if (typeof place === 'string' && token.startsWith('"')) open[here] = token;
  }
}

/** The path of the value that begins where `follow` has led. */
export function pathOf(open: readonly (string | number)[]): JsonPath {
  return open.map((place) => (typeof place === 'number' ? place : textOf(place)));
}

/** What a token that is a string says. */
export function textOf(token: string): string {
  return String(JSON.parse(token));
}
