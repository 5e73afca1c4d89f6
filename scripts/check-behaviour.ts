import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT, isMain } from './layout.ts';

/** What `docs/registry-behaviour.md` and the tests say, as texts. */
export interface BehaviourSources {
  /** The markdown of the table. */
  readonly table: string;
  /** Text of each test file by its path below `test`, with `/`. */
  readonly tests: ReadonlyMap<string, string>;
}

interface Row {
  readonly id: string;
  readonly behaviour: string;
  readonly proof: string;
}

const TABLE = 'docs/registry-behaviour.md';
/** More pages that say which test proves what. */
const PAGES = ['docs/signing.md', 'docs/azure-devops.md'] as const;

/** How many behaviours each family has, numbered from 1. */
const FAMILIES: Readonly<Record<string, number>> = {
  ...{ R: 10, A: 20, M: 13, B: 12, U: 16, T: 1, F: 10, D: 1, X: 20, C: 14, S: 15 },
  // Faults: of the network, answers, logins, uploads, content and referrers.
  ...{ N: 16, H: 13, L: 16, P: 11, K: 17, Q: 8 },
  // What always holds, and what each kind of copy costs.
  ...{ Y: 8, W: 8 },
};

const IDS: readonly string[] = Object.entries(FAMILIES).flatMap(([family, count]) =>
  Array.from({ length: count }, (_, index) => `${family}${index + 1}`),
);

/** The folders whose tests are about registries; a word like an id means something else elsewhere. */
const REGISTRY_TESTS =
  /^(?:integration\/registry-client|interop\/registries|unit\/(?:oci|registry))\//;

const ROW = /^\| *([A-Z]\d{1,2}) *\|([^|]*)\|([^|]*)\| *$/;
const CITATION = /`([^`]+) › ([^`]+)`/g;
const TITLE =
  /\b(?:describe|it)\(\s*(?:'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)"|`((?:\\.|[^`\\])*)`)/g;
const ID_IN_TITLE = new RegExp(`\\b[${Object.keys(FAMILIES).join('')}]\\d{1,2}\\b`, 'g');

/** A row that names no test begins its sentence so. */
const WITHOUT_TEST = /^(?:Not built|Out of scope): \S.*\.$/;

/**
 * What is wrong with the table of registry behaviours, one line a problem: behaviours without a row or a proof,
 * tests that are not there, and ids in titles that the table does not know. Reads only.
 */
export async function checkBehaviour(root: string): Promise<readonly string[]> {
  const folder = join(root, 'test');
  const names = await readdir(folder, { recursive: true });
  const files = names.filter((name) => name.endsWith('.test.ts'));
  const tests = await Promise.all(
    files.map(
      async (name) =>
        [name.replaceAll('\\', '/'), await readFile(join(folder, name), 'utf8')] as const,
    ),
  );
  const sources = { table: await readFile(join(root, TABLE), 'utf8'), tests: new Map(tests) };
  const pages = await Promise.all(
    PAGES.map(async (path) => ({ path, text: await readFile(join(root, path), 'utf8') })),
  );
  return [...behaviourProblems(sources), ...pages.flatMap((page) => pageProblems(page, sources))];
}

/** What is wrong with the tests that a page cites. */
export function pageProblems(
  { path, text }: { readonly path: string; readonly text: string },
  { tests }: Pick<BehaviourSources, 'tests'>,
): readonly string[] {
  const titles = titlesByFile(tests);
  return citationProblems(text, titles).map((problem) => `${path} ${problem}`);
}

/** The same for texts that were read. */
export function behaviourProblems({ table, tests }: BehaviourSources): readonly string[] {
  const rows = rowsOf(table);
  const titles = titlesByFile(tests);
  const ids = rows.map(({ id }) => id);
  return [
    ...IDS.filter((id) => !ids.includes(id)).map((id) => `${TABLE}: ${id} has no row`),
    ...ids
      .filter((id, index) => ids.indexOf(id) !== index)
      .map((id) => `${TABLE}: ${id} has two rows`),
    ...rows.flatMap((row) =>
      rowProblems(row, titles).map((problem) => `${TABLE}: ${row.id} ${problem}`),
    ),
    ...strayIds(titles),
  ];
}

function rowsOf(table: string): readonly Row[] {
  return table.split(/\r?\n/).flatMap((line) => {
    const [, id, behaviour = '', proof = ''] = ROW.exec(line) ?? [];
    return id === undefined ? [] : [{ id, behaviour: behaviour.trim(), proof: proof.trim() }];
  });
}

/** Titles as the table cites them: what a template fills in is `…`. */
function titlesIn(text: string): readonly string[] {
  return [...text.matchAll(TITLE)].map(([, single, double, template]) => {
    const title = single ?? double ?? template?.replace(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, '…') ?? '';
    return title.replace(/\\(.)/g, '$1');
  });
}

function titlesByFile(tests: BehaviourSources['tests']): ReadonlyMap<string, readonly string[]> {
  return new Map([...tests].map(([file, text]) => [file, titlesIn(text)]));
}

function rowProblems(
  { id, behaviour, proof }: Row,
  titles: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  return [
    ...(IDS.includes(id) ? [] : ['is no behaviour']),
    ...(behaviour === '' ? ['says nothing'] : []),
    ...(proof.search(CITATION) >= 0 || WITHOUT_TEST.test(proof)
      ? []
      : ['names no test, and does not say why']),
    ...citationProblems(proof, titles),
  ];
}

/** Cited tests that do not exist. */
function citationProblems(
  text: string,
  titles: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  return [...text.matchAll(CITATION)].flatMap(([, file = '', title = '']) => {
    const known = titles.get(file);
    if (known === undefined) return [`names test/${file}, which does not exist`];
    return known.includes(title) ? [] : [`names a test that test/${file} lacks: ${title}`];
  });
}

function strayIds(titles: ReadonlyMap<string, readonly string[]>): readonly string[] {
  return [...titles]
    .filter(([file]) => REGISTRY_TESTS.test(file))
    .flatMap(([file, all]) =>
      all.flatMap((title) =>
        [...title.matchAll(ID_IN_TITLE)]
          .filter(([id]) => !IDS.includes(id))
          .map(([id]) => `test/${file}: there is no behaviour ${id}: ${title}`),
      ),
    );
}

if (isMain(import.meta.url)) {
  const problems = await checkBehaviour(ROOT);
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
  else console.log(`each of ${IDS.length} behaviours is proven or explained`);
}
