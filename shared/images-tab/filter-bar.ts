import { byId, element } from './dom.ts';
import { NO_FILTER } from './filter.ts';
import type { Filter } from './filter.ts';

/** What the user can do in the bar. */
export interface FilterBarHandlers {
  readonly changed: (filter: Filter) => void;
  readonly openAll: () => void;
  readonly closeAll: () => void;
  readonly refresh: () => void;
}

/** The bar above the tree. */
export interface FilterBar {
  /** Offers the platforms of a release. */
  offerPlatforms(platforms: readonly string[]): void;
  /** Says how much of the release is shown. */
  tell(sentence: string): void;
}

type Choice = readonly [value: string, text: string];

const CHOICES = {
  signature: [
    ['', 'Any signature'],
    ['signed', 'Signed'],
    ['unsigned', 'Not signed'],
  ],
  copy: [
    ['', 'Any place'],
    ['published', 'Published'],
    ['unpublished', 'Not published'],
  ],
  change: [
    ['', 'Any change'],
    ['new', 'New'],
    ['changed', 'Changed'],
    ['removed', 'Removed'],
    ['unchanged', 'Unchanged'],
  ],
} as const satisfies Readonly<Record<string, readonly Choice[]>>;

const ANY_PLATFORM: Choice = ['', 'All platforms'];

/** Typing pauses this long before the tree follows. */
const TYPING_MS = 120;

/** Builds the bar; it holds the filter and tells each change of it. */
export function createFilterBar(handlers: FilterBarHandlers): FilterBar {
  let filter = NO_FILTER;
  const change = (part: Partial<Filter>): void => {
    filter = { ...filter, ...part };
    handlers.changed(filter);
  };
  const platform = select('Platform', [ANY_PLATFORM], (value) => {
    change({ platform: value });
  });
  const count = element('span', { class: 'count' });
  const form = byId('filter');
  form.append(
    searchBox((text) => {
      change({ text });
    }),
    platform,
    select('Signature', CHOICES.signature, (value) => {
      change({ signature: value });
    }),
    select('Published', CHOICES.copy, (value) => {
      change({ copy: value });
    }),
    select('Change', CHOICES.change, (value) => {
      change({ change: value });
    }),
    count,
    button('Expand all', handlers.openAll),
    button('Collapse all', handlers.closeAll),
    button('Refresh', handlers.refresh),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
  });
  return {
    offerPlatforms(platforms) {
      const kept = platforms.includes(filter.platform) ? filter.platform : '';
      const choices = platforms.map((name): Choice => [name, name]);
      platform.replaceChildren(...[ANY_PLATFORM, ...choices].map(option));
      platform.value = kept;
      if (kept !== filter.platform) change({ platform: kept });
    },
    tell(sentence) {
      count.textContent = sentence;
    },
  };
}

function searchBox(changed: (text: string) => void): HTMLElement {
  let timer: number | undefined;
  const input = element('input', {
    ...{ type: 'search', class: 'search', 'aria-label': 'Search images', maxlength: 200 },
    ...{ placeholder: 'Search repository, tag, digest, signer', autocomplete: 'off' },
    spellcheck: false,
  });
  input.addEventListener('input', () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => {
      changed(input.value);
    }, TYPING_MS);
  });
  return input;
}

function select<T extends string>(
  label: string,
  choices: readonly (readonly [value: T, text: string])[],
  changed: (value: T) => void,
): HTMLSelectElement {
  const made = element('select', { 'aria-label': label, class: 'select' }, ...choices.map(option));
  made.addEventListener('change', () => {
    made.classList.toggle('select-active', made.value !== '');
    changed(made.value as T);
  });
  return made;
}

function option([value, text]: Choice): HTMLOptionElement {
  return element('option', { value }, text);
}

function button(text: string, pressed: () => void): HTMLElement {
  const made = element('button', { type: 'button', class: 'button' }, text);
  made.addEventListener('click', pressed);
  return made;
}
