import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  behaviourProblems,
  checkBehaviour,
  pageProblems,
} from '../../../scripts/check-behaviour.ts';
import { ROOT } from '../../../scripts/layout.ts';

const FILE = 'unit/oci/x.test.ts';

describe('check-behaviour checkBehaviour', () => {
  it('finds nothing wrong with the repository', async () => {
    assert.deepEqual(await checkBehaviour(ROOT), []);
  });
});

describe('check-behaviour behaviourProblems', () => {
  const text = "it(`reads ${name ?? 'x'} (R1)`, () => {});";
  const faults = [
    { name: 'no proof', row: '| R1 | reads | |', is: /R1 names no test, and does not say why/ },
    { name: 'no words', row: `| R1 | | \`${FILE} › reads … (R1)\` |`, is: /R1 says nothing/ },
    { name: 'no file', row: '| R1 | reads | `a.test.ts › b` |', is: /a\.test\.ts, which does not/ },
    { name: 'no title', row: `| R1 | reads | \`${FILE} › reads\` |`, is: /lacks: reads$/ },
    { name: 'an unknown id', row: '| R11 | reads | Not built: no. |', is: /R11 is no behaviour/ },
  ];
  const problemsOf = async (row: string, test = text): Promise<readonly string[]> => {
    const table = await readFile(join(ROOT, 'docs/registry-behaviour.md'), 'utf8');
    const others = table.split('\n').filter((line) => !line.startsWith('| R1 '));
    const without = others.map((line) => line.replace(/\|[^|]*\| *$/, '| Not built: no. |'));
    return behaviourProblems({
      table: [...without, row].join('\n'),
      tests: new Map([[FILE, test]]),
    });
  };

  it('accepts a row whose test exists', async () => {
    assert.deepEqual(await problemsOf(`| R1 | reads | \`${FILE} › reads … (R1)\` |`), []);
  });

  for (const { name, row, is } of faults) {
    it(`finds a row with ${name}`, async () => {
      assert.match((await problemsOf(row)).join('\n'), is);
    });
  }

  it('finds a missing row, a second one, and an unknown id in a title', async () => {
    assert.match((await problemsOf('')).join('\n'), /R1 has no row/);
    assert.match((await problemsOf('| R2 | x | Not built: no. |')).join('\n'), /R2 has two rows/);
    const stray = await problemsOf('| R1 | x | Not built: no. |', "it('F12 reads', f);");
    assert.match(stray.join('\n'), /no behaviour F12/);
  });
});

describe('check-behaviour pageProblems', () => {
  it('finds tests that a page cites and that do not exist', () => {
    const tests = new Map([[FILE, "it('reads', () => {});"]]);
    const problemsIn = (text: string): string =>
      pageProblems({ path: 'docs/page.md', text }, { tests }).join();
    assert.equal(problemsIn(`| a | \`${FILE} › reads\` |`), '');
    assert.match(problemsIn(`\`${FILE} › writes\``), /^docs\/page\.md .* lacks: writes$/);
    assert.match(problemsIn('`unit/y.test.ts › reads`'), /does not exist$/);
  });
});
