import { counted } from '../core/text.ts';
import type { Loading } from './attachments.ts';

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
