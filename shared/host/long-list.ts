import { join } from 'node:path';
import { prettyJson } from '../core/json.ts';
import { LONG_LIST_FILE, LongListError } from '../core/long-list.ts';
import type { FileWriter } from '../ports/files.ts';

/** Keeps the whole list of a failure whose message shows only some of its lines, in a folder. */
export async function keepingLongLists<T>(
  folder: string,
  files: FileWriter,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LongListError && error.isCut) {
      await files.write(join(folder, LONG_LIST_FILE), prettyJson(error.lines));
    }
    throw error;
  }
}
