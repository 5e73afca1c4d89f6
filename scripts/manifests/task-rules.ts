import type { DataSourceBinding, TaskInput, TaskManifest } from './model.ts';
import { parseVisibleRule } from './visible-rule.ts';

/** Rules for a task.json that no schema can say; each broken one is a line. */
export function taskProblems(manifest: TaskManifest): readonly string[] {
  return [
    ...repeated(manifest.inputs.map(({ name }) => name.toLowerCase())).map(
      (name) => `two inputs are called ${name}`,
    ),
    ...manifest.inputs.flatMap((input) => inputProblems(input, manifest)),
    ...ruleProblems(manifest),
    ...bindingProblems(manifest),
    ...settableProblems(manifest),
    ...placeholders(manifest.instanceNameFormat)
      .filter((name) => !hasInput(manifest, name))
      .map((name) => `instanceNameFormat names ${name}, which is no input`),
  ];
}

/** The values that occur more than once. */
export function repeated(values: readonly string[]): readonly string[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}

function inputProblems(input: TaskInput, { groups }: TaskManifest): readonly string[] {
  const { name, groupName, options, defaultValue, helpMarkDown } = input;
  const found: string[] = [];
  if (groupName !== undefined && groups?.every((group) => group.name !== groupName) !== false) {
    found.push(`input ${name}: the group ${groupName} does not exist`);
  }
  if (options !== undefined && !(String(defaultValue) in options)) {
    found.push(`input ${name}: the default ${String(defaultValue)} is no option`);
  }
  if (input.type === 'boolean' && typeof defaultValue !== 'boolean') {
    found.push(`input ${name}: a boolean needs a boolean default`);
  }
  if (!/`[^`]+`/.test(helpMarkDown) || !/for example/i.test(helpMarkDown)) {
    found.push(`input ${name}: helpMarkDown gives no example value`);
  }
  return found;
}

function ruleProblems(manifest: TaskManifest): readonly string[] {
  const rules = [...manifest.inputs, ...(manifest.groups ?? [])];
  return rules.flatMap(({ name, visibleRule }) =>
    (visibleRule === undefined ? [] : parseVisibleRule(visibleRule).flat())
      .filter(({ input }) => !hasInput(manifest, input))
      .map(({ input }) => `visibleRule of ${name} names ${input}, which is no input`),
  );
}

/** Lists that are filled while a pipeline is edited: what fills them must exist, and variables must stay possible. */
function bindingProblems(manifest: TaskManifest): readonly string[] {
  const { inputs, dataSourceBindings: bindings = [] } = manifest;
  const targets = bindings.map(({ target }) => target);
  const unfilled = inputs
    .filter(
      ({ type, options, name }) =>
        type === 'pickList' && options === undefined && !targets.includes(name),
    )
    .map(({ name }) => `input ${name}: nothing fills its list`);
  return [
    ...unfilled,
    ...repeated(targets).map((target) => `two bindings fill ${target}`),
    ...bindings.flatMap((binding) => bindingProblem(binding, inputs)),
  ];
}

function bindingProblem(
  { target, endpointId, resultTemplate }: DataSourceBinding,
  inputs: readonly TaskInput[],
): readonly string[] {
  const input = inputs.find(({ name }) => name === target);
  const [source] = placeholders(endpointId);
  const endpoint = inputs.find(({ name }) => name === source);
  const found: string[] = [];
  if (input?.type !== 'pickList' || input.properties?.['EditableOptions'] !== 'True') {
    found.push(`the binding of ${target} fills no pickList with EditableOptions`);
  }
  if (source !== undefined && endpoint?.type.startsWith('connectedService:') !== true) {
    found.push(`the binding of ${target} asks with ${source}, which is no service connection`);
  }
  if (!isResultTemplate(resultTemplate)) {
    found.push(`the binding of ${target} has no template for Value and DisplayValue`);
  }
  return found;
}

function isResultTemplate(template: string): boolean {
  try {
    const item: unknown = JSON.parse(template);
    return JSON.stringify(Object.keys(item ?? {})) === '["Value","DisplayValue"]';
  } catch {
    return false;
  }
}

function settableProblems({ outputVariables, restrictions }: TaskManifest): readonly string[] {
  const outputs = outputVariables.map(({ name }) => name);
  const { allowed } = restrictions.settableVariables;
  const found = outputs
    .filter((name) => !allowed.includes(name))
    .map((name) => `the output ${name} is missing from settableVariables`);
  const extra = allowed
    .filter((name) => !outputs.includes(name))
    .map((name) => `settableVariables allows ${name}, which is no output`);
  return [...found, ...extra];
}

function placeholders(format: string): readonly string[] {
  return [...format.matchAll(/\$\(([^)]+)\)/g)].map(([, name = '']) => name);
}

function hasInput({ inputs }: TaskManifest, name: string): boolean {
  return inputs.some((input) => input.name === name);
}
