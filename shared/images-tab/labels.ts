import { counted } from '../core/text.ts';
import type { ReportedPlatform } from '../release-report/model.ts';
import { imagesOf } from './release.ts';
import type { Image, Release, Repository, Signature } from './release.ts';

/** How something looks that has a word: good, bad, worth a look, or neither. */
export type Tone = 'good' | 'bad' | 'info' | 'plain';

/** A word in a coloured frame. */
export interface Badge {
  readonly text: string;
  readonly tone: Tone;
}

/** The signature of an image in a word. */
export function signatureBadge({ state, isTimestamped }: Signature): Badge {
  switch (state) {
    case 'signed':
      return { text: isTimestamped ? 'Signed, timestamped' : 'Signed', tone: 'good' };
    case 'kept':
      return { text: 'Signed earlier', tone: 'good' };
    case 'failed':
      return { text: 'Signing failed', tone: 'bad' };
    case 'unsigned':
      return { text: 'Unsigned', tone: 'plain' };
  }
}

/** What became of an image at the target, in a word. */
export function copyBadge(copy: Image['copy']): Badge {
  if (copy === undefined) return { text: 'Not published', tone: 'plain' };
  return copy === 'copied'
    ? { text: 'Copied', tone: 'good' }
    : { text: 'Already there', tone: 'good' };
}

/** What a release changed for those who pull, in a word; absent while that is not known. */
export function changeBadge(change: Image['change']): Badge | undefined {
  switch (change) {
    case undefined:
      return undefined;
    case 'new':
      return { text: 'New', tone: 'info' };
    case 'changed':
      return { text: 'Changed', tone: 'info' };
    case 'removed':
      return { text: 'Removed', tone: 'info' };
    case 'unchanged':
      return { text: 'Unchanged', tone: 'plain' };
  }
}

/** Whether a signature is there that this release may rely on. */
export function isSigned({ signature }: Image): boolean {
  return signature.state === 'signed' || signature.state === 'kept';
}

/** `linux/arm64/v8`; the operating system's version is told apart. */
export function platformText({ os, architecture, variant }: ReportedPlatform): string {
  return [os, architecture, ...(variant === undefined ? [] : [variant])].join('/');
}

/** How an image is called in a row: a platform image by its platform, any other by its first tag, else by its digest. */
export function imageName(image: Image): string {
  if (image.what === 'platform' && image.platform !== undefined)
    return platformText(image.platform);
  return image.tags[0]?.name ?? shortDigest(image.digest);
}

/** `sha256:44136fa355b3…` */
export function shortDigest(digest: string): string {
  const colon = digest.indexOf(':');
  return `${digest.slice(0, colon + 13)}…`;
}

/** `84.2 MB`, `1.24 GB` or `612 kB`; empty when it is not known. */
export function sizeText(bytes: number | undefined): string {
  if (bytes === undefined) return '';
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(2)} GB`;
  return bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.ceil(bytes / 1e3)} kB`;
}

/** `2026-03-04 05:06 UTC`, the same for every reader. */
export function timeText(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 16)} UTC`;
}

/** The common name of a certificate's subject, else all of it: `Contoso Release` of `C=US, CN=Contoso Release`. */
export function signerText(subject: string): string {
  return /(?:^|, )CN=((?:\\.|[^,+\\])+)/.exec(subject)?.[1] ?? subject;
}

/** A number on top of the tab. */
export interface Tile {
  readonly label: string;
  readonly value: string;
  readonly note: string;
  /** 0 to 1; absent when nothing is to be reached. */
  readonly progress?: number;
}

/** The release in numbers. */
export function tilesOf(release: Release): readonly Tile[] {
  const images = imagesOf(release);
  const count = (test: (image: Image) => boolean): number => images.filter(test).length;
  const lists = count(({ what }) => what === 'list');
  const [signed, failed] = [
    count(isSigned),
    count(({ signature }) => signature.state === 'failed'),
  ];
  const published = count(({ copy }) => copy !== undefined);
  const changes = (['changed', 'new', 'removed'] as const).map((word) => ({
    word,
    count: count(({ change }) => change === word),
  }));
  return [
    {
      label: 'Repositories',
      value: String(release.repositories.length),
      note: counted(lists, 'manifest list'),
    },
    {
      label: 'Images',
      value: String(images.length),
      note: counted(images.length - lists, 'platform image'),
    },
    {
      label: 'Signed',
      ...shareOf(signed, images.length),
      note: failed === 0 ? leftOf(images.length - signed, 'unsigned') : `${failed} failed`,
    },
    {
      label: 'Published',
      ...shareOf(published, images.length),
      note:
        published === 0
          ? 'nothing yet'
          : (release.targets[0] ?? leftOf(images.length - published, 'not published')),
    },
    {
      label: 'Changes',
      value: published === 0 ? '–' : String(changes.reduce((sum, one) => sum + one.count, 0)),
      note: published === 0 ? 'known once published' : changesNote(changes),
    },
  ];
}

/** `8 changed, 1 new`: what is removed is told where something is. */
function changesNote(
  changes: readonly { readonly word: string; readonly count: number }[],
): string {
  return changes
    .filter(({ word, count }) => word !== 'removed' || count > 0)
    .map(({ word, count }) => `${count} ${word}`)
    .join(', ');
}

function shareOf(part: number, all: number): Pick<Tile, 'value' | 'progress'> {
  return { value: `${part} / ${all}`, progress: all === 0 ? 0 : part / all };
}

function leftOf(count: number, what: string): string {
  return count === 0 ? 'all of them' : `${count} ${what}`;
}

/** A repository in words: `4 lists, 12 platforms`. */
export function repositoryNote({ images }: Repository): string {
  const lists = images.filter(({ what }) => what === 'list');
  const platforms = new Set(
    images.flatMap((image) => (image.what === 'list' ? image.platforms : [image])),
  );
  const parts = lists.length === 0 ? [] : [counted(lists.length, 'list')];
  return [...parts, counted(platforms.size, 'platform')].join(', ');
}
