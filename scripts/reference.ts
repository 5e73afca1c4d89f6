import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format } from 'prettier';
import { isMain, ROOT, TASKS } from './layout.ts';
import type { TaskGroup, TaskInput } from './manifests/model.ts';
import { parseVisibleRule, ruleInWords } from './manifests/visible-rule.ts';

/** What the reference tells of a task. */
export interface DocumentedTask {
  readonly name: string;
  readonly friendlyName: string;
  readonly description: string;
  readonly version: { readonly Major: number };
  readonly minimumAgentVersion: string;
  readonly groups: readonly TaskGroup[];
  readonly inputs: readonly TaskInput[];
  readonly outputVariables: readonly { readonly name: string; readonly description: string }[];
}

/** Where the reference lies. */
export const REFERENCE = join(ROOT, 'docs', 'reference.md');

/** The reference of all inputs and outputs as Markdown: made from each task.json, so that it cannot be out of date. */
export async function referencePage(tasks: readonly DocumentedTask[]): Promise<string> {
  const page = [
    '# Inputs and outputs',
    '',
    'Made from the `task.json` of each task by `npm run reference`; the same texts stand beside each field in the editor of Azure Pipelines.',
    '',
    ...tasks.flatMap(taskSection),
  ].join('\n');
  return format(page, { parser: 'markdown' });
}

function taskSection(task: DocumentedTask): readonly string[] {
  const ungrouped = task.inputs.filter(({ groupName }) => groupName === undefined);
  return [
    `## ${task.name}@${task.version.Major}`,
    '',
    `${task.description}. Needs agent ${task.minimumAgentVersion} or later.`,
    '',
    ...ungrouped.map(inputLine),
    '',
    ...task.groups.flatMap(({ name, displayName, visibleRule }) => [
      `### ${task.name}: ${displayName}`,
      '',
      ...(visibleRule === undefined ? [] : [usedWhen(visibleRule), '']),
      ...task.inputs.filter(({ groupName }) => groupName === name).map(inputLine),
      '',
    ]),
    `### ${task.name}: outputs`,
    '',
    ...task.outputVariables.map(
      ({ name, description }) => `- **\`${name}\`**: ${line(description)}`,
    ),
    '',
  ];
}

/** E.g. **`dryRun`** (boolean, default `false`): … */
function inputLine(input: TaskInput): string {
  const facts = [typeOf(input), defaultOf(input)].filter((fact) => fact !== '').join(', ');
  return `- **\`${input.name}\`** (${facts}): ${line(meaningOf(input))}`;
}

function typeOf({ type, options }: TaskInput): string {
  if (options !== undefined) return Object.keys(options).map(code).join(' or ');
  const [kind = '', endpoint] = type.split(':');
  if (endpoint !== undefined) return `${endpoint} connection`;
  return kind === 'multiLine' ? 'lines' : kind;
}

function defaultOf({ required, defaultValue }: TaskInput): string {
  const preset =
    defaultValue === undefined || defaultValue === ''
      ? []
      : [`default ${code(String(defaultValue))}`];
  return [...(required ? ['required'] : []), ...preset].join(', ');
}

function meaningOf({ helpMarkDown, visibleRule }: TaskInput): string {
  return visibleRule === undefined ? helpMarkDown : `${helpMarkDown} ${usedWhen(visibleRule)}`;
}

function usedWhen(rule: string): string {
  return `Used when ${ruleInWords(parseVisibleRule(rule))}.`;
}

function code(text: string): string {
  return `\`${text}\``;
}

/** One line of Markdown: help texts may have several. */
function line(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ');
}

/** The tasks of the repository as the reference tells them. */
export async function readDocumented(root: string): Promise<readonly DocumentedTask[]> {
  return Promise.all(
    TASKS.map(async (task) => {
      const text = await readFile(join(root, 'tasks', task, 'task.json'), 'utf8');
      return JSON.parse(text) as DocumentedTask;
    }),
  );
}

if (isMain(import.meta.url)) {
  const page = await referencePage(await readDocumented(ROOT));
  const isCurrent = (await readFile(REFERENCE, 'utf8').catch(() => '')) === page;
  if (process.argv.includes('--check')) {
    console.log(
      isCurrent ? 'the reference is current' : 'docs/reference.md: run npm run reference',
    );
    process.exitCode = isCurrent ? 0 : 1;
  } else {
    await writeFile(REFERENCE, page);
  }
}
