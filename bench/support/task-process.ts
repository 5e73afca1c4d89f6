import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleOf } from '../../test/support/bundles.ts';
import type { TaskName } from '../../test/support/bundles.ts';
import { measureProcess } from './measure.ts';
import type { ProcessCost } from './measure.ts';

/** Where a task works. */
export interface TaskFolders {
  /** `Pipeline.Workspace`. */
  readonly workspace: string;
  /** Its home and working directory. */
  readonly folder: string;
  /** `Agent.TempDirectory`; made when it is not there. */
  readonly temp: string;
}

/** Runs a task as the agent does, without the agent. */
export async function runTaskProcess(
  task: TaskName,
  inputs: Readonly<Record<string, string>>,
  { workspace, folder, temp }: TaskFolders,
): Promise<ProcessCost> {
  await mkdir(temp, { recursive: true });
  const script = join(await bundleOf(task), 'index.js');
  return measureProcess(
    { file: process.execPath, args: [script] },
    {
      PIPELINE_WORKSPACE: workspace,
      SYSTEM_DEFAULTWORKINGDIRECTORY: folder,
      AGENT_TEMPDIRECTORY: temp,
      ...{ SYSTEM_HOSTTYPE: 'build', HOME: folder },
      ...Object.fromEntries(
        Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
      ),
    },
  );
}
