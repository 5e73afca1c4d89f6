import { element } from './dom.ts';
import type { Content } from './dom.ts';
import { changeBadge, copyBadge, platformText, signatureBadge, timeText } from './labels.ts';
import { badge, copyButton, digestWithCopy } from './row-cells.ts';
import type { Image, Tag } from './release.ts';

/** Everything that is known of an image, as one cell over all columns. */
export function detailsCell(image: Image, columns: number): HTMLElement {
  const facts = [
    ...contentFacts(image),
    ...signatureFacts(image),
    fact('Published', badge(copyBadge(image.copy))),
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
  const { certificate, signedAt, isTimestamped, reason, state } = signature;
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
    ...(isThere ? [fact('Timestamp', isTimestamped ? 'by a timestamping authority' : 'none')] : []),
  ];
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
