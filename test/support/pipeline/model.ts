import { invariant } from '../../../shared/core/errors.ts';
import { isJsonObject } from '../../../shared/core/json.ts';
import type { JsonObject, JsonValue } from '../../../shared/core/json.ts';

/** A stage of a pipeline: its jobs run one after the other. */
export interface Stage {
  readonly name: string;
  readonly jobs: readonly Job[];
}

/** One job that an agent runs: a leg of a matrix and a slice of a parallel job are jobs of their own. */
export interface Job {
  readonly name: string;
  /** What tells this job apart from others of its kind: variables of its leg, its position among slices. */
  readonly variables: Readonly<Record<string, string>>;
  readonly steps: readonly JsonObject[];
}

/** A pipeline as it is run. */
export interface Pipeline {
  readonly variables: Readonly<Record<string, string>>;
  readonly stages: readonly Stage[];
}

/** Reads an expanded pipeline; stages run in the order in which they are written, as the samples are written. */
export function readPipeline(document: JsonObject): Pipeline {
  const stages = document['stages'];
  return {
    variables: textsOf(document['variables']),
    stages:
      stages === undefined
        ? [{ name: '__default', jobs: jobsOf(document) }]
        : objectsOf(stages).map((stage) => ({ name: textOf(stage['stage']), jobs: jobsOf(stage) })),
  };
}

function jobsOf(parent: JsonObject): readonly Job[] {
  if (parent['steps'] !== undefined) {
    return [{ name: '__default', variables: {}, steps: objectsOf(parent['steps']) }];
  }
  return objectsOf(parent['jobs']).flatMap(legsOf);
}

function legsOf(job: JsonObject): readonly Job[] {
  const name = textOf(job['job'] ?? job['deployment']);
  const strategy = isJsonObject(job['strategy']) ? job['strategy'] : {};
  const own = textsOf(job['variables']);
  if (isJsonObject(strategy['runOnce'])) {
    return [{ name, variables: own, steps: deployStepsOf(strategy['runOnce']) }];
  }
  const steps = objectsOf(job['steps']);
  if (isJsonObject(strategy['matrix'])) {
    return Object.entries(strategy['matrix']).map(([leg, variables]) => ({
      name: `${name} ${leg}`,
      variables: { ...own, ...textsOf(variables), 'Agent.JobName': `${name} ${leg}` },
      steps,
    }));
  }
  const total = Number(strategy['parallel'] ?? 1);
  return Array.from({ length: total }, (_, index) => ({
    name: total === 1 ? name : `${name} ${index + 1}`,
    variables: total === 1 ? own : { ...own, ...sliceVariables(index + 1, total) },
    steps,
  }));
}

function sliceVariables(position: number, total: number): Readonly<Record<string, string>> {
  return {
    'System.JobPositionInPhase': String(position),
    'System.TotalJobsInPhase': String(total),
  };
}

function deployStepsOf(runOnce: JsonObject): readonly JsonObject[] {
  const deploy = runOnce['deploy'];
  invariant(isJsonObject(deploy), 'a deployment job has deploy');
  return objectsOf(deploy['steps']);
}

function objectsOf(value: JsonValue | undefined): readonly JsonObject[] {
  invariant(Array.isArray(value), 'stages, jobs and steps are lists');
  return (value as readonly JsonValue[]).filter((item) => isJsonObject(item));
}

/** A mapping of names to texts, numbers and booleans as YAML has them. */
export function textsOf(value: JsonValue | undefined): Readonly<Record<string, string>> {
  if (!isJsonObject(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, textOf(item)]));
}

/** A text, number or boolean as the server hands it on. */
export function textOf(value: JsonValue | undefined): string {
  const isScalar = ['string', 'number', 'boolean'].includes(typeof value);
  invariant(isScalar, `${JSON.stringify(value)} is a text`);
  return typeof value === 'string' ? value : JSON.stringify(value);
}
