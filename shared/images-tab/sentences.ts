import { counted } from '../core/text.ts';
import type { Loading } from './attachments.ts';
import { timeText } from './labels.ts';
import { imagesOf, rowChange } from './release.ts';
import type { Release } from './release.ts';

/** What the page says about a load; empty when the release speaks for itself. */
export function loadingSentence(loading: Loading, isFinished: boolean): string {
  switch (loading.kind) {
    case 'denied':
      return 'You may not read this run. Ask for "View builds" in this project.';
    case 'failed':
      return `The images of this run could not be read. ${loading.message}`;
    case 'absent':
      return nothingSentence(isFinished);
    case 'loaded':
      return reportsSentence(loading, isFinished);
  }
}

function reportsSentence(
  { reports, unreadable }: Extract<Loading, { readonly kind: 'loaded' }>,
  isFinished: boolean,
): string {
  const unread =
    unreadable === 0
      ? ''
      : `${counted(unreadable, 'report')} of this run ${unreadable === 1 ? 'is' : 'are'} of another version of the extension and cannot be shown. `;
  if (reports.length === 0) return `${unread}${nothingSentence(isFinished)}`;
  return isFinished ? unread.trim() : `${unread}The run is still going: more may come.`;
}

function nothingSentence(isFinished: boolean): string {
  return isFinished
    ? 'This run released no images: no task of it came to its end. Dry runs show nothing here.'
    : 'Nothing yet: images appear when a task of the release has come to its end.';
}

/** More of what was displaced is not shown: the log of the step has all of it. */
const DISPLACED_SHOWN = 10;

/** What is to be said of a release as a whole: what it undid, and what differs from the image-info published before. */
export function notesOf(release: Release): readonly string[] {
  const { undone, displaced } = release;
  return [
    ...undone.map(
      (time) => `Tags were put back to where they were before the publish of ${timeText(time)}.`,
    ),
    ...baselineNote(release),
    ...displaced.slice(0, DISPLACED_SHOWN).map((line) => `In the published image-info, ${line}.`),
    ...(displaced.length > DISPLACED_SHOWN
      ? [`${displaced.length - DISPLACED_SHOWN} more were displaced: see the log of the step.`]
      : []),
  ];
}

/** `Since the image-info published before: 8 images changed (base image of 6, commit of 8), 1 new, 6 unchanged.` */
function baselineNote(release: Release): readonly string[] {
  const rows = imagesOf(release).flatMap(({ row }) => row ?? []);
  if (rows.length === 0) return [];
  const count = (change: ReturnType<typeof rowChange>): number =>
    rows.filter((row) => rowChange(row) === change).length;
  const parts = (['content', 'base image', 'commit', 'tags'] as const).flatMap((part) => {
    const { length } = rows.filter(({ changed }) => changed.includes(part));
    return length === 0 ? [] : [`${part} of ${length}`];
  });
  const which = parts.length === 0 ? '' : ` (${parts.join(', ')})`;
  return [
    `Since the image-info published before: ${counted(count('changed'), 'image')} changed${which}, ${count('new')} new, ${count('unchanged')} unchanged.`,
  ];
}
