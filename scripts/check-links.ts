import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isMain, ROOT } from './layout.ts';

/** The links of a page that lead into the repository, without their anchors; links to other sites are not looked at. */
export function localLinks(page: string): readonly string[] {
  const text = page.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
    const path = target.replace(/#.*$/, '');
    return path === '' || /^[a-z]+:/i.test(path) ? [] : [path];
  });
}

/** Shown by the marketplace, for which the extension itself is the folder that links start at. */
const MARKETPLACE_PAGE = join('docs', 'overview.md');

/** Links of the repository's pages that lead nowhere, e.g. `docs/migration.md: samples/none.yml is not there`. */
export async function brokenLinks(root: string): Promise<readonly string[]> {
  const docs = (await readdir(join(root, 'docs'), { recursive: true })).map((path) =>
    join('docs', path),
  );
  const top = await readdir(root);
  const pages = [...top, ...docs].filter((path) => path.endsWith('.md')).sort();
  const found = await Promise.all(
    pages.map(async (page) =>
      localLinks(await readFile(join(root, page), 'utf8'))
        .filter((link) => !existsSync(join(root, startOf(page), link)))
        .map((link) => `${page}: ${link} is not there`),
    ),
  );
  return found.flat();
}

function startOf(page: string): string {
  return page === MARKETPLACE_PAGE ? '' : dirname(page);
}

if (isMain(import.meta.url)) {
  const problems = await brokenLinks(ROOT);
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
  else console.log('every link leads somewhere');
}
