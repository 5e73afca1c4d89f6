import { definite } from '../core/errors.ts';

/** Content of an element: text stays text, whatever it looks like. */
export type Content = Node | string;

/** Attributes; one that is absent is not set. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** An element with attributes and content. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...content: readonly Content[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  setAttributes(made, attributes);
  made.append(...content);
  return made;
}

/** Sets attributes, and removes those that are absent. */
export function setAttributes(target: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined) target.removeAttribute(name);
    else target.setAttribute(name, String(value));
  }
}

/** The element of index.html with this id. */
export function byId(id: string): HTMLElement {
  return definite(document.getElementById(id) ?? undefined, `the element ${id} of index.html`);
}

const ICONS = {
  chevron: 'M6 3.5 10.5 8 6 12.5',
  repository: 'M8 1.8 14 4.9v6.2l-6 3.1-6-3.1V4.9zM2 4.9l6 3.1 6-3.1M8 8v6.2',
  list: 'M8 2l6 3-6 3-6-3zM2 8l6 3 6-3M2 11l6 3 6-3',
  platform:
    'M4 4h8v8H4zM6.5 6.5h3v3h-3zM6 1.5V4M10 1.5V4M6 12v2.5M10 12v2.5M1.5 6H4M1.5 10H4M12 6h2.5M12 10h2.5',
  copy: 'M5.5 5.5h8v8h-8zM3.5 10.5h-1v-8h8v1',
  check: 'M3 8.5 6.5 12 13 4.5',
} as const;

/** The name of an icon. */
export type IconName = keyof typeof ICONS;

/** A line icon, which assistive technology does not see. */
export function icon(name: IconName): SVGElement {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  setAttributes(svg, { viewBox: '0 0 16 16', class: `icon icon-${name}`, 'aria-hidden': true });
  const path = document.createElementNS(space, 'path');
  path.setAttribute('d', ICONS[name]);
  svg.append(path);
  return svg;
}
