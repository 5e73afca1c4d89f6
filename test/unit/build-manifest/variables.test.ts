import assert from 'node:assert/strict';
import fc from 'fast-check';
import { duplicateVariables, resolveVariables } from '../../../shared/build-manifest/variables.ts';
import type { Parsed } from '../../../shared/core/result.ts';

interface Case {
  readonly declared?: Readonly<Record<string, string>>;
  readonly overrides?: Readonly<Record<string, string>>;
}

function substituted(text: string, { declared = {}, overrides = {} }: Case): Parsed<string> {
  const { substitute, problems } = resolveVariables({
    declared: Object.entries(declared).map(([name, value]) => ({
      name,
      value,
      path: `at ${name}`,
    })),
    overrides: new Map(Object.entries(overrides)),
    repositories: new Map([['sdk', 'mcr.example/dotnet/sdk']]),
    isComplete: true,
  });
  return problems.length === 0 ? substitute(text, 'here') : { ok: false, problems };
}

describe('build-manifest resolveVariables', () => {
  const accepted: readonly (Case & { name: string; text: string; expected: string })[] = [
    { name: 'text without variables', text: 'a-b $ ( ) $()', expected: 'a-b $ ( ) $()' },
    {
      name: 'a name with pipes, dots and dashes',
      text: '$(dotnet|8.0|fixed-tag)-noble',
      declared: { 'dotnet|8.0|fixed-tag': '8.0.1' },
      expected: '8.0.1-noble',
    },
    {
      name: 'a name that starts with a digit',
      text: '4.8-$(4.8-Date_Stamp)',
      declared: { '4.8-Date_Stamp': '20260101' },
      expected: '4.8-20260101',
    },
    { name: 'a name with a space', text: '$(a b)', declared: { 'a b': 'x' }, expected: 'x' },
    { name: 'letters of any script', text: '$(größe)', declared: { größe: 'x' }, expected: 'x' },
    {
      name: 'two adjacent variables, one empty',
      text: '$(Prefix)$(Id)',
      declared: { Prefix: '', Id: '7' },
      expected: '7',
    },
    {
      name: 'variables in variables',
      text: '$(c)',
      declared: { a: '1', b: '$(a).2', c: '$(b).3' },
      expected: '1.2.3',
    },
    {
      name: 'an override in the place of the declaration',
      text: '$(a) $(b)',
      declared: { a: '1', b: '$(a)' },
      overrides: { a: '2' },
      expected: '2 2',
    },
    {
      name: 'a variable of the pipeline alone',
      text: '$(x)',
      overrides: { x: '1' },
      expected: '1',
    },
    {
      name: 'a variable of the pipeline in a declared value',
      text: '$(a)',
      declared: { a: 'v$(x)' },
      overrides: { x: '1' },
      expected: 'v1',
    },
    {
      name: 'a declared variable in one of the pipeline',
      text: '$(x)',
      declared: { a: '1' },
      overrides: { x: 'v$(a)' },
      expected: 'v1',
    },
    {
      name: 'the name of a repository',
      text: '$(Repo:sdk):8.0',
      expected: 'mcr.example/dotnet/sdk:8.0',
    },
    {
      name: 'what a value brings in as it is',
      text: '$(a)',
      declared: { dollar: '$', a: '$(dollar)(b)', b: '1' },
      expected: '$(b)',
    },
    {
      name: 'replacement patterns as they are',
      text: '$(a)',
      declared: { a: '$& $1' },
      expected: '$& $1',
    },
  ];
  for (const { name, text, expected, ...given } of accepted) {
    it(`fills in ${name}`, () => {
      assert.deepEqual(substituted(text, given), { ok: true, value: expected });
    });
  }

  const rejected: readonly (Case & { name: string; text: string; problem: object })[] = [
    {
      name: 'a variable that is not defined',
      text: '$(x)',
      problem: { path: 'here', message: 'refers to the variable "x", which is not defined' },
    },
    {
      name: 'a variable that is defined later',
      text: '',
      declared: { a: '$(b)', b: '1' },
      problem: { path: 'at a', message: 'uses the variable "b" before it is defined' },
    },
    {
      name: 'a variable that uses itself',
      text: '',
      declared: { a: '$(a)' },
      problem: { path: 'at a', message: 'uses the variable "a" before it is defined' },
    },
    {
      name: 'an id that no repository has',
      text: '$(Repo:x)',
      problem: { path: 'here', message: 'refers to "Repo:x", but no repository has that id' },
    },
    {
      name: 'another built-in',
      text: '$(System:Repo)',
      problem: {
        path: 'here',
        message: 'refers to the variable "System:Repo", which is not defined',
      },
    },
    {
      name: 'a variable of the pipeline that refers to nothing',
      text: '',
      overrides: { x: '$(y)' },
      problem: { path: 'variable x', message: 'refers to the variable "y", which is not defined' },
    },
  ];
  for (const { name, text, problem, ...given } of rejected) {
    it(`rejects ${name}`, () => {
      assert.deepEqual(substituted(text, given), { ok: false, problems: [problem] });
    });
  }

  it('reports every variable that is not defined', () => {
    const result = substituted('$(x)$(y)', {});
    assert.equal(result.ok ? 0 : result.problems.length, 2);
  });

  it('leaves text without references as it is', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!text.includes('$('));
        assert.deepEqual(substituted(text, {}), { ok: true, value: text });
      }),
    );
  });
});

describe('build-manifest duplicateVariables', () => {
  it('names the later declarations and the first', () => {
    const declared = ['a', 'b', 'a', 'a'].map((name, at) => ({
      name,
      value: '',
      path: `at ${at}`,
    }));
    assert.deepEqual(duplicateVariables(declared), [
      { path: 'at 2', message: 'is already defined at at 0' },
      { path: 'at 3', message: 'is already defined at at 0' },
    ]);
  });
});
