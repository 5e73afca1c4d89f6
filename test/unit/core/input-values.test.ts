import assert from 'node:assert/strict';
import {
  duration,
  flag,
  lines,
  oneOf,
  optional,
  optionalPath,
  optionalSecret,
  pairs,
  requiredPath,
} from '../../../shared/core/input-values.ts';
import { parsed, problem, problems } from '../../../shared/core/result.ts';
import type { Parsed } from '../../../shared/core/result.ts';
import { Secret } from '../../../shared/core/secret.ts';

const UNDEFINED = problem('x', "the variable 'a.b' is not defined");
const WORDS = ['auto', 'oci'] as const;

const cases: readonly {
  readonly name: string;
  readonly read: () => Parsed<unknown>;
  readonly expected: Parsed<unknown>;
}[] = [
  { name: 'optional text', read: () => optional('x', ' a '), expected: parsed(' a ') },
  { name: 'optional, left out', read: () => optional('x', ''), expected: parsed(undefined) },
  { name: 'a lone dollar', read: () => optional('x', '$5 (a)'), expected: parsed('$5 (a)') },
  { name: 'a macro', read: () => optional('x', '$(a.b)'), expected: UNDEFINED },
  { name: 'a macro within text', read: () => optional('x', 'p/$(a.b)/q'), expected: UNDEFINED },
  {
    name: 'several macros, each once',
    read: () => optional('x', '$(a.b)/$(c)/$(a.b)'),
    expected: problems([
      { path: 'x', message: "the variable 'a.b' is not defined" },
      { path: 'x', message: "the variable 'c' is not defined" },
    ]),
  },
  { name: 'a flag', read: () => flag('x', 'TRUE'), expected: parsed(true) },
  { name: 'a flag that is off', read: () => flag('x', 'False'), expected: parsed(false) },
  { name: 'a flag, left out', read: () => flag('x', ''), expected: parsed(false) },
  { name: 'a flag as a macro', read: () => flag('x', '$(a.b)'), expected: UNDEFINED },
  {
    name: 'no flag',
    read: () => flag('x', 'yes'),
    expected: problem('x', 'is neither true nor false: "yes"'),
  },
  { name: 'a word', read: () => oneOf('x', 'OCI', WORDS), expected: parsed('oci') },
  {
    name: 'a word with capitals in lower case',
    read: () => oneOf('x', 'acrimport', ['auto', 'acrImport']),
    expected: parsed('acrImport'),
  },
  { name: 'the first word', read: () => oneOf('x', '', WORDS), expected: parsed('auto') },
  { name: 'a word as a macro', read: () => oneOf('x', '$(a.b)', WORDS), expected: UNDEFINED },
  {
    name: 'another word',
    read: () => oneOf('x', 'tar', WORDS),
    expected: problem('x', 'is not one of auto, oci: "tar"'),
  },
  {
    name: 'lines of every system',
    read: () => lines('x', 'a\r\n b \r\n\nc\rd\n'),
    expected: parsed(['a', 'b', 'c', 'd']),
  },
  { name: 'no lines', read: () => lines('x', ' \n'), expected: parsed([]) },
  { name: 'a line with a macro', read: () => lines('x', 'a\n$(a.b)/c'), expected: UNDEFINED },
  {
    name: 'pairs',
    read: () => pairs('x', ' a = b=c \nd='),
    expected: parsed(new Map(Object.entries({ a: 'b=c', d: '' }))),
  },
  { name: 'a pair with a macro', read: () => pairs('x', 'a=$(a.b)'), expected: UNDEFINED },
  {
    name: 'lines that are no pairs',
    read: () => pairs('x', 'a\n=b\nc=1\nc=2'),
    expected: problems([
      { path: 'x', message: 'is not of the form name=value: "a"' },
      { path: 'x', message: 'is not of the form name=value: "=b"' },
      { path: 'x', message: "gives 'c' twice" },
    ]),
  },
  { name: 'hours', read: () => duration('x', '12h'), expected: parsed(43_200_000) },
  { name: 'days', read: () => duration('x', '90d'), expected: parsed(7_776_000_000) },
  { name: 'one hour', read: () => duration('x', '1h'), expected: parsed(3_600_000) },
  { name: 'a year', read: () => duration('x', '365d'), expected: parsed(31_536_000_000) },
  {
    name: 'very many hours',
    read: () => duration('x', '999999h'),
    expected: parsed(3_599_996_400_000),
  },
  { name: 'no duration', read: () => duration('x', ''), expected: parsed(undefined) },
  { name: 'a duration as a macro', read: () => duration('x', '$(a.b)'), expected: UNDEFINED },
  ...['0d', '-1d', '1.5h', '12', 'd', '1w', '1000000d', '1d 2h'].map((text) => ({
    name: `the duration ${text}`,
    read: () => duration('x', text),
    expected: problem('x', `is not a number of hours or days such as 12h or 90d: ${text}`),
  })),
  { name: 'a path', read: () => requiredPath('x', 'a/../b', '/r'), expected: parsed('/r/b') },
  { name: 'an absolute path', read: () => requiredPath('x', '/a', '/r'), expected: parsed('/a') },
  {
    name: 'no path',
    read: () => requiredPath('x', '', '/r'),
    expected: problem('x', 'is required'),
  },
  {
    name: 'a path with a macro',
    read: () => requiredPath('x', '$(a.b)/c', '/r'),
    expected: UNDEFINED,
  },
  { name: 'an optional path', read: () => optionalPath('x', 'a', '/r'), expected: parsed('/r/a') },
  {
    name: 'an optional path, left out',
    read: () => optionalPath('x', '', '/r'),
    expected: parsed(undefined),
  },
  {
    name: 'an optional path with a macro',
    read: () => optionalPath('x', 'c/$(a.b)', '/r'),
    expected: UNDEFINED,
  },
  {
    name: 'no secret',
    read: () => optionalSecret('x', undefined),
    expected: parsed(undefined),
  },
  {
    name: 'a secret that is only a macro',
    read: () => optionalSecret('x', new Secret('$(a.b)')),
    expected: UNDEFINED,
  },
];

describe('input-values', () => {
  for (const { name, read, expected } of cases) {
    it(`${expected.ok ? 'reads' : 'refuses'} ${name}`, () => {
      assert.deepEqual(read(), expected);
    });
  }

  for (const text of ['p$(a)q', '$(a)q', 'p$(a)', '$()', '']) {
    it(`reads the secret '${text}', which holds something like a macro or nothing`, () => {
      const secret = new Secret(text);
      const result = optionalSecret('x', secret);
      assert.ok(result.ok);
      assert.equal(result.value, secret);
    });
  }
});
