import assert from 'node:assert/strict';
import { sep } from 'node:path';
import { withSlashes } from '../../../shared/core/slashes.ts';

describe('withSlashes', () => {
  it('has a slash between the segments of a path, whatever the system has', () => {
    assert.equal(withSlashes(['a', 'b c', 'd.json'].join(sep)), 'a/b c/d.json');
  });

  it('leaves a backslash that is a letter of a name', () => {
    if (sep === '\\') return;
    assert.equal(withSlashes('/a\\b/c'), '/a\\b/c');
  });
});
