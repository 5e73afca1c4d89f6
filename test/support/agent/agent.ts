import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArtifactStore } from './artifact-store.ts';
import { jobVariables, makeFolders } from './job.ts';
import type { JobFolders, JobOptions } from './job.ts';
import { runStep } from './step.ts';
import type { StepOptions } from './step.ts';
import type { StepResult } from './step-finish.ts';
import type { HostType } from './step-commands.ts';
import type { StopGrace } from './step-process.ts';
import type { JobVariables } from './variables.ts';

export interface AgentOptions {
  /** Folder in which the agent makes its own; absent: the temporary folder of the system. */
  readonly root?: string;
  readonly hostType?: HostType;
  readonly variables?: Readonly<Record<string, string>>;
  readonly secretVariables?: Readonly<Record<string, string>>;
  /** The Node.js that runs the tasks; absent: the one of this process. */
  readonly node?: string;
  readonly attempt?: number;
  /** `System.Debug`: debug lines are shown. */
  readonly debug?: boolean;
  /** A build of a fork that gets no secrets: no secret variables, and steps with service connections are skipped. */
  readonly isFork?: boolean;
  /** Token of the job; absent: a random one. */
  readonly accessToken?: string;
  /** Waits between the signals of a cancellation; absent: those of the real agent. */
  readonly grace?: StopGrace;
}

/** A job on a build agent: runs steps one after the other, as the Azure Pipelines agent does. */
export interface Agent extends JobFolders {
  readonly variables: JobVariables;
  /** Folder of each artifact of the build, by name. */
  readonly artifacts: ReadonlyMap<string, string>;
  runStep(step: StepOptions): Promise<StepResult>;
  /** Copies an artifact to a folder, `<workspace>/<name>` when absent; returns the folder. */
  downloadArtifact(name: string, to?: string): Promise<string>;
  /** Another job of the same build: same artifacts, fresh folders and variables. */
  newJob(changes?: Pick<AgentOptions, 'attempt' | 'variables' | 'secretVariables'>): Promise<Agent>;
  /** Removes what the agent has written. */
  dispose(): Promise<void>;
}

/** What the agent of the product waits, see Agent.Sdk/ProcessInvoker.cs. */
const DEFAULT_GRACE: StopGrace = { interruptMs: 7500, terminateMs: 2500 };

/** An agent with the first job of a new build. */
export async function createAgent(options: AgentOptions = {}): Promise<Agent> {
  const parent = options.root ?? tmpdir();
  await mkdir(parent, { recursive: true });
  const root = await mkdtemp(join(parent, 'agent-'));
  const store = new ArtifactStore(join(root, 'artifacts'));
  return makeJob({ root, store }, options);
}

/** What the jobs of one build share. */
interface Build {
  readonly root: string;
  readonly store: ArtifactStore;
}

async function makeJob(build: Build, options: AgentOptions): Promise<Agent> {
  const { root, store } = build;
  const hostType = options.hostType ?? 'build';
  const jobOptions: JobOptions = {
    hostType,
    attempt: options.attempt ?? 1,
    debug: options.debug ?? false,
    accessToken: options.accessToken ?? randomBytes(32).toString('hex'),
    variables: options.variables ?? {},
    secretVariables: options.secretVariables ?? {},
    isFork: options.isFork ?? false,
  };
  const folders = await makeFolders(await mkdtemp(join(root, 'job-')), hostType);
  const variables = jobVariables(folders, jobOptions);
  const node = options.node ?? process.execPath;
  const context = { ...jobOptions, folders, variables, store, node };
  return {
    ...folders,
    variables,
    artifacts: store.folders,
    runStep: (step) => runStep({ ...context, grace: options.grace ?? DEFAULT_GRACE }, step),
    downloadArtifact: async (name, to = join(folders.workspace, name)) => {
      await store.download(name, to);
      return to;
    },
    newJob: (changes = {}) => makeJob(build, { ...options, ...changes }),
    dispose: () => rm(root, { recursive: true, force: true }),
  };
}
