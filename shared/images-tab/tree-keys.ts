import type { Row } from './rows.ts';

/** What a key does in the tree. */
export type TreeAction =
  | { readonly kind: 'focus'; readonly key: string }
  | { readonly kind: 'toggle'; readonly key: string }
  | { readonly kind: 'copy'; readonly digest: string };

/** Rows that Page Up and Page Down pass. */
const PAGE = 10;

/** Where keys lead from the index of a row; the first and the last row are as far as it goes. */
const MOVES: ReadonlyMap<string, (at: number) => number> = new Map([
  ['ArrowDown', (at: number) => at + 1],
  ['ArrowUp', (at: number) => at - 1],
  ['PageDown', (at: number) => at + PAGE],
  ['PageUp', (at: number) => at - PAGE],
  ['Home', () => 0],
  ['End', () => Infinity],
]);

/** A key that is pressed on a row. */
export interface TreeKey {
  readonly name: string;
  readonly isControl: boolean;
}

/**
 * What a key does on a row, absent when the browser is to do what it always does.
 *
 * @see https://www.w3.org/WAI/ARIA/apg/patterns/treegrid/
 */
export function treeAction(
  rows: readonly Row[],
  current: Row,
  { name, isControl }: TreeKey,
): TreeAction | undefined {
  if (isControl) return name === 'c' ? copyOf(current) : undefined;
  const move = MOVES.get(name);
  if (move !== undefined) return focusOn(rows[clamp(move(rows.indexOf(current)), rows.length)]);
  if (name === 'ArrowRight' || name === 'ArrowLeft') return sideways(rows, current, name);
  const isToggle = (name === 'Enter' || name === ' ') && current.isOpen !== undefined;
  return isToggle ? { kind: 'toggle', key: current.key } : undefined;
}

/** Right opens, then goes in; left closes, then goes out. */
function sideways(
  rows: readonly Row[],
  { key, parent, isOpen }: Row,
  name: 'ArrowRight' | 'ArrowLeft',
): TreeAction | undefined {
  if (isOpen === (name === 'ArrowLeft')) return { kind: 'toggle', key };
  const next =
    name === 'ArrowLeft'
      ? rows.find((row) => row.key === parent)
      : rows.find((row) => row.parent === key);
  return focusOn(next);
}

function focusOn(row: Row | undefined): TreeAction | undefined {
  return row === undefined ? undefined : { kind: 'focus', key: row.key };
}

function copyOf(row: Row): TreeAction | undefined {
  return row.kind === 'repository' ? undefined : { kind: 'copy', digest: row.image.digest };
}

function clamp(index: number, length: number): number {
  return Math.min(Math.max(index, 0), length - 1);
}
