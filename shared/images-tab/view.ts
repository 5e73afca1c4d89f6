import { counted } from '../core/text.ts';
import { announce } from './announcer.ts';
import { copyText } from './clipboard.ts';
import { byId, element } from './dom.ts';
import { createFilterBar } from './filter-bar.ts';
import type { FilterBar } from './filter-bar.ts';
import { NO_FILTER, filterRelease, isFiltering, platformsOf } from './filter.ts';
import type { Filter } from './filter.ts';
import { EMPTY_RELEASE, imagesOf } from './release.ts';
import type { Release } from './release.ts';
import { allOpen, firstOpen, visibleRows } from './rows.ts';
import { notesOf } from './sentences.ts';
import { showTiles } from './tiles.ts';
import { TreeGrid } from './tree-grid.ts';

/** What is on the page: the release of a run, filtered and unfolded as the user wants it. */
export class ReleaseView {
  readonly #tree: TreeGrid;
  readonly #bar: FilterBar;
  #release: Release = EMPTY_RELEASE;
  #filter: Filter = NO_FILTER;
  #open: Set<string> | undefined;
  /** What is open while a filter is on: all that it found, until the user folds some of it. */
  #openFiltered: Set<string> | undefined;

  constructor(refresh: () => void) {
    this.#tree = new TreeGrid({
      toggle: (key) => {
        const open = this.#openKeys();
        if (!open.delete(key)) open.add(key);
        this.#draw();
      },
      copy: (text) => {
        void this.#copy(text);
      },
    });
    this.#bar = createFilterBar({
      changed: (filter) => {
        this.#filter = filter;
        this.#openFiltered = undefined;
        this.#draw();
        announce(this.#countText());
      },
      openAll: () => {
        this.#setOpen(allOpen(this.#shown()));
      },
      closeAll: () => {
        this.#setOpen(new Set());
      },
      refresh,
    });
  }

  /** Shows a release, or what is new of the one that is shown. */
  show(release: Release): void {
    this.#release = release;
    this.#open ??= new Set(firstOpen(release));
    byId('release').hidden = false;
    showTiles(release);
    showNotes(release);
    this.#bar.offerPlatforms(platformsOf(release));
    this.#draw();
  }

  /** Shows a sentence instead of, or above, the release. */
  tell(sentence: string, options: { readonly keepsRelease: boolean }): void {
    const status = byId('status');
    if (status.textContent !== sentence) status.textContent = sentence;
    status.hidden = sentence === '';
    if (!options.keepsRelease) byId('release').hidden = true;
  }

  #shown(): Release {
    return filterRelease(this.#release, this.#filter);
  }

  #openKeys(): Set<string> {
    if (isFiltering(this.#filter)) return (this.#openFiltered ??= new Set(allOpen(this.#shown())));
    return (this.#open ??= new Set());
  }

  #setOpen(keys: ReadonlySet<string>): void {
    if (isFiltering(this.#filter)) this.#openFiltered = new Set(keys);
    else this.#open = new Set(keys);
    this.#draw();
  }

  #draw(): void {
    const shown = this.#shown();
    this.#tree.show(visibleRows(shown, this.#openKeys()));
    this.#bar.tell(this.#countText());
    const isEmpty = shown.repositories.length === 0;
    byId('nothing').hidden = !isEmpty;
    byId('tree').hidden = isEmpty;
  }

  #countText(): string {
    const all = imagesOf(this.#release).length;
    const shown = imagesOf(this.#shown()).length;
    return shown === all ? counted(all, 'image') : `${shown} of ${counted(all, 'image')}`;
  }

  async #copy(text: string): Promise<void> {
    const isCopied = await copyText(text);
    announce(isCopied ? `Copied ${text}` : 'The browser did not let us copy.');
    for (const button of document.querySelectorAll<HTMLElement>('[data-copy]')) {
      button.classList.toggle('copied', isCopied && button.dataset['copy'] === text);
    }
  }
}

/** What is to be said of a release as a whole. */
function showNotes(release: Release): void {
  const notes = notesOf(release);
  byId('notes').replaceChildren(...notes.map((note) => element('li', {}, note)));
  byId('notes').hidden = notes.length === 0;
}
