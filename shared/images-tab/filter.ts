import { sortedUnion } from '../core/order.ts';
import { isSigned, platformText } from './labels.ts';
import { imagesOf } from './release.ts';
import type { Change, Image, Release, Repository } from './release.ts';

/** What to show; an empty text or choice lets everything pass. */
export interface Filter {
  /** Words that must all occur: in repository, tags, digest, platform or signer. */
  readonly text: string;
  readonly signature: '' | 'signed' | 'unsigned';
  readonly copy: '' | 'published' | 'unpublished';
  readonly change: '' | Change;
  /** `linux/arm64` */
  readonly platform: string;
}

/** Lets everything pass. */
export const NO_FILTER: Filter = { text: '', signature: '', copy: '', change: '', platform: '' };

/** Whether a filter leaves anything out. */
export function isFiltering(filter: Filter): boolean {
  return Object.values(filter).some((value: string) => value.trim() !== '');
}

/** The platforms to choose from, `linux/arm64`, sorted. */
export function platformsOf(release: Release): readonly string[] {
  return sortedUnion(imagesOf(release).flatMap((image) => platformOf(image) ?? []));
}

/**
 * What is left of a release. A list stays when it or one of its platforms fits; of its platforms those stay that have
 * the chosen properties, and that have the words or whose list has them.
 */
export function filterRelease(release: Release, filter: Filter): Release {
  if (!isFiltering(filter)) return release;
  const words = filter.text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const kept = (image: Image, hasWords: boolean): readonly Image[] => {
    const own = hasWords || words.every((word) => textOf(image).includes(word));
    const platforms = image.platforms.flatMap((platform) => kept(platform, own));
    const fits = own && hasProperties(image, filter);
    return fits || platforms.length > 0 ? [{ ...image, platforms }] : [];
  };
  const repositories = release.repositories
    .map((repository): Repository => ({
      ...repository,
      images: repository.images.flatMap((image) => kept(image, false)),
    }))
    .filter(({ images }) => images.length > 0);
  return { ...release, repositories };
}

function hasProperties(image: Image, { signature, copy, change, platform }: Filter): boolean {
  return (
    (signature === '' || isSigned(image) === (signature === 'signed')) &&
    (copy === '' || (image.copy !== undefined) === (copy === 'published')) &&
    (change === '' || image.change === change) &&
    (platform === '' || platformOf(image) === platform)
  );
}

function platformOf({ platform }: Image): string | undefined {
  return platform === undefined ? undefined : `${platform.os}/${platform.architecture}`;
}

function textOf({ repo, tags, digest, platform, signature }: Image): string {
  return [
    ...tags.map(({ name }) => `${repo}:${name}`),
    `${repo}@${digest}`,
    ...(platform === undefined ? [] : [platformText(platform), platform.osVersion ?? '']),
    signature.certificate?.subject ?? '',
  ]
    .join(' ')
    .toLowerCase();
}
