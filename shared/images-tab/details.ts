import { element } from './dom.ts';
import type { Content } from './dom.ts';
import { changeBadge, copyBadge, platformText, signatureBadge, timeText } from './labels.ts';
import { badge, copyButton, digestWithCopy } from './row-cells.ts';
import { rowChange } from './release.ts';
import type { Image, Tag } from './release.ts';

/** Everything that is known of an image, as one cell over all columns. */
export function detailsCell(image: Image, columns: number): HTMLElement {
  const facts = [
    ...contentFacts(image),
    ...signatureFacts(image),
    fact('Published', badge(copyBadge(image.copy))),
    ...baselineFacts(image),
    ...(image.tags.length === 0 ? [] : [fact('Tags', tagTable(image))]),
  ];
  const list = element('dl', { class: 'facts' }, ...facts.flat());
  return element('td', { role: 'gridcell', colspan: columns, class: 'details' }, list);
}

type Fact = readonly HTMLElement[];

function fact(term: string, ...content: readonly Content[]): Fact {
  return [element('dt', {}, term), element('dd', {}, ...content)];
}

function contentFacts({ digest, platform, repo, bytes }: Image): readonly Fact[] {
  const version = platform?.osVersion === undefined ? '' : ` (${platform.osVersion})`;
  return [
    fact(
      'Digest',
      element('code', {}, digest),
      copyButton(`${repo}@${digest}`, 'name with digest'),
    ),
    ...(platform === undefined ? [] : [fact('Platform', `${platformText(platform)}${version}`)]),
    ...(bytes === undefined ? [] : [fact('Size', `${bytes.toLocaleString('en-US')} bytes`)]),
  ];
}

function signatureFacts({ signature }: Image): readonly Fact[] {
  const { certificate, signedAt, reason, state } = signature;
  const isThere = state === 'signed' || state === 'kept';
  return [
    fact('Signature', badge(signatureBadge(signature)), ...(reason === undefined ? [] : [reason])),
    ...(certificate === undefined
      ? []
      : [
          fact('Signed by', certificate.subject),
          fact('Certificate', element('code', {}, certificate.thumbprint)),
          fact('Valid until', timeText(certificate.notAfter)),
        ]),
    ...(signedAt === undefined ? [] : [fact('Signed at', timeText(signedAt))]),
    ...(isThere ? [fact('Timestamp', stampText(signature))] : []),
  ];
}

function stampText({ isTimestamped, stampedAt }: Image['signature']): string {
  if (!isTimestamped) return 'none';
  const time = stampedAt === undefined ? '' : `${timeText(stampedAt)}, `;
  return `${time}by a time stamping authority`;
}

/** How the image differs from the image-info that was published before, where one was given. */
function baselineFacts({ row, repo }: Image): readonly Fact[] {
  if (row === undefined) return [];
  const word = changeBadge(rowChange(row));
  const { changed, previousDigest } = row;
  const isMoved = changed.includes('content') && previousDigest !== undefined;
  const content = [
    ...(word === undefined ? [] : [badge(word)]),
    ...(changed.length === 0 ? [] : [element('span', { class: 'note' }, changed.join(', '))]),
    ...(isMoved
      ? [
          element('span', { class: 'note' }, 'from'),
          digestWithCopy(previousDigest, `previous digest in image-info of ${repo}`),
        ]
      : []),
  ];
  return [fact('In image-info', element('span', { class: 'fate' }, ...content))];
}

function tagTable({ tags, repo }: Image): HTMLElement {
  return element(
    'ul',
    { class: 'tag-list' },
    ...tags.map((tag) =>
      element('li', {}, element('span', { class: 'tag' }, tag.name), ...fate(tag, repo)),
    ),
  );
}

/** What became of a tag, and where it pointed before. */
function fate({ name, change, previousDigest }: Tag, repo: string): readonly HTMLElement[] {
  const word = changeBadge(change);
  if (word === undefined) return [];
  const text = change === 'changed' ? { ...word, text: 'Moved' } : word;
  if (change !== 'changed' || previousDigest === undefined) return [badge(text)];
  return [
    badge(text),
    element('span', { class: 'note' }, 'from'),
    digestWithCopy(previousDigest, `previous digest of ${repo}:${name}`),
  ];
}
