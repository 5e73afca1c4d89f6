import { detailsCell } from './details.ts';
import { byId, element, setAttributes } from './dom.ts';
import { imageCells, repositoryCells } from './row-cells.ts';
import type { Row } from './rows.ts';
import { treeAction } from './tree-keys.ts';
import type { TreeAction } from './tree-keys.ts';

/** What the user can do in the tree. */
export interface TreeHandlers {
  toggle(key: string): void;
  copy(text: string): void;
}

const COLUMNS = 6;

/** Rows drawn at once; a button draws as many again. */
const ROWS_AT_ONCE = 300;

interface DrawnRow {
  readonly row: Row;
  readonly line: HTMLTableRowElement;
}

/**
 * The tree of repositories, lists and platforms as an ARIA treegrid: one row takes part in the tab order, arrow keys
 * move among rows. Rows that stay visible keep their elements, so that focus and reading position stay where they are.
 */
export class TreeGrid {
  readonly #body = byId('rows');
  readonly #more = byId('more');
  readonly #handlers: TreeHandlers;
  #rows: readonly Row[] = [];
  #drawn = new Map<string, DrawnRow>();
  #limit = ROWS_AT_ONCE;
  #current: string | undefined;

  constructor(handlers: TreeHandlers) {
    this.#handlers = handlers;
    this.#body.addEventListener('keydown', (event) => {
      this.#pressed(event);
    });
    this.#body.addEventListener('click', (event) => {
      this.#clicked(event);
    });
    this.#body.addEventListener('focusin', ({ target }) => {
      const key = keyAt(target);
      if (key !== undefined) this.#makeCurrent(key);
    });
    this.#more.addEventListener('click', () => {
      this.#limit += ROWS_AT_ONCE;
      this.#draw();
    });
  }

  /** Shows rows; those that were there before stay. */
  show(rows: readonly Row[]): void {
    this.#rows = rows;
    this.#draw();
  }

  #draw(): void {
    const shown = this.#rows.slice(0, this.#limit);
    const hadFocus = this.#body.contains(document.activeElement);
    this.#place(new Map(shown.map((row) => [row.key, this.#drawRow(row)])));
    setAttributes(byId('tree'), { 'aria-rowcount': this.#rows.length + 1 });
    const left = this.#rows.length - shown.length;
    this.#more.hidden = left <= 0;
    this.#more.textContent = `Show ${Math.min(left, ROWS_AT_ONCE)} more of ${left} rows`;
    const current = this.#drawn.has(this.#current ?? '') ? this.#current : shown[0]?.key;
    if (current === undefined) return;
    this.#makeCurrent(current);
    // The row that had focus was drawn anew, or is gone.
    const hasFocus = this.#body.contains(document.activeElement);
    if (hadFocus && !hasFocus) this.#drawn.get(current)?.line.focus();
  }

  /** Puts in what is new and takes out what is gone; all else stays, for an element that moves loses focus. */
  #place(drawn: Map<string, DrawnRow>): void {
    for (const [key, { line }] of this.#drawn) {
      if (drawn.get(key)?.line !== line) line.remove();
    }
    let next = this.#body.firstElementChild;
    for (const { line } of drawn.values()) {
      if (line === next) next = next.nextElementSibling;
      else this.#body.insertBefore(line, next);
    }
    this.#drawn = drawn;
  }

  #drawRow(row: Row): DrawnRow {
    const known = this.#drawn.get(row.key);
    const line = known !== undefined && isSame(known.row, row) ? known.line : lineOf(row);
    setAttributes(line, {
      'aria-level': row.level,
      'aria-posinset': row.position,
      'aria-setsize': row.siblings,
      'aria-expanded': row.isOpen,
    });
    return { row, line };
  }

  #pressed(event: KeyboardEvent): void {
    const row = this.#drawn.get(keyAt(event.target) ?? '')?.row;
    // A button in the row does what buttons do.
    const isOnButton = event.target instanceof HTMLButtonElement;
    if (row === undefined || (isOnButton && (event.key === 'Enter' || event.key === ' '))) return;
    const isControl = event.ctrlKey || event.metaKey;
    if (isControl && String(getSelection()) !== '') return;
    const rows = this.#rows.slice(0, this.#limit);
    const action = treeAction(rows, row, { name: event.key, isControl });
    if (action === undefined) return;
    event.preventDefault();
    this.#do(action);
  }

  #do(action: TreeAction): void {
    switch (action.kind) {
      case 'toggle':
        this.#handlers.toggle(action.key);
        return;
      case 'copy':
        this.#handlers.copy(action.digest);
        return;
      case 'focus':
        this.#drawn.get(action.key)?.line.focus();
    }
  }

  #clicked({ target }: MouseEvent): void {
    if (!(target instanceof Element)) return;
    const text = target.closest<HTMLElement>('[data-copy]')?.dataset['copy'];
    const row = this.#drawn.get(keyAt(target) ?? '')?.row;
    if (text !== undefined) this.#handlers.copy(text);
    // Text that was just selected is to be copied, not folded away.
    else if (row?.isOpen !== undefined && String(getSelection()) === '') {
      this.#handlers.toggle(row.key);
    }
  }

  /** Of all rows one is in the tab order, and so are its buttons. */
  #makeCurrent(key: string): void {
    const before = this.#drawn.get(this.#current ?? '')?.line;
    if (before !== undefined) setTabIndex(before, -1);
    const line = this.#drawn.get(key)?.line;
    if (line !== undefined) setTabIndex(line, 0);
    this.#current = key;
  }
}

function lineOf(row: Row): HTMLTableRowElement {
  const cells =
    row.kind === 'repository'
      ? repositoryCells(row.repository)
      : row.kind === 'image'
        ? imageCells(row.image)
        : [detailsCell(row.image, COLUMNS)];
  const level = `level-${row.level}`;
  return element(
    'tr',
    { role: 'row', class: `row row-${row.kind} ${level}`, 'data-key': row.key, tabindex: -1 },
    ...cells,
  );
}

/** Whether a row looks as it did. */
function isSame(one: Row, other: Row): boolean {
  if (one.kind !== other.kind) return false;
  const [before, now] = [shownIn(one), shownIn(other)];
  return before === now || JSON.stringify(before) === JSON.stringify(now);
}

function shownIn(row: Row): object {
  return row.kind === 'repository' ? row.repository : row.image;
}

function setTabIndex(line: HTMLElement, index: number): void {
  line.tabIndex = index;
  for (const button of line.querySelectorAll('button')) button.tabIndex = index;
}

function keyAt(target: EventTarget | null): string | undefined {
  return target instanceof Element
    ? target.closest<HTMLElement>('[data-key]')?.dataset['key']
    : undefined;
}
