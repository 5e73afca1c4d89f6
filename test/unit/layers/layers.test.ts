import assert from 'node:assert/strict';
import { join } from 'node:path';
import { cruise } from 'dependency-cruiser';
import type { ICruiseOptions, ICruiseResult } from 'dependency-cruiser';
import extractOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';
import { ROOT } from '../../../scripts/layout.ts';
import { withTree } from './tree.ts';
import type { Tree } from './tree.ts';

const EMPTY = 'export {};\n';

/** Packages that the planted code can import: four that ship, one that does not. */
const PACKAGES: Tree = {
  'package.json': JSON.stringify({
    name: 'planted',
    dependencies: {
      undici: '1.0.0',
      'azure-pipelines-task-lib': '1.0.0',
      pkijs: '1.0.0',
      ships: '1.0.0',
    },
    devDependencies: { tool: '1.0.0' },
  }),
  ...Object.fromEntries(
    ['undici', 'azure-pipelines-task-lib', 'pkijs', 'ships', 'tool'].flatMap((name) => [
      [`node_modules/${name}/package.json`, JSON.stringify({ name, main: 'index.js' })],
      [`node_modules/${name}/index.js`, ''],
    ]),
  ),
};

/** One import that breaks one rule: who imports, what it writes, and the file that this means, if it is ours. */
interface Planted {
  readonly rule: string;
  readonly from: string;
  readonly imports: string;
  readonly to?: string;
}

const PLANTED: readonly Planted[] = [
  {
    rule: 'core-knows-nothing',
    from: 'shared/core/a.ts',
    imports: '../oci/b.ts',
    to: 'shared/oci/b.ts',
  },
  {
    rule: 'oci-is-data',
    from: 'shared/oci/a.ts',
    imports: '../notary/b.ts',
    to: 'shared/notary/b.ts',
  },
  {
    rule: 'documents-are-data',
    from: 'shared/notary/a.ts',
    imports: '../ports/b.ts',
    to: 'shared/ports/b.ts',
  },
  { rule: 'pure-floors-do-no-io', from: 'shared/oci/a.ts', imports: 'node:fs/promises' },
  { rule: 'pure-floors-use-few-packages', from: 'shared/image-info/a.ts', imports: 'ships' },
  {
    rule: 'chunks-are-libraries',
    from: 'shared/notary/a.chunk.ts',
    imports: './b.ts',
    to: 'shared/notary/b.ts',
  },
  { rule: 'heavy-packages-come-on-demand', from: 'shared/notary/a.ts', imports: 'pkijs' },
  {
    rule: 'ports-are-interfaces',
    from: 'shared/ports/a.ts',
    imports: '../registry/b.ts',
    to: 'shared/registry/b.ts',
  },
  {
    rule: 'clients-below-tasks',
    from: 'shared/registry/a.ts',
    imports: '../../tasks/Sign/plan.ts',
    to: 'tasks/Sign/plan.ts',
  },
  {
    rule: 'clients-do-not-mix',
    from: 'shared/registry/a.ts',
    imports: '../signing/b.ts',
    to: 'shared/signing/b.ts',
  },
  {
    rule: 'stages-know-ports-only',
    from: 'tasks/Sign/gather.ts',
    imports: '../../shared/registry/b.ts',
    to: 'shared/registry/b.ts',
  },
  { rule: 'stages-do-no-io', from: 'tasks/Sign/execute.ts', imports: 'node:fs' },
  {
    rule: 'plan-and-report-are-pure',
    from: 'tasks/Sign/plan.ts',
    imports: '../../shared/ports/b.ts',
    to: 'shared/ports/b.ts',
  },
  {
    rule: 'tasks-stay-apart',
    from: 'tasks/Sign/plan.ts',
    imports: '../Publish/plan.ts',
    to: 'tasks/Publish/plan.ts',
  },
  {
    rule: 'only-main-constructs',
    from: 'tasks/Sign/report.ts',
    imports: './main.ts',
    to: 'tasks/Sign/main.ts',
  },
  {
    rule: 'only-host-knows-the-agent',
    from: 'tasks/Sign/main.ts',
    imports: 'azure-pipelines-task-lib',
  },
  {
    rule: 'only-main-uses-host',
    from: 'shared/new-folder/a.ts',
    imports: '../host/b.ts',
    to: 'shared/host/b.ts',
  },
  { rule: 'only-transport-knows-undici', from: 'shared/registry/a.ts', imports: 'undici' },
  {
    rule: 'tab-is-for-browsers',
    from: 'shared/images-tab/a.ts',
    imports: '../oci/b.ts',
    to: 'shared/oci/b.ts',
  },
  {
    rule: 'only-the-tab-knows-the-page',
    from: 'shared/new-folder/a.ts',
    imports: '../images-tab/b.ts',
    to: 'shared/images-tab/b.ts',
  },
  {
    rule: 'product-never-imports-tests',
    from: 'shared/host/a.ts',
    imports: '../../test/support/b.ts',
    to: 'test/support/b.ts',
  },
  { rule: 'no-unresolved', from: 'shared/core/a.ts', imports: './missing.ts' },
  { rule: 'no-dev-dependency-in-product', from: 'shared/host/a.ts', imports: 'tool' },
];

/** Rules that no single import breaks. */
const PLANTED_TREES: readonly { readonly rule: string; readonly tree: Tree }[] = [
  {
    rule: 'no-cycles',
    tree: {
      'shared/core/a.ts': "import './b.ts';\n",
      'shared/core/b.ts': "import './a.ts';\n",
    },
  },
  { rule: 'no-orphans', tree: { 'shared/core/alone.ts': EMPTY } },
];

function treeOf({ from, imports, to }: Planted): Tree {
  return { ...(to === undefined ? {} : { [to]: EMPTY }), [from]: `import '${imports}';\n` };
}

async function cruiseTree(root: string, folders: readonly string[]): Promise<ICruiseResult> {
  const options: ICruiseOptions = await extractOptions(join(ROOT, '.dependency-cruiser.cjs'));
  const { output } = await cruise([...folders], { ...options, baseDir: root });
  assert.ok(typeof output === 'object');
  return output;
}

/** The names of the rules that a tree breaks, each once. */
async function rulesBroken(tree: Tree): Promise<readonly string[]> {
  const folders = [...new Set(Object.keys(tree).map((path) => path.split('/')[0] ?? ''))];
  const { summary } = await withTree({ ...PACKAGES, ...tree }, (root) => cruiseTree(root, folders));
  return [...new Set(summary.violations.map(({ rule }) => rule.name))];
}

describe('the layer rules', () => {
  for (const planted of PLANTED) {
    it(`${planted.rule}: ${planted.from} must not import ${planted.imports}`, async () => {
      assert.deepEqual(await rulesBroken(treeOf(planted)), [planted.rule]);
    });
  }

  for (const { rule, tree } of PLANTED_TREES) {
    it(`${rule}: ${Object.keys(tree).join(' and ')}`, async () => {
      assert.deepEqual(await rulesBroken(tree), [rule]);
    });
  }

  it('have a planted violation each', async () => {
    const options = await extractOptions(join(ROOT, '.dependency-cruiser.cjs'));
    const rules = (options.ruleSet?.forbidden ?? []).map(({ name }) => name);
    const proven = [...PLANTED, ...PLANTED_TREES].map(({ rule }) => rule);
    assert.deepEqual(rules.sort(), [...proven].sort());
  });

  it('let imports go down the floors', async () => {
    const tree: Tree = {
      'tasks/Sign/main.ts':
        "import './plan.ts'; import './gather.ts'; import '../../shared/host/a.ts';",
      'tasks/Sign/plan.ts': "import '../../shared/oci/a.ts'; import 'node:path';",
      'tasks/Sign/gather.ts': "import '../../shared/ports/a.ts';",
      'shared/host/a.ts': "import 'azure-pipelines-task-lib'; import '../registry/transport.ts';",
      'shared/registry/transport.ts': "import 'undici'; import '../ports/a.ts'; import 'node:fs';",
      'shared/ports/a.ts': "import '../notary/a.ts';",
      'shared/notary/a.ts': "import '../oci/a.ts'; import 'node:crypto';",
      'shared/oci/a.ts': "import '../core/a.ts';",
      'shared/core/a.ts': "import 'node:util';",
    };
    assert.deepEqual(await rulesBroken(tree), []);
  });

  it('hold in this repository', async () => {
    const { summary } = await cruiseTree(ROOT, ['shared', 'tasks', 'test', 'scripts']);
    const found = summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`);
    assert.deepEqual(found, []);
    assert.ok(summary.totalCruised > 50, `${summary.totalCruised} modules`);
  }).timeout(60_000);
});
