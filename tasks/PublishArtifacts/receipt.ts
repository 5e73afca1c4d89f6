import { dirname, join } from 'node:path';
import { isJsonObject, parseJson } from '../../shared/core/json.ts';
import type { JsonObject, JsonValue } from '../../shared/core/json.ts';
import { all, allOf, parsed, problem } from '../../shared/core/result.ts';
import type { Parsed } from '../../shared/core/result.ts';
import { parseDigest } from '../../shared/oci/digest.ts';
import type { Digest } from '../../shared/oci/digest.ts';
import {
  formatReference,
  parseRegistryHost,
  parseRepositoryName,
  parseTag,
} from '../../shared/oci/reference.ts';
import type { TagStep } from './steps.ts';

/** A tag of a publish: where it is to point, and where it pointed before. */
export interface ReceiptEntry {
  /** Whole name at the target, `public/dotnet/runtime`. */
  readonly repository: string;
  readonly tag: string;
  readonly what: 'platform' | 'list';
  readonly digest: Digest;
  /** Where it pointed before the publish, over all its attempts; absent for a tag that did not exist. */
  readonly previousDigest?: Digest;
  /** When it was set, ISO-8601 in UTC; absent for a tag that is still to be set, or that was not moved. */
  readonly setAt?: string;
}

/** The record of a publish, kept as `receipt.json`. */
export interface Receipt {
  /** When the run began, ISO-8601 in UTC. */
  readonly publishedAt: string;
  /** When everything was done; absent while it is not, so that the next attempt goes on from here. */
  readonly completedAt?: string;
  readonly registry: string;
  readonly tags: readonly ReceiptEntry[];
}

/** Where the receipt of an output goes. */
export function receiptPathOf(output: string): string {
  return join(dirname(output), 'receipt.json');
}

/**
 * The artifact with the receipt of a publish that did not come to its end. A name of its own: the name of the final
 * image-info must still be free when the step is tried again within the same job.
 */
export function unfinishedArtifact(artifactName: string): string {
  return `${artifactName}-unfinished`;
}

/** The receipt of tags that are about to be set; those that earlier attempts set keep what they noted. */
export function receiptOf(steps: readonly TagStep[], registry: string, now: Date): Receipt {
  return {
    publishedAt: now.toISOString(),
    registry,
    tags: steps.map(({ to, tag, what, digest, previousDigest, setAt }) => ({
      repository: to.name,
      ...{ tag, what, digest },
      ...(previousDigest === undefined ? {} : { previousDigest }),
      ...(setAt === undefined ? {} : { setAt }),
    })),
  };
}

/** The receipt once some of its tags are set; the keys are `repository:tag`. */
export function withSet(receipt: Receipt, setAt: ReadonlyMap<string, string>): Receipt {
  const tags = receipt.tags.map((entry) => {
    const at = setAt.get(entryKey(entry));
    return at === undefined ? entry : { ...entry, setAt: at };
  });
  return { ...receipt, tags };
}

/** Whether a receipt is of these tags: the same names at the same registry, with the same digests. */
export function isReceiptOf(
  { registry, tags }: Receipt,
  release: readonly (Pick<TagStep, 'to' | 'tag'> & { readonly digest: Digest })[],
): boolean {
  const wanted = new Set(
    release.map(({ to, tag, digest }) => `${formatReference(to, tag)} ${digest}`),
  );
  const noted = tags.map(
    ({ repository: name, tag, digest }) => `${formatReference({ registry, name }, tag)} ${digest}`,
  );
  return noted.length === wanted.size && noted.every((one) => wanted.has(one));
}

/** Names a tag of a receipt: `public/dotnet/runtime:9.0`. */
export function entryKey({ repository, tag }: Pick<ReceiptEntry, 'repository' | 'tag'>): string {
  return `${repository}:${tag}`;
}

/** A receipt from its bytes; every problem has its path in the file. */
export function parseReceipt(bytes: Uint8Array, file: string): Parsed<Receipt> {
  const json = parseJson(bytes, file);
  if (!json.ok) return json;
  if (!isJsonObject(json.value)) return problem(file, 'is not a receipt');
  const { publishedAt, completedAt, registry, tags } = json.value;
  const receipt = all<Omit<Receipt, 'completedAt'>>({
    publishedAt: textOf(publishedAt, `${file}: publishedAt`),
    registry: checked(registry, `${file}: registry`, parseRegistryHost),
    tags: Array.isArray(tags)
      ? allOf(
          (tags as readonly JsonValue[]).map((tag, index) =>
            parseEntry(tag, `${file}: tags[${index}]`),
          ),
        )
      : problem(`${file}: tags`, 'is not a list'),
  });
  if (!receipt.ok || completedAt === undefined) return receipt;
  const completed = textOf(completedAt, `${file}: completedAt`);
  return completed.ok ? parsed({ ...receipt.value, completedAt: completed.value }) : completed;
}

function parseEntry(value: JsonValue, path: string): Parsed<ReceiptEntry> {
  if (!isJsonObject(value)) return problem(path, 'is not an object');
  const { repository, tag, what, digest } = value;
  const entry = all<ReceiptEntry>({
    repository: checked(repository, `${path}.repository`, parseRepositoryName),
    tag: checked(tag, `${path}.tag`, parseTag),
    what:
      what === 'platform' || what === 'list'
        ? parsed(what)
        : problem(`${path}.what`, 'is neither platform nor list'),
    digest: checked(digest, `${path}.digest`, parseDigest),
  });
  const more = all<Pick<ReceiptEntry, 'previousDigest' | 'setAt'>>(optionalMembers(value, path));
  if (!entry.ok) return entry;
  return more.ok ? parsed({ ...entry.value, ...more.value }) : more;
}

/** Only members that are there: an absent digest means that there was no tag. */
function optionalMembers(
  { previousDigest, setAt }: JsonObject,
  path: string,
): { readonly previousDigest?: Parsed<Digest>; readonly setAt?: Parsed<string> } {
  return {
    ...(previousDigest === undefined
      ? {}
      : { previousDigest: checked(previousDigest, `${path}.previousDigest`, parseDigest) }),
    ...(setAt === undefined ? {} : { setAt: textOf(setAt, `${path}.setAt`) }),
  };
}

function textOf(value: JsonValue | undefined, path: string): Parsed<string> {
  return typeof value === 'string' ? parsed(value) : problem(path, 'is not text');
}

function checked<T>(
  value: JsonValue | undefined,
  path: string,
  parse: (text: string, path: string) => Parsed<T>,
): Parsed<T> {
  const text = textOf(value, path);
  return text.ok ? parse(text.value, path) : text;
}
