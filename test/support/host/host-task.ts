import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { ROOT } from '../../../scripts/layout.ts';
import { definite } from '../../../shared/core/errors.ts';
import type { AgentOptions } from '../agent/agent.ts';
import { sampleRuns } from '../agent/sample-run.ts';
import type { StepOptions } from '../agent/step.ts';
import type { StepResult } from '../agent/step-finish.ts';

/** Runs a task that is made of shared/host alone, bundled as the product is, on the fake agent. */
export interface HostTask {
  run(
    behaviour: string,
    step?: Omit<StepOptions, 'taskFolder'>,
    agent?: AgentOptions,
  ): Promise<StepResult>;
  dispose(): Promise<void>;
}

const DEFINITION = {
  inputs: [
    { name: 'behaviour', type: 'string' },
    { name: 'words', type: 'multiLine' },
    { name: 'nothing', type: 'string' },
    { name: 'password', type: 'string' },
    { name: 'registry', type: 'connectedService:dockerregistry' },
    { name: 'subscription', type: 'connectedService:AzureRM' },
  ],
  outputVariables: [{ name: 'digest' }],
};

/** What the host says, as every task declares it. */
async function readMessages(): Promise<unknown> {
  const path = join(ROOT, 'tasks', 'CreateManifestLists', 'task.json');
  return (JSON.parse(await readFile(path, 'utf8')) as { readonly messages: unknown }).messages;
}

/** Bundles the task. */
export async function hostTask(): Promise<HostTask> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('fixtures/behaviours.ts', import.meta.url))],
    bundle: true,
    platform: 'node',
    target: 'node20.18',
    format: 'cjs',
    write: false,
    logLevel: 'warning',
  });
  const definition = { ...DEFINITION, messages: await readMessages() };
  const script = definite(outputFiles[0], 'the bundle').text;
  const runs = sampleRuns();
  return {
    run: async (behaviour, step = {}, agent = {}) =>
      runs.run(
        { script, definition },
        { ...step, inputs: { behaviour, ...step.inputs } },
        await runs.agent(agent),
      ),
    dispose: () => runs.dispose(),
  };
}
