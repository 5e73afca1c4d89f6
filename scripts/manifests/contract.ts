import { isDeepStrictEqual } from 'node:util';
import type { Contract, ContractRecord, InputRecord, TaskInput, TaskManifest } from './model.ts';

/**
 * A task against the record of what its users rely on; each difference is a line.
 *
 * Within a major version inputs and outputs may be added (and recorded), nothing else.
 */
export function contractProblems(manifest: TaskManifest, contract: Contract): readonly string[] {
  const key = `${manifest.name}@${String(manifest.version.Major)}`;
  const record = contract[key];
  if (record === undefined) return [`docs/input-contract.json has no record of ${key}`];
  return [...inputDifferences(manifest, record), ...outputDifferences(manifest, record)];
}

function inputDifferences(manifest: TaskManifest, { inputs }: ContractRecord): readonly string[] {
  const declared = new Map(manifest.inputs.map((input) => [input.name, recordOf(input)]));
  const gone = Object.keys(inputs)
    .filter((name) => !declared.has(name))
    .map((name) => `the input ${name} disappeared: that needs a new major version`);
  const changed = [...declared].flatMap(([name, now]) => inputDifference(name, now, inputs[name]));
  return [...gone, ...changed];
}

function inputDifference(
  name: string,
  now: InputRecord,
  before: InputRecord | undefined,
): readonly string[] {
  const entry = JSON.stringify(now);
  if (before === undefined) {
    const advice = now.required ? 'a required one needs a new major version' : `record ${entry}`;
    return [`the input ${name} is new: ${advice}`];
  }
  if (isDeepStrictEqual(now, before)) return [];
  if (isWider(now, before)) return [`the input ${name} takes more than before: record ${entry}`];
  return [`the input ${name} changed its meaning: that needs a new major version`];
}

/** Whether everything that a user could write before means the same now. */
function isWider(now: InputRecord, before: InputRecord): boolean {
  const options = now.options ?? [];
  return (
    now.type === before.type &&
    now.default === before.default &&
    (before.required || !now.required) &&
    (before.options ?? []).every((option) => options.includes(option))
  );
}

function outputDifferences(manifest: TaskManifest, { outputs }: ContractRecord): readonly string[] {
  const declared = manifest.outputVariables.map(({ name }) => name);
  return [
    ...outputs
      .filter((name) => !declared.includes(name))
      .map((name) => `the output ${name} disappeared: that needs a new major version`),
    ...declared
      .filter((name) => !outputs.includes(name))
      .map((name) => `the output ${name} is new: record it`),
  ];
}

function recordOf({ type, required, defaultValue, options }: TaskInput): InputRecord {
  return {
    type,
    required,
    default: String(defaultValue ?? ''),
    ...(options === undefined ? {} : { options: Object.keys(options) }),
  };
}
