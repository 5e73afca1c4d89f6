import { basename } from 'node:path';
import { TaskError } from '../../shared/core/errors.ts';
import { orThrow } from '../../shared/core/result.ts';
import type { ReleasedDigest } from '../../shared/image-info/select.ts';
import { repositoryAt } from '../../shared/oci/reference.ts';
import type { HandOverReader } from '../../shared/ports/artifacts.ts';
import type { FileReader } from '../../shared/ports/files.ts';
import type { Inputs } from './inputs.ts';
import {
  entryKey,
  isReceiptOf,
  parseReceipt,
  receiptPathOf,
  unfinishedArtifact,
} from './receipt.ts';
import type { Receipt, ReceiptEntry } from './receipt.ts';
import type { Plan } from './steps.ts';

/** What earlier receipts are read with. */
export interface ReceiptReaders {
  readonly files: FileReader;
  readonly handOver: Pick<HandOverReader, 'earlierAttempt'>;
}

/** What is known of earlier publishes of a release. */
export interface EarlierTags {
  /** What they noted of tags, by `repository:tag` at the target. */
  readonly earlierTags: ReadonlyMap<string, ReceiptEntry>;
  /** What could not be found out about them. */
  readonly unknown: readonly string[];
}

/** Where receipts are. */
interface Places {
  readonly paths: readonly string[];
  readonly unknown: readonly string[];
}

/** A publish as far as earlier ones of it are told by it. */
interface Publish {
  readonly inputs: Pick<Inputs, 'output' | 'target' | 'artifactName' | 'phase'>;
  readonly digests: readonly ReleasedDigest[];
}

/**
 * What receipts beside the output and of the attempt before note of tags, by `repository:tag`. One of a publish that came
 * to its end counts when it is of this very release: every other publish tells what it found itself.
 *
 * @throws TaskError `RECEIPT_INVALID`
 */
export async function readEarlierTags(
  { inputs, digests }: Publish,
  readers: ReceiptReaders,
  signal: AbortSignal,
): Promise<EarlierTags> {
  if (inputs.phase === 'content') return { earlierTags: new Map(), unknown: [] };
  const { location } = inputs.target;
  const release = digests.flatMap(({ repo, digest, tags }) =>
    tags.map((tag) => ({ to: repositoryAt(location, repo), tag, digest })),
  );
  const found: Receipt[] = [];
  const { paths, unknown } = await placesOf(inputs, readers, signal);
  for (const path of paths) {
    const receipt = orThrow(parseReceipt(await readers.files.read(path, signal), path), {
      code: 'RECEIPT_INVALID',
      subject: `The receipt of an earlier attempt, ${path},`,
      hint: 'Repair the file or move it away: it tells where tags pointed before the earlier attempt.',
    });
    const isUnfinished =
      receipt.completedAt === undefined && receipt.registry === location.registry;
    if (isUnfinished || isReceiptOf(receipt, release)) found.push(receipt);
  }
  return { earlierTags: historyIn(found), unknown };
}

async function placesOf(
  inputs: Publish['inputs'],
  readers: ReceiptReaders,
  signal: AbortSignal,
): Promise<Places> {
  const path = receiptPathOf(inputs.output);
  const here = (await readers.files.isFile(path)) ? [path] : [];
  try {
    const uploaded = await uploadedReceipt(inputs, readers, signal);
    return { paths: [...here, ...(uploaded === undefined ? [] : [uploaded])], unknown: [] };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof TaskError)) throw error;
    const unknown = `The receipt of the attempt before this one could not be looked for: ${error.message} If that attempt set tags, the receipt of this one does not tell where they were before: to undo both, roll back by this one first, then by the other.`;
    return { paths: here, unknown: [unknown] };
  }
}

async function uploadedReceipt(
  { output, artifactName }: Publish['inputs'],
  { handOver }: ReceiptReaders,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (artifactName === undefined) return undefined;
  const names = [artifactName, unfinishedArtifact(artifactName)];
  return handOver.earlierAttempt(names, basename(receiptPathOf(output)), signal);
}

/** Of each tag the newest entry that tells a change, else the newest: a tag that was kept tells nothing. */
function historyIn(receipts: readonly Receipt[]): ReadonlyMap<string, ReceiptEntry> {
  const tags = new Map<string, ReceiptEntry>();
  const oldestFirst = receipts.toSorted((one, other) =>
    one.publishedAt < other.publishedAt ? -1 : 1,
  );
  for (const entry of oldestFirst.flatMap((receipt) => receipt.tags)) {
    const key = entryKey(entry);
    const known = tags.get(key);
    const isKept = entry.previousDigest === entry.digest;
    if (known?.digest !== entry.digest || !isKept) tags.set(key, entry);
  }
  return tags;
}

/**
 * Whether the receipt beside an output is of this publish, which did not come to its end: one that an earlier publish
 * left there must not be handed on as that of this one.
 */
export async function hasUnfinishedReceipt(
  plan: Pick<Plan, 'platformTags' | 'sharedTags'>,
  output: string,
  files: FileReader,
): Promise<boolean> {
  const path = receiptPathOf(output);
  if (!(await files.isFile(path))) return false;
  // A step that was canceled hands its receipt on as well, so this does not listen to its signal.
  const receipt = parseReceipt(await files.read(path, new AbortController().signal), path);
  return (
    receipt.ok &&
    receipt.value.completedAt === undefined &&
    isReceiptOf(receipt.value, [...plan.platformTags, ...plan.sharedTags])
  );
}
