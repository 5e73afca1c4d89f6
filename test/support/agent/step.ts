import type { ArtifactStore } from './artifact-store.ts';
import { readDefinition } from './definition.ts';
import type { TaskDefinition } from './definition.ts';
import { credentials, hiddenParameters, systemEndpoint } from './endpoints.ts';
import type { Endpoint } from './endpoints.ts';
import { buildEnvironment } from './environment.ts';
import type { JobFolders, JobOptions } from './job.ts';
import { Masks } from './masks.ts';
import { finishStep } from './step-finish.ts';
import type { StepResult, StopReason } from './step-finish.ts';
import { StepCommands } from './step-commands.ts';
import { StepLog } from './step-log.ts';
import { runStepProcess } from './step-process.ts';
import type { StepProcessOutcome, StopGrace } from './step-process.ts';
import type { JobVariables } from './variables.ts';

/** One step: a built task with its inputs. */
export interface StepOptions {
  /** Folder with task.json and the script of its handler. */
  readonly taskFolder: string;
  /** By name or alias; `$(name)` is expanded. */
  readonly inputs?: Readonly<Record<string, string>>;
  /** Reference name of the step; absent: `step`. */
  readonly name?: string;
  /** The `env:` block of the step. */
  readonly env?: Readonly<Record<string, string>>;
  /** Service connections, by the name of the input that refers to them. */
  readonly endpoints?: Readonly<Record<string, Endpoint>>;
  /** Cancels the job this long after the start. */
  readonly cancelAfterMs?: number;
  /** Cancels the job as soon as a shown line fulfils this. */
  readonly cancelWhen?: (line: string) => boolean;
  /** Ends the process at once, as a machine does that goes away. */
  readonly kill?: AbortSignal;
  /** Time limit of the step; absent: 10 minutes. */
  readonly timeoutMs?: number;
  /** Called with each line that the user sees, as it comes. */
  readonly onLine?: (line: string) => void;
  /** `target: { commands: restricted }` of the step: fewer commands, whatever task.json says. */
  readonly isRestricted?: boolean;
  /** Whether the peak memory of the process is watched (Linux). */
  readonly measure?: boolean;
}

/** The job that a step runs in. */
export interface StepJob extends Pick<JobOptions, 'hostType' | 'debug' | 'accessToken' | 'isFork'> {
  readonly folders: JobFolders;
  readonly variables: JobVariables;
  readonly store: ArtifactStore;
  readonly node: string;
  readonly grace: StopGrace;
}

const DEFAULT_TIMEOUT_MS = 600_000;

/** What there is of the process of a step that the agent skips. */
const NEVER_RAN: StepProcessOutcome = {
  ...{ exitCode: 0, stdout: '', stderr: '', signals: [], durationMs: 0 },
  ...{ firstLineMs: undefined, peakRssBytes: undefined },
};

/** Runs one step to its end; failures of the task are in the result, mistakes of the test are thrown. */
export async function runStep(job: StepJob, step: StepOptions): Promise<StepResult> {
  const declared = await readDefinition(step.taskFolder);
  const isRestricted = declared.isRestricted || step.isRestricted === true;
  const definition = { ...declared, isRestricted };
  const system = systemEndpoint(job.variables.get('System.CollectionUri') ?? '', job.accessToken);
  const endpoints = [system, ...Object.values(step.endpoints ?? {})];
  const secretVariables = job.variables.all().flatMap((v) => (v.isSecret ? [v.value] : []));
  const masks = new Masks();
  for (const value of [...secretVariables, ...endpoints.flatMap(hiddenParameters)])
    masks.add(value);
  for (const value of secretVariables) masks.add(Buffer.from(value).toString('base64'));
  const stopper = new Stopper(step);
  const log = new StepLog({
    masks,
    isDebug: job.debug,
    onLine: (line) => {
      step.onLine?.(line);
      stopper.takeLine(line);
    },
  });
  const { variables, hostType } = job;
  const name = step.name ?? 'step';
  const commands = new StepCommands({ definition, hostType, name, variables, masks, log });
  const rawLines: string[] = [];
  const onLine = (line: string): void => {
    rawLines.push(line);
    commands.takeLine(line);
  };
  const env = stepEnvironment({ job, step, definition, system });
  const process = await launch({ job, step, script: definition.target, env, onLine, stopper });
  const known = [...secretVariables, ...endpoints.flatMap(credentials)];
  return finishStep({
    process,
    commands,
    log,
    rawLines,
    credentials: known,
    stopped: step.kill?.aborted === true ? 'kill' : stopper.reason,
    store: job.store,
  });
}

interface Launch {
  readonly job: StepJob;
  readonly step: StepOptions;
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
  readonly onLine: (line: string) => void;
  readonly stopper: Stopper;
}

async function launch({ job, step, stopper, ...rest }: Launch): Promise<StepProcessOutcome> {
  if (job.isFork && Object.keys(step.endpoints ?? {}).length > 0) {
    stopper.reason = 'skip';
    return NEVER_RAN;
  }
  stopper.start();
  try {
    return await runStepProcess({
      ...rest,
      node: job.node,
      cwd: job.folders.sources,
      stop: stopper.signal,
      grace: job.grace,
      kill: step.kill,
      measuresMemory: step.measure ?? false,
    });
  } finally {
    stopper.end();
  }
}

interface EnvironmentOf {
  readonly job: StepJob;
  readonly step: StepOptions;
  readonly definition: TaskDefinition;
  readonly system: Endpoint;
}

function stepEnvironment({ job, step, definition, system }: EnvironmentOf): Record<string, string> {
  const { folders, variables } = job;
  const coverage = process.env['NODE_V8_COVERAGE'];
  return buildEnvironment({
    definition,
    inputs: step.inputs ?? {},
    endpoints: step.endpoints ?? {},
    system,
    variables,
    fileRoot: folders.sources,
    base: {
      PATH: process.env['PATH'] ?? '',
      HOME: folders.home,
      // Coverage of a bundle is written by the process that runs it.
      ...(coverage === undefined ? {} : { NODE_V8_COVERAGE: coverage }),
    },
    env: step.env ?? {},
  });
}

/** Stops the step once: after a time, at a line, or at the time limit. */
class Stopper {
  readonly #step: StepOptions;
  readonly #controller = new AbortController();
  readonly #timers: NodeJS.Timeout[] = [];
  reason: StopReason | undefined;

  constructor(step: StepOptions) {
    this.#step = step;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  start(): void {
    const { cancelAfterMs, timeoutMs = DEFAULT_TIMEOUT_MS } = this.#step;
    this.#timers.push(
      setTimeout(() => {
        this.#stop('timeout');
      }, timeoutMs),
    );
    if (cancelAfterMs === undefined) return;
    this.#timers.push(
      setTimeout(() => {
        this.#stop('cancel');
      }, cancelAfterMs),
    );
  }

  takeLine(line: string): void {
    if (this.#step.cancelWhen?.(line) === true) this.#stop('cancel');
  }

  end(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #stop(reason: StopReason): void {
    this.reason ??= reason;
    this.#controller.abort();
  }
}
