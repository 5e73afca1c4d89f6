import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { definite, invariant } from '../../shared/core/errors.ts';
import { orThrow } from '../../shared/core/result.ts';
import type { ImageInfo } from '../../shared/image-info/model.ts';
import { parseImageInfo } from '../../shared/image-info/parse.ts';
import type { Plan } from '../../tasks/PublishArtifacts/steps.ts';
import { createAgent } from '../../test/support/agent/agent.ts';
import type { Agent } from '../../test/support/agent/agent.ts';
import type { StepResult } from '../../test/support/agent/step-finish.ts';
import { writeFragments } from '../../test/support/product/fragments.ts';
import { taskFolder } from '../layout.ts';
import { createStage, publishBesideStage, publishStage, signStage } from './stages.ts';
import type { Stage } from './stages.ts';
import type { World } from './world.ts';

/** A stage that has run: one task in a job of its own. */
export interface StageRun {
  readonly stage: Stage;
  readonly step: StepResult;
  readonly job: Agent;
  /** Names of the files in each artifact that the step uploaded. */
  readonly artifacts: ReadonlyMap<string, readonly string[]>;
}

/** What a whole release came to. */
export interface Release {
  readonly agent: Agent;
  readonly stages: readonly StageRun[];
  /** What PublishArtifacts wrote. */
  readonly imageInfo: ImageInfo;
  readonly plan: Plan;
}

/** Called with each stage as soon as it has ended. */
export type ShowStage = (run: StageRun) => void;

/**
 * Runs Post_Build, Sign and Publish as a new pipeline run, each in a job of its own.
 *
 * @throws BugError when a stage does not succeed
 */
export async function runRelease(world: World, show: ShowStage): Promise<Release> {
  const agent = await createAgent({ root: world.folder });
  const stages: StageRun[] = [];
  for (const stageOf of [createStage, signStage, publishStage]) {
    stages.push(await runStage({ world, agent, stage: stageOf(world) }, show));
  }
  const folder = definite(agent.artifacts.get('image-info-final'), 'the final artifact');
  const imageInfo = parseImageInfo(await readFile(join(folder, 'image-info.json')), folder);
  return {
    agent,
    stages,
    imageInfo: orThrow(imageInfo, { code: 'IMAGE_INFO_INVALID', subject: folder }),
    plan: JSON.parse(await readFile(join(folder, 'plan.json'), 'utf8')) as Plan,
  };
}

/** Publishes the signed release once more, beside where it was built. */
export async function publishBeside(
  world: World,
  { agent }: Release,
  show: ShowStage,
): Promise<StageRun> {
  return runStage({ world, agent, stage: publishBesideStage(world) }, show);
}

interface StageToRun {
  readonly world: World;
  readonly agent: Agent;
  readonly stage: Stage;
}

async function runStage({ world, agent, stage }: StageToRun, show: ShowStage): Promise<StageRun> {
  const { name, task, artifact, inputs, endpoints = {}, prepare } = stage;
  const job = await agent.newJob({ variables: { 'System.StageName': name } });
  if (artifact === undefined)
    await writeFragments(join(job.workspace, 'image-info'), world.product);
  else await job.downloadArtifact(artifact);
  await prepare(job);
  const bundle = join(world.extension, taskFolder(task));
  const step = await job.runStep({ taskFolder: bundle, inputs, endpoints });
  const run = { stage, step, job, artifacts: await filesOf(agent, step.uploads) };
  show(run);
  invariant(step.result === 'Succeeded', `${task} of stage ${name} ended as ${step.result}`);
  return run;
}

async function filesOf(
  { artifacts }: Agent,
  names: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const listed = names.map(async (name) => {
    const files = await readdir(definite(artifacts.get(name), `the artifact ${name}`));
    return [name, files.toSorted()] as const;
  });
  return new Map(await Promise.all(listed));
}
