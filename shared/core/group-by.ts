/** Items by key, keys in order of first appearance, items in their order. */
export function groupBy<T, K>(
  items: Iterable<T>,
  keyOf: (item: T) => K,
): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

/** Items that have a key in common, directly or through others, together; groups and items in order of appearance. */
export function groupLinked<T>(
  items: readonly T[],
  keysOf: (item: T) => readonly [string, ...string[]],
): readonly (readonly T[])[] {
  const parents = new Map<string, string>();
  const rootOf = (key: string): string => {
    let root = key;
    for (let parent = parents.get(root); parent !== undefined; parent = parents.get(root)) {
      const grandparent = parents.get(parent);
      // Shorter ways as they are walked: a long chain of items must not cost its square.
      if (grandparent !== undefined) parents.set(root, grandparent);
      root = parent;
    }
    return root;
  };
  for (const item of items) {
    const [first, ...others] = keysOf(item);
    for (const other of others) {
      const [root, joined] = [rootOf(first), rootOf(other)];
      if (joined !== root) parents.set(joined, root);
    }
  }
  return [...groupBy(items, (item) => rootOf(keysOf(item)[0])).values()];
}
