import { basename, resolve } from 'node:path';
import { LONG_LIST_FILE } from './long-list.ts';
import { optional } from './input-values.ts';
import { parsed, problem } from './result.ts';
import type { Parsed } from './result.ts';

/** What the path of an output is read with. */
export interface OutputDefaults {
  /** Where a relative path starts. */
  readonly root: string;
  /** The path when none is given, absolute. */
  readonly fallback: string;
  /** Names of the files that the task writes beside it, in lower case. */
  readonly beside: readonly string[];
}

/** The path of the file that the input `output` names, absolute; a folder or a name that is taken is a problem. */
export function parseOutput(
  text: string,
  { root, fallback, beside }: OutputDefaults,
): Parsed<string> {
  const given = optional('output', text);
  if (!given.ok) return given;
  if (given.value === undefined) return parsed(fallback);
  if (/(?:^|[\\/])\.{0,2}$/.test(given.value)) return problem('output', IS_FOLDER);
  const path = resolve(root, given.value);
  // Agents may have file systems that do not tell cases apart.
  const name = basename(path).toLowerCase();
  if (![...beside, LONG_LIST_FILE].includes(name)) return parsed(path);
  return problem('output', `cannot be called ${name}, which is written beside it`);
}

/** What is wrong with an output that is a folder. */
export const IS_FOLDER = 'is a folder: add the name of the file to write';
