import { readFile } from 'node:fs/promises';
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
  const outputs = [...main.matchAll(/agentOutputs\.set\(\s*'(\w+)'/g)].map(([, name = '']) => name);
  return {
    folder: task,
    manifest: manifest as TaskManifest,
    parseInputs: module.parseInputs,
    outputsSet: [...new Set(outputs)],
  };
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
