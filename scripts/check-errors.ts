import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMain, ROOT } from './layout.ts';

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

if (isMain(import.meta.url)) {
  const [source, page] = await Promise.all(
    [join('shared', 'core', 'errors.ts'), join('docs', 'errors.md')].map(async (path) =>
      readFile(join(ROOT, path), 'utf8'),
    ),
  );
  const problems = errorProblems(codesOf(source ?? ''), page ?? '');
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
  else console.log('every error code is explained');
}
