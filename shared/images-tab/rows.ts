import type { Image, Release, Repository } from './release.ts';

/** Where a row stands in the tree, as assistive technology tells it. */
export interface Place {
  /** Unique and the same in every rendering: it remembers focus and what is open. */
  readonly key: string;
  /** The row that this one is below; absent for repositories. */
  readonly parent: string | undefined;
  readonly level: number;
  readonly position: number;
  readonly siblings: number;
  /** Absent for rows that have nothing below. */
  readonly isOpen: boolean | undefined;
}

/** A row of the tree that is visible. */
export type Row = Place &
  (
    | { readonly kind: 'repository'; readonly repository: Repository }
    | { readonly kind: 'image' | 'details'; readonly image: Image }
  );

/** Which rows are open. */
export type OpenKeys = ReadonlySet<string>;

/** Up to so many rows a release is shown with its lists at once. */
const SHORT_RELEASE = 24;

/** The visible rows in order; what is below a closed row is not made at all. */
export function visibleRows({ repositories }: Release, open: OpenKeys): readonly Row[] {
  return repositories.flatMap((repository, index) => {
    const key = `repository ${repository.name}`;
    const row: Row = {
      ...{ kind: 'repository', repository, key, parent: undefined, level: 1 },
      ...{ position: index + 1, siblings: repositories.length, isOpen: open.has(key) },
    };
    if (row.isOpen !== true) return [row];
    const below = repository.images.flatMap((image, at) =>
      imageRows(image, { parent: row, at, siblings: repository.images.length, open }),
    );
    return [row, ...below];
  });
}

interface Surroundings {
  readonly parent: Row;
  /** Index among the siblings. */
  readonly at: number;
  readonly siblings: number;
  readonly open: OpenKeys;
}

/** An image, and when it is open: its details, then its platforms. */
function imageRows(image: Image, { parent, at, siblings, open }: Surroundings): readonly Row[] {
  const key = `${parent.key} > ${image.key}`;
  const level = parent.level + 1;
  const row: Row = {
    ...{ kind: 'image', image, key, parent: parent.key, level },
    ...{ position: at + 1, siblings, isOpen: open.has(key) },
  };
  if (row.isOpen !== true) return [row];
  const count = image.platforms.length + 1;
  const details: Row = {
    ...{ kind: 'details', image, key: `${key} > details`, parent: key, level: level + 1 },
    ...{ position: 1, siblings: count, isOpen: undefined },
  };
  const below = image.platforms.flatMap((platform, index) =>
    imageRows(platform, { parent: row, at: index + 1, siblings: count, open }),
  );
  return [row, details, ...below];
}

/** What is open at first: the lists of a short release, else nothing. */
export function firstOpen(release: Release): OpenKeys {
  const { repositories } = release;
  const rows = repositories.reduce((sum, { images }) => sum + 1 + images.length, 0);
  return new Set(rows > SHORT_RELEASE ? [] : repositories.map(({ name }) => `repository ${name}`));
}

/** Everything open down to the platforms, whose details stay closed. */
export function allOpen(release: Release): OpenKeys {
  return new Set(
    release.repositories.flatMap(({ name, images }) => {
      const key = `repository ${name}`;
      return [
        key,
        ...images
          .filter(({ platforms }) => platforms.length > 0)
          .map((image) => `${key} > ${image.key}`),
      ];
    }),
  );
}
