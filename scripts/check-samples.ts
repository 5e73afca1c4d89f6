import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { isMain, ROOT } from './layout.ts';
import type { TaskInput, TaskManifest } from './manifests/model.ts';
import { readProduct } from './manifests/read.ts';
import { isVisible, parseVisibleRule } from './manifests/visible-rule.ts';
import { taskSteps, yamlBlocks } from './samples/steps.ts';
import type { SampleStep } from './samples/steps.ts';

/** What a pipeline decides when it runs. */
const UNKNOWN_UNTIL_RUN = /\$\(|\$\{\{|\$\[/;

/** What is wrong with a step of one of our tasks; steps of other tasks are not judged. */
export function stepProblems(step: SampleStep, tasks: readonly TaskManifest[]): readonly string[] {
  const [name = '', major = ''] = step.task.split('@');
  const task = tasks.find((one) => one.name === name);
  if (task === undefined) return [];
  if (Number(major) !== task.version.Major) return [`there is no ${step.task}`];
  const known = new Map(task.inputs.map((input) => [input.name, input]));
  const valueOf = (input: string): string =>
    step.inputs[input] ?? String(known.get(input)?.defaultValue ?? '');
  return [
    ...task.inputs
      .filter(({ required, visibleRule, groupName }) => {
        const rules = [
          visibleRule,
          task.groups?.find(({ name: group }) => group === groupName)?.visibleRule,
        ];
        return (
          required &&
          rules.every((rule) => rule === undefined || isVisible(parseVisibleRule(rule), valueOf))
        );
      })
      .filter((input) => valueOf(input.name) === '')
      .map((input) => `${name} needs ${input.name}`),
    ...Object.entries(step.inputs).flatMap(([input, value]) =>
      valueProblems(`${name} ${input}`, known.get(input), value),
    ),
  ];
}

function valueProblems(
  what: string,
  input: TaskInput | undefined,
  value: string,
): readonly string[] {
  if (input === undefined) return [`${what} is no input`];
  if (UNKNOWN_UNTIL_RUN.test(value)) return [];
  if (input.type === 'boolean' && !['true', 'false'].includes(value)) {
    return [`${what} is ${value}, not true or false`];
  }
  const options = input.options === undefined ? undefined : Object.keys(input.options);
  if (options !== undefined && !options.includes(value)) {
    return [`${what} is ${value}, none of ${options.join(', ')}`];
  }
  return [];
}

interface Sample {
  readonly path: string;
  readonly steps: readonly SampleStep[];
}

/** Every pipeline of the repository that people copy: the samples, and the YAML in its pages. */
export async function readSamples(root: string): Promise<readonly Sample[]> {
  const docs = (await readdir(join(root, 'docs'), { recursive: true })).map((path) =>
    join('docs', path),
  );
  const files = ['README.md', ...docs].filter((path) => /\.(md|ya?ml)$/.test(path)).sort();
  return Promise.all(files.map(async (path) => readSample(join(root, path), root)));
}

async function readSample(file: string, root: string): Promise<Sample> {
  const text = await readFile(file, 'utf8');
  const path = relative(root, file).replaceAll('\\', '/');
  if (!path.endsWith('.md')) return { path, steps: taskSteps(text) };
  const steps = yamlBlocks(text).flatMap(({ text: yaml, line }) =>
    taskSteps(yaml).map((step) => ({ ...step, line: line + step.line })),
  );
  return { path, steps };
}

/** What in the samples does not agree with the tasks, one line each, e.g. `README.md:12: SignImageInfo needs signer`. */
export async function checkSamples(root: string): Promise<readonly string[]> {
  const { tasks } = await readProduct(root);
  const manifests = tasks.map(({ manifest }) => manifest);
  return (await readSamples(root)).flatMap(({ path, steps }) =>
    steps.flatMap((step) =>
      stepProblems(step, manifests).map((problem) => `${path}:${step.line}: ${problem}`),
    ),
  );
}

if (isMain(import.meta.url)) {
  const problems = await checkSamples(ROOT);
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
  else console.log('every sample fits the tasks');
}
