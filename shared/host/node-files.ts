import { randomUUID } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as agent from 'azure-pipelines-task-lib/task.js';
import { TaskError } from '../core/errors.ts';
import { compareText } from '../core/order.ts';
import { withSlashes } from '../core/slashes.ts';
import type { FileReader, FileWriter } from '../ports/files.ts';

/** Far above every real image-info (1.4 MB), far below what would hurt an agent. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** Sources have links that lead nowhere; what is looked for is none of them. */
const FIND_OPTIONS = {
  allowBrokenSymbolicLinks: true,
  followSpecifiedSymbolicLink: true,
  followSymbolicLinks: true,
} as const;

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function readFailure(path: string, error: unknown): TaskError {
  if (codeOf(error) === 'ENOENT') {
    return new TaskError('FILE_NOT_FOUND', `There is no file ${path}.`, {
      hint: 'Check the path, and that an earlier step downloaded or wrote the file.',
      cause: error,
    });
  }
  return new TaskError('FILE_UNREADABLE', `${path} cannot be read (${codeOf(error)}).`, {
    hint: 'Check that the path names a file and that the agent may read it.',
    cause: error,
  });
}

/** What a file or folder that cannot be written means to the user. */
export function writeFailure(path: string, error: unknown): TaskError {
  return new TaskError('FILE_UNWRITABLE', `${path} cannot be written (${codeOf(error)}).`, {
    hint: 'Check that the agent may write there and that the disk is not full.',
    cause: error,
  });
}

function pathsBelow(root: string, patterns: readonly string[]): readonly string[] {
  try {
    return agent.findMatch(root, [...patterns], FIND_OPTIONS);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TaskError('FILE_UNREADABLE', `Cannot look for files below ${root}: ${reason}.`, {
      hint: 'Begin the pattern with the folder of the files, and check that the agent may read all that is below it.',
      cause: error,
    });
  }
}

/** Refuses what is too large, and a named pipe, which would be waited for. */
function refuseUnfit(path: string, stats: Stats): void {
  const isFit = stats.isDirectory() || (stats.isFile() && stats.size <= MAX_FILE_BYTES);
  if (isFit) return;
  const fault = stats.isFile() ? 'is larger than 64 MiB' : 'is neither a file nor a folder';
  throw new TaskError('FILE_UNREADABLE', `${path} ${fault}.`, {
    hint: 'Check that the path names the file you mean.',
  });
}

function readBytes(path: string): Uint8Array {
  try {
    refuseUnfit(path, statSync(path));
    return readFileSync(path);
  } catch (error) {
    throw error instanceof TaskError ? error : readFailure(path, error);
  }
}

/** Whether a path leads to a regular file; a link that leads nowhere does not. */
function isRegularFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * Reads files of the agent. At once, as a release has hundreds of small ones: to hand each to a thread and back takes
 * far longer than the disk.
 */
export const nodeFileReader: FileReader = {
  async read(path, signal) {
    signal.throwIfAborted();
    return Promise.resolve(readBytes(path));
  },
  async find(root, patterns) {
    const files = pathsBelow(root, patterns).filter(isRegularFile);
    return Promise.resolve(files.map(withSlashes).sort(compareText));
  },
  isFile: async (path) => Promise.resolve(isRegularFile(path)),
};

/** Writes files of the agent. */
export const nodeFileWriter: FileWriter = {
  async write(path, bytes) {
    const temporary = `${path}.${randomUUID()}.tmp`;
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(temporary, bytes, { flag: 'wx' });
      await rename(temporary, path);
    } catch (error) {
      // What cannot be removed either is not what went wrong.
      await rm(temporary, { force: true }).catch(() => undefined);
      throw writeFailure(path, error);
    }
  },
};
