import { groupBy } from '../core/group-by.ts';
import type { JsonValue } from '../core/json.ts';
import type { Pairs } from './baseline-pairs.ts';
import { imageInPlaceOf, rowInPlaceOf } from './baseline-rows.ts';
import { hashOf, platformKey } from './identity.ts';
import type { ImageData, PlatformData } from './model.ts';

/** An image of a release, and those of its rows that are released. */
export interface ReleasedImage {
  readonly image: ImageData;
  readonly rows: readonly PlatformData[];
}

/**
 * Pairs released images with published ones that are as the release would make them, each with all its rows; absent
 * when one of them is not there.
 *
 * What an earlier merge of the same release made is found that way, so that the next one changes nothing: rows
 * without a tag may be there several times, and keys alone would then pair them crosswise.
 */
export function pairSame(
  released: readonly ReleasedImage[],
  published: readonly ImageData[],
  commitOverride: string | undefined,
): Pairs | undefined {
  const byContent = groupBy(
    published.flatMap((image) => [...contentsOf(image)].map((content) => ({ content, image }))),
    ({ content }) => content,
  );
  const placesOf = (released: ReleasedImage): Places =>
    new Map(
      (byContent.get(firstContentOf(released)) ?? []).flatMap(({ image }) => {
        const rows = rowPlaces(released, image, commitOverride);
        return rows === undefined ? [] : [[image, rows] as const];
      }),
    );
  const places = new Map(released.map((one) => [one, placesOf(one)]));
  const found = [...assigned(places)].flatMap(([image, one]) => {
    const rows = places.get(one)?.get(image);
    return rows === undefined ? [] : [{ one, image, rows }];
  });
  if (found.length < released.length) return undefined;
  return {
    images: new Map(found.map(({ one, image }) => [one.image, image])),
    platforms: new Map(found.flatMap(({ rows }) => [...rows])),
  };
}

/** The published images that a released one may be, and which row is which then. */
type Places = ReadonlyMap<ImageData, ReadonlyMap<PlatformData, PlatformData>>;

/** Names of what an image has, so that not every image is compared with every other. */
function contentsOf(image: ImageData): ReadonlySet<string> {
  return new Set([listContent(image), ...image.platforms.map((row) => rowContent(row, image))]);
}

function firstContentOf({ image, rows: [first] }: ReleasedImage): string {
  return first === undefined ? listContent(image) : rowContent(first, image);
}

function listContent({ manifest }: ImageData): string {
  return `list ${manifest?.digest ?? ''}`;
}

function rowContent(row: PlatformData, { productVersion }: ImageData): string {
  return `${hashOf(row)} ${platformKey(row, productVersion)}`;
}

/** Which rows of a published image are the released ones; absent when one is not there as it would be written. */
function rowPlaces(
  { image, rows }: ReleasedImage,
  published: ImageData,
  commitOverride: string | undefined,
): ReadonlyMap<PlatformData, PlatformData> | undefined {
  const { platforms } = published;
  if (!isSameJson(imageInPlaceOf(published, image, platforms), published)) return undefined;
  const free = new Set(platforms);
  const places = new Map<PlatformData, PlatformData>();
  // An unchanged row is whatever has its digest: the others, which are more exact, choose first.
  const ordered = [...rows].sort((a, b) => Number(a.isUnchanged) - Number(b.isUnchanged));
  for (const row of ordered) {
    const place = [...free].find((candidate) => isPlaceOf(row, candidate, commitOverride));
    if (place === undefined) return undefined;
    free.delete(place);
    places.set(row, place);
  }
  return places;
}

function isPlaceOf(
  row: PlatformData,
  published: PlatformData,
  commitOverride: string | undefined,
): boolean {
  if (row.digest !== published.digest || keyOf(row) !== keyOf(published)) return false;
  return isSameJson(rowInPlaceOf(published, row, commitOverride), published);
}

/** Rows of images that have the same product version differ in this alone. */
function keyOf(row: PlatformData): string {
  return platformKey(row, undefined);
}

/** A published image for as many released ones as possible, each for one of them. */
function assigned(
  places: ReadonlyMap<ReleasedImage, Places>,
): ReadonlyMap<ImageData, ReleasedImage> {
  const owners = new Map<ImageData, ReleasedImage>();
  // Where all that it may be are taken, the owner of one of them may have another.
  const settle = (one: ReleasedImage, seen: Set<ImageData>): boolean => {
    const images = [...(places.get(one)?.keys() ?? [])];
    const place =
      images.find((image) => !owners.has(image)) ??
      images.find((image) => {
        const owner = owners.get(image);
        if (owner === undefined || seen.has(image)) return false;
        seen.add(image);
        return settle(owner, seen);
      });
    if (place !== undefined) owners.set(place, one);
    return place !== undefined;
  };
  for (const one of places.keys()) settle(one, new Set());
  return owners;
}

/** Whether two values say the same, members in any order. */
function isSameJson(one: JsonValue | undefined, other: JsonValue | undefined): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) {
    return false;
  }
  const members = Object.entries(one);
  const others = new Map(Object.entries(other));
  return (
    Array.isArray(one) === Array.isArray(other) &&
    members.length === others.size &&
    members.every(([name, value]) => others.has(name) && isSameJson(value, others.get(name)))
  );
}
