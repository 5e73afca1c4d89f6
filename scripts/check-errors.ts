import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMain, ROOT } from './layout.ts';

const CODES = join('shared', 'core', 'errors.ts');

/** The codes of `ErrorCode` in the source of shared/core/errors.ts. */
export function codesOf(source: string): readonly string[] {
  const union = /export type ErrorCode =([\s\S]*?);/.exec(source)?.[1] ?? '';
  return [...union.matchAll(/'([A-Z_]+)'/g)].map(([, code = '']) => code);
}

/** What the page and the code disagree about, one line each. */
export function errorProblems(codes: readonly string[], page: string): readonly string[] {
  const sections = [...page.matchAll(/^### ([A-Z_]+)\n([^#]*)/gm)];
  const told = sections.map(([, code = '']) => code);
  return [
    ...(codes.length === 0 ? ['shared/core/errors.ts: no codes were found'] : []),
    ...codes
      .filter((code) => !told.includes(code))
      .map((code) => `docs/errors.md: nothing on ${code}`),
    ...told
      .filter((code) => !codes.includes(code))
      .map((code) => `docs/errors.md: ${code} is no code`),
    ...told
      .filter((code, index) => told.indexOf(code) !== index)
      .map((code) => `docs/errors.md: ${code} stands twice`),
    ...sections
      .filter(([, , text = '']) => text.trim().split(/(?<=[.:])\s/).length < 2)
      .map(([, code = '']) => `docs/errors.md: ${code} does not say what happened and what to do`),
  ];
}

/** Codes that no source file names, one line each: nobody ever meets them. */
export function unusedCodes(
  codes: readonly string[],
  sources: readonly string[],
): readonly string[] {
  return codes
    .filter((code) => !sources.some((source) => source.includes(`'${code}'`)))
    .map((code) => `shared/core/errors.ts: no source file raises ${code}`);
}

/** The text of every source file below shared/ and tasks/ but that of the codes themselves. */
export async function raisingSources(root: string): Promise<readonly string[]> {
  const paths = await Promise.all(
    ['shared', 'tasks'].map(async (folder) =>
      (await readdir(join(root, folder), { recursive: true })).map((path) => join(folder, path)),
    ),
  );
  const files = paths.flat().filter((path) => path.endsWith('.ts') && path !== CODES);
  return Promise.all(files.map(async (path) => readFile(join(root, path), 'utf8')));
}

if (isMain(import.meta.url)) {
  const [source = '', page = ''] = await Promise.all(
    [CODES, join('docs', 'errors.md')].map(async (path) => readFile(join(ROOT, path), 'utf8')),
  );
  const codes = codesOf(source);
  const problems = [
    ...errorProblems(codes, page),
    ...unusedCodes(codes, await raisingSources(ROOT)),
  ];
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
  else console.log('every error code is raised and explained');
}
