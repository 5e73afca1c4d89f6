import { groupBy } from '../core/group-by.ts';
import { compareText, sortedUnion } from '../core/order.ts';
import { imageKey, joined } from '../release-report/join.ts';
import type {
  ReportDocument,
  ReportedCertificate,
  ReportedCopy,
  ReportedImage,
  ReportedPlatform,
  ReportedRow,
  ReportedSignature,
  ReportedTag,
} from '../release-report/model.ts';
import { latestReports } from './latest.ts';

/** What a release did to something that is published. */
export type Change = 'new' | 'changed' | 'removed' | 'unchanged';

/** A tag of an image; what became of it is known once it is published. */
export interface Tag {
  readonly name: string;
  readonly change: Change | undefined;
  /** Where it pointed before. */
  readonly previousDigest: string | undefined;
}

/** The signature of an image; `unsigned` when nothing tells of one. */
export interface Signature {
  readonly state: ReportedSignature['state'] | 'unsigned';
  readonly certificate: ReportedCertificate | undefined;
  readonly signedAt: string | undefined;
  readonly isTimestamped: boolean;
  readonly stampedAt: string | undefined;
  readonly reason: string | undefined;
}

/** A digest of the release in a repository, with everything that the tasks told of it. */
export interface Image {
  readonly key: string;
  readonly repo: string;
  readonly digest: string;
  readonly what: 'list' | 'platform';
  readonly tags: readonly Tag[];
  readonly platform: ReportedPlatform | undefined;
  /** Of a list: that of its platforms together. */
  readonly bytes: number | undefined;
  readonly signature: Signature;
  /** What became of its content at the target; absent while it is not published. */
  readonly copy: ReportedCopy['state'] | undefined;
  readonly change: Change | undefined;
  /** How it differs from the image-info that was published before; absent where none was given. */
  readonly row: ReportedRow | undefined;
  /** The platforms of a list, in its order. */
  readonly platforms: readonly Image[];
}

/** A repository with its lists, and with the platform images that no list of it has. */
export interface Repository {
  readonly name: string;
  readonly images: readonly Image[];
}

/** The release of a run. */
export interface Release {
  /** By name. */
  readonly repositories: readonly Repository[];
  /** Where it was published to. */
  readonly targets: readonly string[];
  /** What it displaced in the image-info that was published before, in words. */
  readonly displaced: readonly string[];
  /** When the publishes began that it undid. */
  readonly undone: readonly string[];
}

/** No image at all. */
export const EMPTY_RELEASE: Release = { repositories: [], targets: [], displaced: [], undone: [] };

/** Reports that tell most of the shape of images come first. */
const KINDS = ['create', 'publish', 'sign'] as const;

/** One release of what the tasks of a run reported; of several attempts the latest counts. */
export function mergeReports(all: readonly ReportDocument[]): Release {
  const reports = latestReports(all);
  const images = joined(
    KINDS.flatMap((kind) => reports.filter((one) => one.kind === kind)).flatMap(
      (one) => one.images,
    ),
  );
  const builder = new ImageBuilder(images, factsOf(reports));
  const byRepo = groupBy(images, ({ repo }) => repo);
  const repositories = [...byRepo].map(([name, own]) => ({ name, images: builder.topOf(own) }));
  const publishes = reports.filter((one) => one.kind === 'publish');
  return {
    repositories: repositories.sort((a, b) => compareText(a.name, b.name)),
    targets: sortedUnion(publishes.map(({ target }) => target)),
    displaced: sortedUnion(publishes.flatMap(({ baseline }) => baseline?.displaced ?? [])),
    undone: sortedUnion(publishes.flatMap(({ undone }) => undone ?? [])),
  };
}

/** Every image of a release once, lists before their platforms. */
export function imagesOf({ repositories }: Release): readonly Image[] {
  const images = repositories.flatMap((repository) =>
    repository.images.flatMap((image) => [image, ...image.platforms]),
  );
  return [...new Map(images.map((image) => [image.key, image])).values()];
}

/** What reports tell of images, by image; the later report wins. */
interface ReportFacts {
  readonly signatures: ReadonlyMap<string, ReportedSignature>;
  readonly certificates: ReadonlyMap<string, ReportedCertificate>;
  readonly copies: ReadonlyMap<string, ReportedCopy>;
  readonly tags: ReadonlyMap<string, readonly ReportedTag[]>;
  readonly rows: ReadonlyMap<string, ReportedRow>;
}

function factsOf(reports: readonly ReportDocument[]): ReportFacts {
  const signs = reports.filter((one) => one.kind === 'sign');
  const publishes = reports.filter((one) => one.kind === 'publish');
  const tags = new Map(
    publishes.flatMap((one) => one.tags).map((tag) => [`${tag.repo}:${tag.tag}`, tag]),
  );
  return {
    signatures: new Map(
      signs.flatMap((one) => one.signatures).map((signature) => [imageKey(signature), signature]),
    ),
    certificates: new Map(
      signs.flatMap((one) => one.certificates).map((one) => [one.thumbprint, one]),
    ),
    // One job copies, another finds it there when it sets the tags.
    copies: new Map(
      (['kept', 'copied'] as const).flatMap((state) =>
        publishes
          .flatMap((one) => one.copies)
          .filter((copy) => copy.state === state)
          .map((copy) => [imageKey(copy), copy]),
      ),
    ),
    tags: groupBy(tags.values(), imageKey),
    rows: new Map(
      publishes.flatMap(({ baseline }) => baseline?.rows ?? []).map((row) => [imageKey(row), row]),
    ),
  };
}

/** Makes images; each is made once, also when several lists have it. */
class ImageBuilder {
  readonly #byKey: ReadonlyMap<string, ReportedImage>;
  readonly #byDigest: ReadonlyMap<string, ReportedImage>;
  readonly #facts: ReportFacts;
  readonly #made = new Map<string, Image>();

  constructor(images: readonly ReportedImage[], facts: ReportFacts) {
    this.#byKey = new Map(images.map((image) => [imageKey(image), image]));
    this.#byDigest = new Map(images.map((image) => [image.digest, image]));
    this.#facts = facts;
  }

  /** The lists of a repository, then what is in none of them. */
  topOf(images: readonly ReportedImage[]): readonly Image[] {
    const lists = images.filter(({ what }) => what === 'list');
    const listed = new Set(lists.flatMap(({ platforms }) => platforms));
    const alone = images.filter(({ what, digest }) => what === 'platform' && !listed.has(digest));
    return [...lists, ...alone].map((image) => this.#make(image));
  }

  #make(reported: ReportedImage): Image {
    const key = imageKey(reported);
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const platforms = reported.what === 'list' ? this.#platformsOf(reported) : [];
    const tags = tagsOf(reported, this.#facts.tags.get(key) ?? []);
    const copy = this.#facts.copies.get(key)?.state;
    const row = this.#facts.rows.get(key);
    const image: Image = {
      ...{ key, tags, copy, platforms, row },
      ...{ repo: reported.repo, digest: reported.digest, what: reported.what },
      platform: reported.platform,
      bytes: reported.what === 'list' ? sumOf(platforms) : reported.bytes,
      signature: this.#signatureOf(key),
      change: changeOf(tags, row, copy),
    };
    this.#made.set(key, image);
    return image;
  }

  /** A report may name a digest and tell nothing of it; a platform has no platforms of its own, whatever it says. */
  #platformsOf({ repo, platforms }: ReportedImage): readonly Image[] {
    return platforms.map((digest) => {
      const found = this.#byKey.get(imageKey({ repo, digest })) ?? this.#byDigest.get(digest);
      const { platform, bytes, tags = [] } = found ?? {};
      return this.#make({
        ...{ repo, digest, what: 'platform', platforms: [] },
        tags: found?.repo === repo ? tags : [],
        ...(platform === undefined ? {} : { platform }),
        ...(bytes === undefined ? {} : { bytes }),
      });
    });
  }

  #signatureOf(key: string): Signature {
    const found = this.#facts.signatures.get(key);
    return {
      state: found?.state ?? 'unsigned',
      certificate: this.#facts.certificates.get(found?.certificate ?? ''),
      signedAt: found?.signedAt,
      isTimestamped: found?.isTimestamped === true,
      stampedAt: found?.stampedAt,
      reason: found?.reason,
    };
  }
}

function tagsOf({ tags }: ReportedImage, published: readonly ReportedTag[]): readonly Tag[] {
  const found = new Map(published.map((one) => [one.tag, one]));
  return [...new Set([...tags, ...found.keys()])].map((name) => {
    const tag = found.get(name);
    const previousDigest = tag?.previousDigest;
    return { name, previousDigest, change: tag === undefined ? undefined : tagChange(tag) };
  });
}

function tagChange({ digest, previousDigest, isGone }: ReportedTag): Change {
  if (isGone === true) return 'removed';
  if (previousDigest === undefined) return 'new';
  return previousDigest === digest ? 'unchanged' : 'changed';
}

/** What a release did to a row of the image-info that was published before. */
export function rowChange({ previousDigest, changed }: ReportedRow): Change {
  if (previousDigest === undefined) return 'new';
  return changed.length === 0 ? 'unchanged' : 'changed';
}

/**
 * By the tags that are published; of an image without any by the image-info that was published before, else by whether
 * the target had its content.
 */
function changeOf(
  tags: readonly Tag[],
  row: ReportedRow | undefined,
  copy: Image['copy'],
): Change | undefined {
  const changes = new Set(tags.map(({ change }) => change));
  for (const change of ['changed', 'new', 'removed', 'unchanged'] as const) {
    if (changes.has(change)) return change;
  }
  if (row !== undefined) return rowChange(row);
  if (copy === undefined) return undefined;
  return copy === 'copied' ? 'new' : 'unchanged';
}

function sumOf(platforms: readonly Image[]): number | undefined {
  const known = platforms.flatMap(({ bytes }) => bytes ?? []);
  return known.length === 0 || known.length < platforms.length
    ? undefined
    : known.reduce((sum, bytes) => sum + bytes, 0);
}
