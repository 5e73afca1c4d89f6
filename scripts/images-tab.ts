import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { sourcesOf } from './chunks.ts';
import { ROOT } from './layout.ts';

/** Where the tab lies below the extension's root. */
export const TAB_FOLDER = 'images-tab';

const SOURCE = join(ROOT, 'shared', 'images-tab');

/** Files that the browser gets as they are. */
const STATIC = ['index.html', 'tab.css'] as const;

/**
 * Builds the Images tab into a folder: a page, a style sheet and one script.
 *
 * @returns the source files of which something is in the script, relative to the working directory
 */
export async function buildImagesTab(folder: string): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true });
  await Promise.all(STATIC.map((name) => copyFile(join(SOURCE, name), join(folder, name))));
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [join(SOURCE, 'main.ts')],
    outfile: join(folder, 'tab.js'),
    bundle: true,
    platform: 'browser',
    // Browsers that Azure DevOps supports.
    target: 'es2022',
    format: 'iife',
    minifySyntax: true,
    legalComments: 'eof',
    logLevel: 'warning',
    metafile: true,
  });
  return sourcesOf(metafile);
}
