/** Compares text by code units, the same on every machine. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Compares lists of text member by member; of two equal beginnings the shorter comes first. */
export function compareTexts(a: readonly string[], b: readonly string[]): number {
  for (const [index, text] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    const order = compareText(text, other);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** The distinct texts of lists, sorted. */
export function sortedUnion(...lists: readonly (readonly string[])[]): readonly string[] {
  return [...new Set(lists.flat())].sort(compareText);
}
