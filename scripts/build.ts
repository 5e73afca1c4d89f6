import { copyFile, cp, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleWithChunks } from './chunks.ts';
import { http1Only } from './http1-only.ts';
import { buildImagesTab, TAB_FOLDER } from './images-tab.ts';
import { isMain, productVersion, ROOT, taskFolder, TASKS } from './layout.ts';
import { thirdPartyNotices } from './shipped/notices.ts';
import { shippedPackages } from './shipped/packages.ts';
import { softwareBill } from './shipped/sbom.ts';
import { generateValidators } from './validators.ts';

/** Where a build goes and whether it carries source maps (only coverage wants them). */
export interface BuildOptions {
  readonly outDir: string;
  readonly sourcemap: boolean;
}

/** The extension as it is packaged. */
export const EXTENSION_DIR = join(ROOT, 'dist', 'extension');

/** The same with source maps, for coverage. */
export const COVERAGE_DIR = join(ROOT, 'dist', 'test-extension');

/** Files of the repository and their names in the extension; tfx needs an ending on every file that it shows. */
const PAGES = [
  ['vss-extension.json', 'vss-extension.json'],
  ['docs/overview.md', 'overview.md'],
  ['LICENSE', 'LICENSE.txt'],
  ['CHANGELOG.md', 'CHANGELOG.md'],
] as const;

/**
 * Builds the complete extension folder: one bundle a task beside its task.json and icon, the Images tab, and the
 * extension's pages.
 * What was in the folder before is removed.
 */
export async function buildExtension({ outDir, sourcemap }: BuildOptions): Promise<void> {
  await generateValidators();
  await rm(outDir, { recursive: true, force: true });
  const sources = await Promise.all([
    bundleTasks({ outDir, sourcemap }),
    buildImagesTab(join(outDir, TAB_FOLDER)),
  ]);
  const packages = await shippedPackages(sources.flat());
  await writeFile(join(outDir, 'THIRD-PARTY-NOTICES.txt'), thirdPartyNotices(packages));
  await writeFile(join(outDir, 'sbom.cdx.json'), await softwareBill(packages));
  await Promise.all(TASKS.map((task) => stageTask(task, join(outDir, taskFolder(task)))));
  await Promise.all(PAGES.map(([from, to]) => copyFile(join(ROOT, from), join(outDir, to))));
  await cp(join(ROOT, 'images'), join(outDir, 'images'), { recursive: true });
}

async function bundleTasks({ outDir, sourcemap }: BuildOptions): Promise<readonly string[]> {
  const sources = await Promise.all(
    TASKS.map((task) =>
      bundleWithChunks(
        join(ROOT, 'tasks', task, 'main.ts'),
        join(outDir, taskFolder(task), 'index.js'),
        {
          absWorkingDir: ROOT,
          bundle: true,
          platform: 'node',
          // The oldest Node that an agent of our minimumAgentVersion brings.
          target: 'node20.18',
          format: 'cjs',
          plugins: [http1Only()],
          define: { __EXTENSION_VERSION__: JSON.stringify(productVersion(ROOT)) },
          legalComments: 'eof',
          sourcemap: sourcemap ? 'linked' : false,
          logLevel: 'warning',
        },
      ),
    ),
  );
  return sources.flat();
}

async function stageTask(task: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await copyFile(join(ROOT, 'tasks', task, 'task.json'), join(folder, 'task.json'));
  await copyFile(join(ROOT, 'tasks', task, 'icon.png'), join(folder, 'icon.png'));
  // Node looks for the nearest package.json: a stray one above the agent's folder must not turn the bundle into ESM.
  await writeFile(join(folder, 'package.json'), '{"type":"commonjs"}\n');
}

if (isMain(import.meta.url)) {
  const sourcemap = process.argv.includes('--sourcemap');
  const outDir = sourcemap ? COVERAGE_DIR : EXTENSION_DIR;
  await buildExtension({ outDir, sourcemap });
  for (const task of TASKS) {
    const { size } = await stat(join(outDir, taskFolder(task), 'index.js'));
    console.log(`built ${task}: ${size.toLocaleString('en-US')} bytes`);
  }
}
