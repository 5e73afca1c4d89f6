import assert from 'node:assert/strict';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ESLint } from 'eslint';
import { ROOT } from '../../../scripts/layout.ts';
import { withTree } from './tree.ts';
import type { Tree } from './tree.ts';

/** Code that one rule forbids; `path` is where it would stand. */
interface Planted {
  readonly name: string;
  readonly rule: string;
  readonly code: string;
  readonly path?: string;
}

const statements = (count: number): string => 'void 0;\n'.repeat(count);
const branches = (count: number): string =>
  Array.from({ length: count }, (_, n) => `  if (n === ${n}) return ${n};`).join('\n');

const REFUSED: readonly Planted[] = [
  {
    name: 'a default export',
    rule: 'no-restricted-syntax',
    code: 'export default 1;',
  },
  { name: 'an enum', rule: 'no-restricted-syntax', code: 'export enum Colour { Red }' },
  {
    name: 'a bare Error',
    rule: 'no-restricted-syntax',
    code: "export function f(): never { throw new Error('no'); }",
  },
  {
    name: 'a bare TypeError',
    rule: 'no-restricted-syntax',
    code: "export function f(): never { throw new TypeError('no'); }",
  },
  {
    name: 'the environment',
    rule: 'no-restricted-syntax',
    code: "export const home = process.env['HOME'];",
  },
  {
    name: 'the end of the process',
    rule: 'no-restricted-syntax',
    code: 'export function f(): never { return process.exit(1); }',
  },
  {
    name: 'global fetch',
    rule: 'no-restricted-globals',
    code: "export const answer = fetch('https://example.org');",
  },
  {
    name: 'a timeout that garbage collection may forget',
    rule: 'no-restricted-properties',
    code: 'export const limit = AbortSignal.timeout(1);',
  },
  {
    name: 'signals joined so that garbage collection may forget one',
    rule: 'no-restricted-properties',
    code: 'export const joined = AbortSignal.any([]);',
  },
  { name: 'the console', rule: 'no-console', code: "console.log('hello');" },
  {
    name: 'any',
    rule: '@typescript-eslint/no-explicit-any',
    code: 'export function f(x: any): void { void x; }',
  },
  {
    name: 'an export without a return type',
    rule: '@typescript-eslint/explicit-module-boundary-types',
    code: 'export function f() { return 1; }',
  },
  {
    name: 'a type imported as a value',
    rule: '@typescript-eslint/consistent-type-imports',
    code: "import { Stats } from 'node:fs';\nexport const size = (s: Stats): number => s.size;",
  },
  {
    name: 'an optional text as a condition',
    rule: '@typescript-eslint/strict-boolean-expressions',
    code: 'export const f = (s?: string): string => (s ? "some" : "none");',
  },
  {
    name: 'a forgotten case',
    rule: '@typescript-eslint/switch-exhaustiveness-check',
    code: "export function f(x: 'a' | 'b'): void { switch (x) { case 'a': void 0; } }",
  },
  {
    name: 'a promise that nobody waits for',
    rule: '@typescript-eslint/no-floating-promises',
    code: 'export function f(p: Promise<void>): void { p; }',
  },
  {
    name: 'loose equality',
    rule: 'eqeqeq',
    code: 'export const f = (a: number, b: number): boolean => a == b;',
  },
  {
    name: 'a cast of the unnecessary kind',
    rule: '@typescript-eslint/no-unnecessary-type-assertion',
    code: 'export const f = (n: number): number => n as number;',
  },
  {
    name: 'four parameters',
    rule: 'max-params',
    code: 'export const f = (a: number, b: number, c: number, d: number): number => a + b + c + d;',
  },
  {
    name: 'a function with many ways',
    rule: 'complexity',
    code: `export function f(n: number): number {\n${branches(12)}\n  return n;\n}`,
  },
  {
    name: 'deep nesting',
    rule: 'max-depth',
    code: 'export function f(a: boolean): void { if (a) { if (a) { if (a) { if (a) { void a; } } } } }',
  },
  {
    name: 'a long function',
    rule: 'max-lines-per-function',
    code: `export function f(): void {\n${statements(50)}}`,
  },
  { name: 'a long file', rule: 'max-lines', code: statements(301) },
  {
    name: 'a switched-off type check',
    rule: '@typescript-eslint/ban-ts-comment',
    code: '// @ts-expect-error we know better than the compiler\nexport const n: number = "1";',
  },
];

const ACCEPTED: readonly Planted[] = [
  {
    name: 'the console in the host',
    rule: 'no-console',
    code: "console.log('hello');",
    path: 'shared/host/planted.ts',
  },
  {
    name: 'the environment in the host',
    rule: 'no-restricted-syntax',
    code: "export const home = process.env['HOME'];",
    path: 'shared/host/planted.ts',
  },
  {
    name: 'a bare Error in a script',
    rule: 'no-restricted-syntax',
    code: "export function f(): never { throw new Error('no'); }",
    path: 'scripts/planted.ts',
  },
];

const DISABLED: Planted = {
  name: 'a rule that is switched off',
  rule: 'no-console',
  code: "/* eslint-disable no-console */\nconsole.log('hello');",
};

const DEFAULT_PATH = 'shared/core/planted.ts';
const TSCONFIG = JSON.stringify({
  compilerOptions: {
    strict: true,
    target: 'ES2023',
    module: 'NodeNext',
    types: ['node'],
    noEmit: true,
  },
  include: ['shared', 'scripts'],
});

interface Complaint {
  readonly rule: string | null;
  readonly message: string;
}

/** Lints all the planted code at once, as it would stand in the repository: complaints by name. */
async function lint(
  planted: readonly Planted[],
): Promise<ReadonlyMap<string, readonly Complaint[]>> {
  const paths = planted.map(({ path = DEFAULT_PATH }, index) =>
    path.replace('planted.ts', `planted-${index}.ts`),
  );
  const code = paths.map((path, index): [string, string] => [
    path,
    `${planted[index]?.code ?? ''}\n`,
  ]);
  const tree: Tree = { ...Object.fromEntries(code), 'tsconfig.json': TSCONFIG };
  return withTree(tree, async (root) => {
    await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'), 'junction');
    const eslint = new ESLint({ cwd: root, overrideConfigFile: join(ROOT, 'eslint.config.mjs') });
    const results = await eslint.lintFiles(paths);
    return new Map(
      planted.map(({ name }, index) => {
        const own = results.find(({ filePath }) => filePath === join(root, paths[index] ?? ''));
        const messages = own?.messages ?? [];
        return [name, messages.map(({ ruleId, message }) => ({ rule: ruleId, message }))];
      }),
    );
  });
}

describe('the lint rules', () => {
  let found: ReadonlyMap<string, readonly Complaint[]>;

  before(async function () {
    this.timeout(60_000);
    found = await lint([...REFUSED, ...ACCEPTED, DISABLED]);
  });

  for (const { name, rule } of REFUSED) {
    it(`refuse ${name}`, () => {
      const rules = (found.get(name) ?? []).map((complaint) => complaint.rule);
      assert.ok(rules.includes(rule), rules.join(', '));
    });
  }

  for (const { name, rule } of ACCEPTED) {
    it(`accept ${name}`, () => {
      const complaints = found.get(name);
      assert.ok(complaints !== undefined);
      assert.deepEqual(
        complaints.filter((complaint) => complaint.rule === rule),
        [],
      );
    });
  }

  it('cannot be switched off by a comment', () => {
    const rules = (found.get(DISABLED.name) ?? []).map((complaint) => complaint.rule);
    assert.ok(rules.includes(DISABLED.rule), rules.join(', '));
  });
});
