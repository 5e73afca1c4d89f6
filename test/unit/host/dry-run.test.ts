import assert from 'node:assert/strict';
import { dryRunMessage } from '../../../shared/host/dry-run.ts';

describe('dry-run dryRunMessage', () => {
  it('says what was planned, and where the plan is', () => {
    assert.equal(
      dryRunMessage('2 tags to set', '/a/plan.json'),
      'Dry run: 2 tags to set, nothing was pushed; the plan is /a/plan.json.',
    );
  });
});
