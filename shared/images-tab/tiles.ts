import { byId, element } from './dom.ts';
import { tilesOf } from './labels.ts';
import type { Tile } from './labels.ts';
import type { Release } from './release.ts';

/** Shows the release in numbers. */
export function showTiles(release: Release): void {
  byId('tiles').replaceChildren(...tilesOf(release).map(tile));
}

function tile({ label, value, note, progress }: Tile): HTMLElement {
  const state = progress === 1 ? ' tile-done' : '';
  return element(
    'li',
    { class: `tile${state}` },
    element('span', { class: 'tile-label' }, label),
    element('span', { class: 'tile-value' }, value),
    element('span', { class: 'tile-note', title: note }, note),
    ...(progress === undefined ? [] : [bar(progress)]),
  );
}

/** The value beside it says the same: assistive technology need not see this. */
function bar(progress: number): HTMLElement {
  const filled = element('span', { class: 'bar-filled' });
  filled.style.width = `${(progress * 100).toFixed(1)}%`;
  return element('span', { class: 'bar', 'aria-hidden': true }, filled);
}
