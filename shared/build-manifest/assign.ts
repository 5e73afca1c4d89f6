import { definite } from '../core/errors.ts';
import { hashOf } from '../image-info/identity.ts';
import type { ImageData, ImageInfo, PlatformData } from '../image-info/model.ts';
import { listedBy, namedBy } from './lookup.ts';
import type { Candidates, LookUp, PlatformMatch } from './lookup.ts';
import type { ManifestImage, ManifestPlatform } from './model.ts';

/** Which declared platforms the rows of a document are; no declared platform is two images. */
export interface Assignment {
  /** What a row stands for: all platforms that its tags name, else one; empty when nothing is left for it. */
  readonly platformsOf: (row: PlatformData) => readonly PlatformMatch[];
  /** The declared image of an image of the document, by its rows that have a declared tag if there are any. */
  readonly imageOf: (image: ImageData) => ManifestImage | undefined;
  /** The row that is the declared platform for which this one came too late, with another digest. */
  readonly rivalOf: (row: PlatformData) => PlatformData | undefined;
}

interface Entry {
  readonly image: ImageData;
  readonly row: PlatformData;
  readonly candidates: Candidates;
  readonly named: readonly PlatformMatch[];
}

/**
 * Gives the rows of a document to declared platforms, one to one: first rows whose tags name their platforms, then rows
 * whose image tells which declared image they are of, then the others in their order, each to a platform that is free.
 *
 * Rows of one digest may be one platform. What is left over has no platform: an old image must not get into a list
 * beside the new one.
 */
export function assignRows(info: ImageInfo, lookUp: LookUp): Assignment {
  const entries = info.repos.flatMap(({ repo, images }) =>
    images.flatMap((image) => image.platforms.flatMap((row) => entriesOf(repo, image, row))),
  );
  const places = new Places();
  for (const entry of entries) if (entry.named.length > 0) places.takeNamed(entry);
  const untold = entries.filter((entry) => {
    if (entry.named.length > 0) return false;
    const told = places.toldFor(entry);
    if (told !== undefined) places.takeOneOf(told, entry);
    return told === undefined;
  });
  for (const entry of untold) {
    // Rows before this one may have told by now which image theirs is.
    places.takeOneOf(places.toldFor(entry) ?? entry.candidates.all, entry);
  }
  return places;

  function entriesOf(repo: string, image: ImageData, row: PlatformData): readonly Entry[] {
    const candidates = lookUp(repo, image, row);
    if (candidates === undefined) return [];
    return [{ image, row, candidates, named: namedBy(candidates, row) }];
  }
}

/** Who has which declared platform, while rows are given to them. */
class Places implements Assignment {
  readonly #holders = new Map<ManifestPlatform, PlatformData>();
  readonly #taken = new Map<PlatformData, readonly PlatformMatch[]>();
  readonly #images = new Map<ImageData, ManifestImage>();
  readonly #rivals = new Map<PlatformData, PlatformData>();
  readonly #hashes = new Set<string>();
  /** How many at the beginning of a list of platforms are taken: nothing becomes free again. */
  readonly #full = new Map<readonly PlatformMatch[], number>();

  platformsOf(row: PlatformData): readonly PlatformMatch[] {
    return this.#taken.get(row) ?? [];
  }

  imageOf(image: ImageData): ManifestImage | undefined {
    return this.#images.get(image);
  }

  rivalOf(row: PlatformData): PlatformData | undefined {
    return this.#rivals.get(row);
  }

  /** The platforms of the declared image that other rows or shared tags tell; absent when nothing does. */
  toldFor({ image, candidates }: Entry): readonly PlatformMatch[] | undefined {
    const told = this.#images.get(image) ?? listedBy(candidates, image)[0];
    return told === undefined ? undefined : (candidates.byImage.get(told) ?? []);
  }

  takeNamed(entry: Entry): void {
    const held = entry.named.find((match) => !this.#isOpenTo(match, entry.row));
    if (held === undefined) this.#take(entry.named, entry);
    else this.#refuse(entry, held);
  }

  takeOneOf(list: readonly PlatformMatch[], entry: Entry): void {
    const found = this.#freeIn(list) ?? this.#sharedIn(list, entry.row);
    const [first] = list;
    if (found !== undefined) this.#take([found], entry);
    else if (first !== undefined) this.#refuse(entry, first);
  }

  #take(matches: readonly PlatformMatch[], { image, row }: Entry): void {
    const [first] = matches;
    if (first !== undefined && !this.#images.has(image)) this.#images.set(image, first.image);
    for (const { platform } of matches) {
      if (!this.#holders.has(platform)) this.#holders.set(platform, row);
    }
    this.#taken.set(row, matches);
    this.#hashes.add(hashOf(row));
  }

  #refuse({ row }: Entry, { platform }: PlatformMatch): void {
    this.#rivals.set(row, definite(this.#holders.get(platform), 'who has a platform'));
  }

  #freeIn(list: readonly PlatformMatch[]): PlatformMatch | undefined {
    let next = this.#full.get(list) ?? 0;
    const isTaken = (match: PlatformMatch | undefined): boolean =>
      match !== undefined && this.#holders.has(match.platform);
    while (isTaken(list[next])) next += 1;
    this.#full.set(list, next);
    return list[next];
  }

  /** Looks only for a digest that some row before had: most have one of their own. */
  #sharedIn(list: readonly PlatformMatch[], row: PlatformData): PlatformMatch | undefined {
    if (!this.#hashes.has(hashOf(row))) return undefined;
    return list.find((match) => this.#isOpenTo(match, row));
  }

  #isOpenTo({ platform }: PlatformMatch, row: PlatformData): boolean {
    const holder = this.#holders.get(platform);
    return holder === undefined || hashOf(holder) === hashOf(row);
  }
}
