import assert from 'node:assert/strict';
import {
  BugError,
  TaskError,
  assertNever,
  definite,
  invariant,
} from '../../../shared/core/errors.ts';

describe('errors TaskError', () => {
  it('carries code, message, hint and cause', () => {
    const cause = new TypeError('why');
    const error = new TaskError('TAG_EXISTS', 'what', { hint: 'do', cause });
    assert.equal(error.name, 'TaskError');
    assert.deepEqual([error.code, error.message, error.hint], ['TAG_EXISTS', 'what', 'do']);
    assert.equal(error.cause, cause);
    assert.equal(new TaskError('TAG_EXISTS', 'what').hint, undefined);
  });
});

describe('errors invariant', () => {
  it('passes true and takes everything else for a bug', () => {
    invariant(true, 'holds');
    for (const value of [false, undefined, 0, 'true', {}]) {
      assert.throws(() => {
        invariant(value, 'does not hold');
      }, new BugError('does not hold'));
    }
  });
});

describe('errors definite', () => {
  it('gives what is there, also when it is falsy', () => {
    assert.deepEqual(
      ['', 0, false].map((value) => definite(value, 'it')),
      ['', 0, false],
    );
    assert.throws(
      () => definite<string>(undefined, 'the thing'),
      new BugError('the thing is not there'),
    );
  });
});

describe('errors assertNever', () => {
  it('names the value that no case knew', () => {
    const value = JSON.parse('{"kind":"new"}') as never;
    assert.throws(() => {
      assertNever(value);
    }, new BugError('Unexpected value {"kind":"new"}'));
  });
});
