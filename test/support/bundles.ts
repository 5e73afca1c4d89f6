import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildExtension } from '../../scripts/build.ts';
import { taskFolder } from '../../scripts/layout.ts';
import type { TASKS } from '../../scripts/layout.ts';

/** A task of the extension. */
export type TaskName = (typeof TASKS)[number];

let built: Promise<string> | undefined;

/**
 * The folder of a built task, absolute: below `BUNDLES_DIR` when the test run has built the tasks, else below a
 * temporary folder into which all tasks are built once, so that no test ever runs a stale bundle.
 */
export async function bundleOf(task: TaskName): Promise<string> {
  built ??= locate();
  return join(await built, taskFolder(task));
}

async function locate(): Promise<string> {
  const given = process.env['BUNDLES_DIR'] ?? '';
  if (given !== '') return given;
  const outDir = await mkdtemp(join(tmpdir(), 'bundles-'));
  process.once('exit', () => {
    rmSync(outDir, { recursive: true, force: true });
  });
  await buildExtension({ outDir, sourcemap: false });
  return outDir;
}
