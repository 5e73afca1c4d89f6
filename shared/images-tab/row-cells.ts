import { element, icon } from './dom.ts';
import type { Content } from './dom.ts';
import {
  changeBadge,
  copyBadge,
  imageName,
  isSigned,
  repositoryNote,
  shortDigest,
  signatureBadge,
  signerText,
  sizeText,
  timeText,
} from './labels.ts';
import type { Badge } from './labels.ts';
import type { Image, Repository, Tag } from './release.ts';

/** Tags that a row shows; its details have them all. */
const TAGS_IN_ROW = 5;

/** The cells of a repository. */
export function repositoryCells(repository: Repository): readonly HTMLElement[] {
  const images = [...new Set(repository.images.flatMap((image) => [image, ...image.platforms]))];
  const count = (test: (image: Image) => boolean): string =>
    `${images.filter(test).length} / ${images.length}`;
  const changes = (['changed', 'new'] as const).flatMap((change) => {
    const { length } = images.filter((image) => image.change === change);
    return length === 0 ? [] : [`${length} ${change}`];
  });
  return [
    nameCell(
      icon('repository'),
      element('span', { class: 'repository' }, repository.name),
      element('span', { class: 'note' }, repositoryNote(repository)),
    ),
    cell('digest'),
    cell('size number'),
    cell('signature', element('span', { class: 'share' }, count(isSigned))),
    cell(
      'copy',
      element(
        'span',
        { class: 'share' },
        count(({ copy }) => copy !== undefined),
      ),
    ),
    cell('change', element('span', { class: 'share' }, changes.join(', '))),
  ];
}

/** The cells of an image. */
export function imageCells(image: Image): readonly HTMLElement[] {
  const { what, tags, platform, digest, bytes, signature, copy, change } = image;
  const label =
    what === 'platform' || tags.length === 0
      ? [element('span', { class: 'platform' }, imageName(image))]
      : [];
  const version = platform?.osVersion;
  return [
    nameCell(
      icon(what),
      ...label,
      ...(version === undefined ? [] : [element('span', { class: 'note' }, version)]),
      ...tagChips(tags),
    ),
    cell('digest', digestWithCopy(digest, `digest of ${image.repo} ${imageName(image)}`)),
    cell('size number', sizeText(bytes)),
    cell('signature', badge(signatureBadge(signature)), ...signerLine(image)),
    cell('copy', badge(copyBadge(copy))),
    cell('change', ...badges(changeBadge(change))),
  ];
}

/** A short digest beside a button that copies all of it; `what` is its name for assistive technology. */
export function digestWithCopy(digest: string, what: string): HTMLElement {
  return element(
    'span',
    { class: 'digest-text' },
    element('code', { title: digest }, shortDigest(digest)),
    copyButton(digest, what),
  );
}

/** A button that copies a text. */
export function copyButton(text: string, what: string): HTMLElement {
  return element(
    'button',
    {
      ...{ type: 'button', class: 'copy-button', 'data-copy': text, tabindex: -1 },
      ...{ 'aria-label': `Copy ${what}`, title: `Copy ${what}` },
    },
    icon('copy'),
  );
}

/** A word in a coloured frame. */
export function badge({ text, tone }: Badge): HTMLElement {
  return element('span', { class: `badge badge-${tone}` }, text);
}

function badges(one: Badge | undefined): readonly HTMLElement[] {
  return one === undefined ? [] : [badge(one)];
}

function tagChips(tags: readonly Tag[]): readonly HTMLElement[] {
  const shown = tags
    .slice(0, TAGS_IN_ROW)
    .map(({ name }) => element('span', { class: 'tag' }, name));
  const more = tags.length - shown.length;
  return more <= 0 ? shown : [...shown, element('span', { class: 'note' }, `+${more} more`)];
}

/** By whom and when, by the authority's word where there is one; or why not. The details have both times. */
function signerLine({ signature }: Image): readonly HTMLElement[] {
  const { certificate, signedAt, stampedAt, reason } = signature;
  const time = stampedAt ?? signedAt;
  const parts = [
    ...(certificate === undefined ? [] : [signerText(certificate.subject)]),
    ...(time === undefined ? [] : [timeText(time)]),
    ...(reason === undefined ? [] : [reason]),
  ];
  if (parts.length === 0) return [];
  const title = certificate?.subject ?? reason;
  return [element('span', { class: 'by', title }, parts.join(' · '))];
}

function nameCell(...content: readonly Content[]): HTMLElement {
  const inner = element('div', { class: 'name' }, icon('chevron'), ...content);
  return cell('name-cell', inner);
}

function cell(name: string, ...content: readonly Content[]): HTMLElement {
  return element('td', { role: 'gridcell', class: name }, ...content);
}
