import assert from 'node:assert/strict';
import { parseOutput } from '../../../shared/core/output-path.ts';
import { parsed, problem } from '../../../shared/core/result.ts';
import type { Parsed } from '../../../shared/core/result.ts';

const DEFAULTS = { root: '/working', fallback: '/temp/result.json', beside: ['plan.json'] };
const FOLDER = problem('output', 'is a folder: add the name of the file to write');

const cases: readonly {
  readonly name: string;
  readonly text: string;
  readonly expected: Parsed<string>;
}[] = [
  { name: 'nothing', text: '', expected: parsed('/temp/result.json') },
  { name: 'a relative path', text: 'out/final.json', expected: parsed('/working/out/final.json') },
  { name: 'an absolute path', text: '/out/final.json', expected: parsed('/out/final.json') },
  { name: 'a hidden file', text: 'out/.final', expected: parsed('/working/out/.final') },
  {
    name: 'a macro',
    text: '$(out)/final.json',
    expected: problem('output', "the variable 'out' is not defined"),
  },
  ...['out/', 'out\\', '.', './', 'out/..', '..', '/'].map((text) => ({
    ...{ name: `the folder ${text}`, text, expected: FOLDER },
  })),
  ...['plan.json', 'out/PLAN.json', 'problems.json'].map((text) => ({
    name: `${text}, which would lose another file`,
    text,
    expected: problem(
      'output',
      `cannot be called ${text.replace('out/', '').toLowerCase()}, which is written beside it`,
    ),
  })),
];

describe('output-path parseOutput', () => {
  for (const { name, text, expected } of cases) {
    it(`${expected.ok ? 'takes' : 'refuses'} ${name}`, () => {
      assert.deepEqual(parseOutput(text, DEFAULTS), expected);
    });
  }
});
