import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  codesOf,
  errorProblems,
  raisingSources,
  unusedCodes,
} from '../../../scripts/check-errors.ts';
import { ROOT } from '../../../scripts/layout.ts';

const PAGE = '### ONE\n\nIt broke. Mend it.\n\n### TWO\n\nIt broke too. Mend it too.\n';

describe('check-errors errorProblems', () => {
  const cases = [
    ['a page that tells every code', ['ONE', 'TWO'], PAGE, []],
    [
      'a code without a section',
      ['ONE', 'TWO', 'THREE'],
      PAGE,
      ['docs/errors.md: nothing on THREE'],
    ],
    ['a section without a code', ['ONE'], PAGE, ['docs/errors.md: TWO is no code']],
    [
      'a section that stands twice',
      ['ONE', 'TWO'],
      `${PAGE}\n${PAGE.slice(0, 28)}`,
      ['docs/errors.md: ONE stands twice'],
    ],
    [
      'a section that says nothing to do',
      ['ONE'],
      '### ONE\n\nIt broke.\n',
      ['docs/errors.md: ONE does not say what happened and what to do'],
    ],
    ['no codes at all', [], '', ['shared/core/errors.ts: no codes were found']],
  ] as const;
  for (const [name, codes, page, found] of cases) {
    it(`judges ${name}`, () => {
      assert.deepEqual(errorProblems(codes, page), found);
    });
  }

  it('finds nothing wrong with the repository', async () => {
    const codes = codesOf(await readFile(join(ROOT, 'shared/core/errors.ts'), 'utf8'));
    assert.ok(codes.includes('INPUT_INVALID'));
    assert.deepEqual(
      errorProblems(codes, await readFile(join(ROOT, 'docs/errors.md'), 'utf8')),
      [],
    );
  });
});

describe('check-errors unusedCodes', () => {
  it('names a code that no source file raises', () => {
    const sources = ["throw new TaskError('ONE', 'It broke.');", '// TWO and NOT_TWO'];
    assert.deepEqual(unusedCodes(['ONE', 'TWO'], sources), [
      'shared/core/errors.ts: no source file raises TWO',
    ]);
  });

  it('finds every code of the repository raised', async () => {
    const codes = codesOf(await readFile(join(ROOT, 'shared/core/errors.ts'), 'utf8'));
    assert.deepEqual(unusedCodes(codes, await raisingSources(ROOT)), []);
  });
});
