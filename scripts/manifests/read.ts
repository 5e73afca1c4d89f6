import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { productVersion, TASKS } from '../layout.ts';
import type { Contract, ExtensionManifest, ParseInputs, Product, TaskManifest } from './model.ts';
import type { TaskSource } from './model.ts';
import { schemaProblems } from './schemas.ts';

/**
 * The manifests of the repository and what the code of its tasks does.
 *
 * @throws Error when a manifest does not fit its schema
 */
export async function readProduct(root: string): Promise<Product> {
  const extension = await readJson(join(root, 'vss-extension.json'));
  await demandSchema('extension', 'vss-extension.json', extension);
  return {
    version: productVersion(root),
    extension: extension as ExtensionManifest,
    tasks: await Promise.all(TASKS.map((task) => readTask(root, task))),
    contract: (await readJson(join(root, 'docs', 'input-contract.json'))) as Contract,
  };
}

async function readTask(root: string, task: string): Promise<TaskSource> {
  const folder = join(root, 'tasks', task);
  const manifest = await readJson(join(folder, 'task.json'));
  await demandSchema('task', `tasks/${task}/task.json`, manifest);
  const module = (await import(pathToFileURL(join(folder, 'inputs.ts')).href)) as {
    readonly parseInputs: ParseInputs;
  };
  const main = await readFile(join(folder, 'main.ts'), 'utf8');
  return {
    folder: task,
    manifest: manifest as TaskManifest,
    parseInputs: module.parseInputs,
    outputsSet: firstTexts(main, /agentOutputs\.set\(\s*'(\w+)'/g),
    messagesSaid: firstTexts(await readHost(root), /\bloc\(\s*'(\w+)'/g),
  };
}

/** The code that every task is started by, which alone speaks with the agent. */
async function readHost(root: string): Promise<string> {
  const folder = join(root, 'shared', 'host');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.ts')).sort();
  const files = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return files.join('\n');
}

/** What the pattern captures, each text once. */
function firstTexts(source: string, pattern: RegExp): readonly string[] {
  return [...new Set([...source.matchAll(pattern)].map(([, text = '']) => text))];
}

async function demandSchema(
  kind: 'task' | 'extension',
  path: string,
  manifest: unknown,
): Promise<void> {
  const problems = await schemaProblems(kind, manifest);
  if (problems.length > 0) throw new Error(`${path} is invalid:\n${problems.join('\n')}`);
}

async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(path, 'utf8'));
}
