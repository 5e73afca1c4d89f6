import { buffer } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import { fromBufferPromise } from 'yauzl';
import type { Entry, ZipFile } from 'yauzl';
import { TaskError } from '../core/errors.ts';
import { neutralise } from '../core/text.ts';

/** A file of an archive. */
export interface UnzippedFile {
  /** Relative, with `/` between segments, e.g. `image-info/image-info.json`. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** An artifact with more files is none of ours. */
const MAX_ENTRIES = 20_000;

/** As much as a file may have that is read from disk. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** What the files that are wanted may have together. */
const MAX_TOTAL_BYTES = 256 * 1024 * 1024;

/** Characters that some file systems take for something else than a part of a name. */
const RESERVED = /[\0-\x1f<>:"|?*\\]/;

/**
 * The wanted files of an archive, none larger than they say and their check sums right; all others are skipped.
 *
 * @throws TaskError `ARTIFACT_INVALID` for what is no archive, too large, or would leave its folder
 */
export async function unzip(
  archive: Uint8Array,
  isWanted: (name: string) => boolean,
  what: string,
): Promise<readonly UnzippedFile[]> {
  try {
    // An archive in memory holds nothing open, and is read after its last entry.
    const options = { lazyEntries: true, autoClose: false };
    const zip = await fromBufferPromise(Buffer.from(archive), options);
    const wanted = await wantedEntries(zip, isWanted);
    const refusal = refusalOf(zip, wanted);
    if (refusal !== undefined) throw refused(what, refusal);
    const files: UnzippedFile[] = [];
    for (const entry of wanted) {
      const bytes = await buffer(await zip.openReadStreamPromise(entry));
      if (crc32(bytes) !== entry.crc32) throw refused(what, `${entry.fileName} is damaged`);
      files.push({ name: entry.fileName, bytes });
    }
    return files;
  } catch (error) {
    if (error instanceof TaskError) throw error;
    throw refused(what, error instanceof Error ? error.message : 'it is no archive', error);
  }
}

async function wantedEntries(
  zip: ZipFile,
  isWanted: (name: string) => boolean,
): Promise<readonly Entry[]> {
  const wanted: Entry[] = [];
  if (zip.entryCount > MAX_ENTRIES) return wanted;
  for await (const entry of zip.eachEntry()) {
    if (!entry.fileName.endsWith('/') && isWanted(entry.fileName)) wanted.push(entry);
  }
  return wanted;
}

/** Sizes are what the archive says; unpacking ends where a file has more. */
function refusalOf({ entryCount }: ZipFile, wanted: readonly Entry[]): string | undefined {
  if (entryCount > MAX_ENTRIES) return `it has ${entryCount} files`;
  const reserved = wanted.find(({ fileName }) => RESERVED.test(fileName));
  if (reserved !== undefined) return `a file in it is called ${JSON.stringify(reserved.fileName)}`;
  const large = wanted.find(({ uncompressedSize }) => uncompressedSize > MAX_FILE_BYTES);
  if (large !== undefined) return `${large.fileName} is larger than 64 MiB`;
  const total = wanted.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0);
  return total > MAX_TOTAL_BYTES ? 'its documents are larger than 256 MiB together' : undefined;
}

function refused(what: string, reason: string, cause?: unknown): TaskError {
  return new TaskError('ARTIFACT_INVALID', `${what} cannot be unpacked: ${neutralise(reason)}.`, {
    hint: 'Publish image-info in an artifact of its own, and run the stage that made it again.',
    cause,
  });
}
