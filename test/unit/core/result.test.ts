import assert from 'node:assert/strict';
import { TaskError } from '../../../shared/core/errors.ts';
import { LongListError } from '../../../shared/core/long-list.ts';
import {
  all,
  allConsistent,
  allOf,
  orThrow,
  parsed,
  problem,
  problems,
  renderProblems,
} from '../../../shared/core/result.ts';

const FAULT = { path: 'a', message: 'is required' };
const OTHER = { path: 'b[0]', message: 'is not text' };

describe('result all', () => {
  it('joins named values', () => {
    const joined = all<{ a: number; b: string | undefined }>({
      a: parsed(1),
      b: parsed(undefined),
    });
    assert.deepEqual(joined, parsed({ a: 1, b: undefined }));
  });

  it('joins the problems of all parts that failed', () => {
    const joined = all<{ a: number; b: string; c: string }>({
      a: problem('a', 'is required'),
      b: parsed('b'),
      c: problems([OTHER, FAULT]),
    });
    assert.deepEqual(joined, problems([FAULT, OTHER, FAULT]));
  });
});

describe('result allConsistent', () => {
  interface Pair {
    readonly a: number;
    readonly b: string | undefined;
  }
  const needsB = (known: Partial<Pair>): readonly (typeof FAULT)[] =>
    'b' in known && known.b === undefined ? [FAULT] : [];

  it('joins values that go together', () => {
    const joined = allConsistent<Pair>({ a: parsed(1), b: parsed('b') }, needsB);
    assert.deepEqual(joined, parsed({ a: 1, b: 'b' }));
  });

  it('tells a contradiction, also beside the problem of another part', () => {
    const b = parsed(undefined);
    assert.deepEqual(allConsistent<Pair>({ a: parsed(1), b }, needsB), problems([FAULT]));
    const joined = allConsistent<Pair>({ a: problems([OTHER]), b }, needsB);
    assert.deepEqual(joined, problems([OTHER, FAULT]));
  });

  it('sees nothing of a part that failed', () => {
    const joined = allConsistent<Pair>({ a: parsed(1), b: problems([OTHER]) }, needsB);
    assert.deepEqual(joined, problems([OTHER]));
  });
});

describe('result allOf', () => {
  it('joins values in order, or all problems', () => {
    assert.deepEqual(allOf([parsed(2), parsed(1)]), parsed([2, 1]));
    assert.deepEqual(allOf([]), parsed([]));
    assert.deepEqual(
      allOf([problems([FAULT]), parsed(1), problems([OTHER])]),
      problems([FAULT, OTHER]),
    );
  });
});

describe('result renderProblems', () => {
  it('gives each problem a line, without a path where there is none', () => {
    assert.equal(
      renderProblems([FAULT, { path: '', message: 'is empty' }]),
      '  a: is required\n  is empty',
    );
  });
});

describe('result orThrow', () => {
  it('gives the value', () => {
    assert.equal(orThrow(parsed(1), { code: 'INPUT_INVALID', subject: 'It' }), 1);
  });

  it('throws one failure with every problem, the subject and the hint', () => {
    const failure = {
      code: 'INPUT_INVALID',
      subject: 'The task input',
      hint: 'Correct it.',
    } as const;
    assert.throws(
      () => orThrow(problems([FAULT, OTHER]), failure),
      (error: unknown) => {
        assert.ok(error instanceof TaskError);
        assert.equal(error.code, 'INPUT_INVALID');
        assert.equal(
          error.message,
          'The task input has 2 problems:\n  a: is required\n  b[0]: is not text',
        );
        assert.equal(error.hint, 'Correct it.');
        return true;
      },
    );
  });

  it('shows twenty of very many problems, and keeps all', () => {
    const many = Array.from({ length: 500 }, (_, index) => ({ ...OTHER, path: `b[${index}]` }));
    assert.throws(
      () => orThrow(problems(many), { code: 'IMAGE_INFO_INVALID', subject: 'It' }),
      (error: unknown) => {
        assert.ok(error instanceof LongListError);
        const shown = error.message.split('\n');
        assert.deepEqual(
          [shown[0], shown.length, error.lines.length],
          ['It has 500 problems:', 22, 500],
        );
        assert.equal(error.lines.at(-1), 'b[499]: is not text');
        return true;
      },
    );
  });

  it('counts a single problem in the singular and needs no hint', () => {
    assert.throws(() => orThrow(problem('a', 'is bad'), { code: 'INPUT_INVALID', subject: 'It' }), {
      message: 'It has 1 problem:\n  a: is bad',
      hint: undefined,
    });
  });
});
