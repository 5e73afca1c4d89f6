import { setImmediate } from 'node:timers/promises';
import { TaskError } from '../../shared/core/errors.ts';
import type { FileReader, FileWriter } from '../../shared/ports/files.ts';

/** Files in memory, by absolute path. */
export interface MemoryFiles extends FileReader, FileWriter {
  readonly contents: ReadonlyMap<string, Uint8Array>;
}

/** Files in memory; values that are not bytes are written as JSON. */
export function memoryFiles(given: Readonly<Record<string, unknown>> = {}): MemoryFiles {
  const contents = new Map(
    Object.entries(given).map(([path, value]) => [path, bytesOf(value)] as const),
  );
  return {
    contents,
    async read(path, signal) {
      await setImmediate();
      signal.throwIfAborted();
      const bytes = contents.get(path);
      if (bytes === undefined) throw new TaskError('FILE_NOT_FOUND', `There is no file ${path}.`);
      return bytes;
    },
    async find(root, patterns) {
      await setImmediate();
      const wanted = patterns.map((pattern) => matcherOf(root, pattern));
      return [...contents.keys()].filter((path) => wanted.some((one) => one.test(path))).sort();
    },
    async isFile(path) {
      await setImmediate();
      return contents.has(path);
    },
    async write(path, bytes) {
      await setImmediate();
      contents.set(path, bytes);
    },
  };
}

function bytesOf(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : Buffer.from(JSON.stringify(value));
}

/** `*` within a segment and `**` over segments are all that tests need. */
function matcherOf(root: string, pattern: string): RegExp {
  const path = pattern.startsWith('/') ? pattern : `${root}/${pattern}`;
  const source = path
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/\*\*\/|\*/g, (stars) => (stars === '*' ? '[^/]*' : '(?:.*/)?'));
  return new RegExp(`^${source}$`);
}
