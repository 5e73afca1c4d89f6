import { invariant } from '../../../shared/core/errors.ts';
import { isJsonObject } from '../../../shared/core/json.ts';
import type { JsonObject } from '../../../shared/core/json.ts';
import { createAgent } from '../agent/agent.ts';
import type { StepResult } from '../agent/step-finish.ts';
import { expandPipeline } from './expand.ts';
import type { Parameters } from './expand.ts';
import { readPipeline, textsOf } from './model.ts';
import type { Job, Stage } from './model.ts';
import type { JobContext, TaskStep } from './job-context.ts';
import type { RunArtifacts, Site } from './site.ts';
import { runOtherStep } from './steps.ts';
import { runTaskStep } from './task-step.ts';

/** What a run is started with. */
export interface RunOptions {
  /** Number of the run, `Build.BuildId`. */
  readonly id: number;
  readonly parameters?: Parameters;
  /** Variables that the server sets, such as `resources.pipeline.build.runID`, and those that a test changes. */
  readonly variables?: Readonly<Record<string, string>>;
  /** The stages to run, as a person chooses them; all when absent. */
  readonly stages?: readonly string[];
}

/** A step of one of our tasks as it went. */
export interface RanStep {
  readonly stage: string;
  readonly job: string;
  readonly task: string;
  readonly result: StepResult;
}

/** A run that has ended. */
export interface PipelineRun {
  readonly steps: readonly RanStep[];
  readonly artifacts: RunArtifacts;
}

/**
 * Runs a pipeline stage by stage, each job on an agent of its own, and ends with the first job that fails.
 *
 * @throws BugError when the pipeline uses something that this runner does not know
 */
export async function runPipeline(
  site: Site,
  path: string,
  options: RunOptions,
): Promise<PipelineRun> {
  const pipeline = readPipeline(await expandPipeline(path, options.parameters));
  const artifacts = site.beginRun(options.id);
  const first = await createAgent({ root: site.folder, accessToken: site.devops.token });
  artifacts.uploaded = first.artifacts;
  const steps: RanStep[] = [];
  const variables = {
    ...site.devops.variables,
    'Build.BuildId': String(options.id),
    ...pipeline.variables,
    ...options.variables,
  };
  const wanted = pipeline.stages.filter(({ name }) => options.stages?.includes(name) ?? true);
  for (const stage of wanted) {
    for (const job of stage.jobs) {
      const agent = await first.newJob({
        variables: expandAll({ ...variables, ...job.variables }),
      });
      const context = { site, agent, artifacts };
      const hasSucceeded = await runJob({ stage, job, context, steps });
      if (!hasSucceeded) return { steps, artifacts };
    }
  }
  return { steps, artifacts };
}

interface RunningJob {
  readonly stage: Stage;
  readonly job: Job;
  readonly context: JobContext;
  readonly steps: RanStep[];
}

async function runJob({ stage, job, context, steps }: RunningJob): Promise<boolean> {
  if (job.steps[0]?.['checkout'] === undefined) await context.site.checkout(context.agent.sources);
  for (const step of job.steps) {
    const task = step['task'];
    if (typeof task !== 'string') {
      await runOtherStep(context, step);
      continue;
    }
    const result = await runTaskStep(context, taskOf(step, task));
    if (result === undefined) continue;
    steps.push({ stage: stage.name, job: job.name, task, result });
    if (!['Succeeded', 'SucceededWithIssues'].includes(result.result)) return false;
  }
  return true;
}

function taskOf(step: JsonObject, task: string): TaskStep {
  const { name, inputs } = step;
  invariant(inputs === undefined || isJsonObject(inputs), `the inputs of ${task} are a mapping`);
  return { task, name: typeof name === 'string' ? name : undefined, inputs: textsOf(inputs) };
}

/** Variables may name each other, as `buildPrefix` names `Build.BuildId`. */
function expandAll(variables: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const byName = new Map(
    Object.entries(variables).map(([name, value]) => [name.toLowerCase(), value]),
  );
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [
      name,
      value.replaceAll(
        /\$\(([\w.]+)\)/g,
        (text, other: string) => byName.get(other.toLowerCase()) ?? text,
      ),
    ]),
  );
}
