import { isMain, ROOT } from './layout.ts';
import { codeProblems } from './manifests/code-rules.ts';
import { contractProblems } from './manifests/contract.ts';
import type { Product, TaskSource } from './manifests/model.ts';
import { readProduct } from './manifests/read.ts';
import { repeated, taskProblems } from './manifests/task-rules.ts';

/** What disagrees between package, extension, tasks, code and the record of inputs; reads only. */
export async function checkManifests(root: string): Promise<readonly string[]> {
  return productProblems(await readProduct(root));
}

/** The same for a product that was read; each problem is one line that begins with the file to look at. */
export function productProblems(product: Product): readonly string[] {
  const { version, extension, tasks, contract } = product;
  const all = extension.contributions.map(({ properties }) => properties);
  const contributed = all
    .filter(({ supportsTasks }) => supportsTasks === undefined)
    .map(({ name }) => name);
  const shown = all.flatMap(({ supportsTasks = [] }) => supportsTasks);
  const folders = tasks.map(({ folder }) => folder);
  return [
    ...(extension.version === version
      ? []
      : [`vss-extension.json: version is ${extension.version}, package.json has ${version}`]),
    ...folders
      .filter((folder) => !contributed.includes(folder))
      .map((folder) => `vss-extension.json: no contribution for ${folder}`),
    ...contributed
      .filter((name) => !folders.includes(name))
      .map((name) => `vss-extension.json: a contribution for ${name}, which is no task`),
    ...tasks
      .filter(({ manifest }) => !shown.includes(manifest.id))
      .map(({ folder }) => `vss-extension.json: no tab shows the runs of ${folder}`),
    ...repeated(tasks.map(({ manifest }) => manifest.id)).map(
      (id) => `task.json: two tasks have the id ${id}`,
    ),
    ...tasks.flatMap((task) =>
      [
        ...identityProblems(task, version),
        ...taskProblems(task.manifest),
        ...codeProblems(task),
        ...contractProblems(task.manifest, contract),
      ].map((problem) => `tasks/${task.folder}: ${problem}`),
    ),
  ];
}

function identityProblems({ folder, manifest }: TaskSource, version: string): readonly string[] {
  const { Major, Minor, Patch } = manifest.version;
  const own = [Major, Minor, Patch].join('.');
  return [
    ...(manifest.name === folder ? [] : [`task.json is for ${manifest.name}`]),
    ...(own === version ? [] : [`task.json has version ${own}, package.json has ${version}`]),
    ...Object.entries(manifest.execution)
      .filter(([, { target }]) => target !== 'index.js')
      .map(([handler, { target }]) => `the handler ${handler} starts ${target}, not index.js`),
  ];
}

if (isMain(import.meta.url)) {
  const problems = await checkManifests(ROOT);
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
  else console.log('manifests, code and input record agree');
}
