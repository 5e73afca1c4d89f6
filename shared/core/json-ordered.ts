/** What can be written in an order of our choice: a map is an object with its members in the order of the map. */
export type OrderedJson =
  | string
  | number
  | boolean
  | null
  | readonly OrderedJson[]
  | ReadonlyMap<string, OrderedJson>
  | { readonly [name: string]: OrderedJson };

/**
 * The text that `JSON.stringify(value, null, indent)` gives, but for maps: `JSON.stringify` cannot write
 * `{"10":"x","9":"y"}`, because objects have members with such names first, by number.
 */
export function orderedJson(value: OrderedJson, indent: number): string {
  return write(value, ' '.repeat(indent), '\n');
}

/** `lineBreak` is a new line with the indentation of the value itself. */
function write(value: OrderedJson, step: string, lineBreak: string): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = lineBreak + step;
  if (isList(value)) {
    const items = value.map((item) => write(item, step, inner));
    return items.length === 0 ? '[]' : `[${inner}${items.join(`,${inner}`)}${lineBreak}]`;
  }
  const members = isMap(value) ? [...value] : Object.entries(value);
  const written = members.map(
    ([name, member]) => `${JSON.stringify(name)}: ${write(member, step, inner)}`,
  );
  return written.length === 0 ? '{}' : `{${inner}${written.join(`,${inner}`)}${lineBreak}}`;
}

function isList(value: object): value is readonly OrderedJson[] {
  return Array.isArray(value);
}

function isMap(value: object): value is ReadonlyMap<string, OrderedJson> {
  return value instanceof Map;
}
