import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { definite } from '../core/errors.ts';
import { IS_FOLDER } from '../core/output-path.ts';
import { orThrow, problem } from '../core/result.ts';
import { runFolders, runsInBuild } from './agent-inputs.ts';
import { agentLog } from './agent-log.ts';
import { agentArtifacts } from './agent-outputs.ts';
import { loc } from './messages.ts';
import { writeFailure } from './node-files.ts';

/**
 * Offers the files of a task, which lie in one folder, as a build artifact, and nothing else: their folder where it
 * holds nothing but them, else a folder with copies. A file that is not there is left out.
 *
 * @throws TaskError `FILE_UNWRITABLE`
 */
export async function offerResults(artifact: string, paths: readonly string[]): Promise<void> {
  const folder = dirname(definite(paths[0], 'a file of the artifact'));
  const names = paths.map((path) => basename(path));
  agentArtifacts.offer(artifact, runsInBuild() ? await folderOf(names, folder) : folder);
}

/** @throws TaskError `INPUT_INVALID` for an output that is a folder: told before the work is done, not after it */
export async function refuseFolder(output: string): Promise<void> {
  const found = await stat(output).catch(() => undefined);
  if (found?.isDirectory() !== true) return;
  orThrow(problem('output', IS_FOLDER), { code: 'INPUT_INVALID', subject: 'The task input' });
}

/** A folder with these files alone; the one they are in may be that of the sources. */
async function folderOf(names: readonly string[], folder: string): Promise<string> {
  const entries = await readdir(folder, { withFileTypes: true });
  // A link is no file here, so nothing is taken that lies elsewhere.
  const results = entries.filter((entry) => entry.isFile() && names.includes(entry.name));
  if (results.length === entries.length) return folder;
  const alone = join(runFolders().temp, 'result-files', randomUUID());
  try {
    await mkdir(alone, { recursive: true });
    for (const { name } of results) await copyFile(join(folder, name), join(alone, name));
  } catch (error) {
    throw writeFailure(alone, error);
  }
  agentLog.info(loc('OnlyResults', folder, results.map(({ name }) => name).join(', ')));
  return alone;
}
