import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAgent } from './agent.ts';
import type { Agent, AgentOptions } from './agent.ts';
import type { StepOptions } from './step.ts';
import type { StepResult } from './step-finish.ts';

/** A task made up for a test. */
interface SampleTask {
  /** CommonJS; `say(command, data)` prints a logging command, `done(result)` completes the task. */
  readonly script: string;
  /** More of task.json, e.g. `inputs`. */
  readonly definition?: Readonly<Record<string, unknown>>;
}

/** Agents and tasks of one test, removed together. */
export interface SampleRuns {
  agent(options?: AgentOptions): Promise<Agent>;
  /** Runs a made-up task as one step, on a new agent when none is given. */
  run(task: SampleTask, step?: Omit<StepOptions, 'taskFolder'>, agent?: Agent): Promise<StepResult>;
  dispose(): Promise<void>;
}

const PRELUDE = `
const say = (command, data = '') => console.log('##vso[' + command + ']' + data);
const done = (result = 'Succeeded') => say('task.complete result=' + result + ';');
`;

/** Nothing yet: folders are made when the first agent or task needs them. */
export function sampleRuns(): SampleRuns {
  const folders: string[] = [];
  const makeFolder = async (): Promise<string> => {
    const folder = await mkdtemp(join(tmpdir(), 'sample-'));
    folders.push(folder);
    return folder;
  };
  const agent = async (options: AgentOptions = {}): Promise<Agent> =>
    createAgent({ root: await makeFolder(), ...options });
  return {
    agent,
    run: async (task, step = {}, on) => {
      const taskFolder = await makeFolder();
      await writeTask(taskFolder, task);
      return (on ?? (await agent())).runStep({ taskFolder, ...step });
    },
    dispose: async () => {
      await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
    },
  };
}

async function writeTask(folder: string, { script, definition = {} }: SampleTask): Promise<void> {
  const execution = { Node20_1: { target: 'index.js' } };
  await writeFile(join(folder, 'task.json'), JSON.stringify({ execution, ...definition }));
  await writeFile(join(folder, 'index.js'), PRELUDE + script);
}
