import assert from 'node:assert/strict';
import { definite } from '../../../shared/core/errors.ts';
import type { StepResult } from '../../support/agent/step-finish.ts';

/** A step that did its work and broke none of our rules. */
export function assertSucceeded(step: StepResult): void {
  const log = step.lines.slice(-20).join('\n');
  assert.equal(step.result, 'Succeeded', log);
  assert.deepEqual(step.violations, [], log);
}

/** A step that failed as a task does when the user must act; gives its message. */
export function assertRefused(step: StepResult, code: string): string {
  const message = definite(step.completions[0], 'the completion').message;
  assert.equal(step.result, 'Failed', message);
  assert.deepEqual(step.violations, []);
  assert.ok(message.startsWith(`${code}: `), message);
  return message;
}
