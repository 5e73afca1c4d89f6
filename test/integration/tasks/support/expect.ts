import assert from 'node:assert/strict';
import type { StepResult } from '../../../support/agent/step-finish.ts';
import type { EmbeddedRegistry } from '../../../support/registry/registry.ts';
import { filesLeft } from './labs.ts';
import type { Lab } from './labs.ts';

/** Methods that change nothing. */
const READS: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/** Checks that a step succeeded and kept all rules; the failure shows what it printed. */
export function assertSucceeded(step: StepResult): void {
  assert.equal(step.result, 'Succeeded', step.lines.join('\n'));
  assert.deepEqual(step.violations, []);
  assert.equal(step.completions.length, 1);
}

/** What the one error of a step must say: its code, and texts or patterns that name the thing and what to do. */
export interface Complaint {
  readonly code: string;
  readonly says: readonly (string | RegExp)[];
}

/** Checks that a step failed with exactly one error that says all this. */
export function assertRefused(step: StepResult, { code, says }: Complaint): void {
  assert.equal(step.result, 'Failed', step.lines.join('\n'));
  assert.deepEqual(step.violations, []);
  assert.equal(step.completions.length, 1);
  const message = step.completions[0]?.message ?? '';
  assert.ok(message.startsWith(`${code}: `), message);
  for (const part of says) {
    const isSaid = typeof part === 'string' ? message.includes(part) : part.test(message);
    assert.ok(isSaid, `${String(part)} is not said in:\n${message}`);
  }
  const errors = step.issues.filter(({ type }) => type === 'error');
  assert.deepEqual(
    errors.map((error) => error.message),
    [message],
  );
}

/** Requests that may have changed a registry, such as `PUT /v2/app/manifests/1`. */
export function writesTo({ requests }: Pick<EmbeddedRegistry, 'requests'>): readonly string[] {
  return requests
    .filter(({ method }) => !READS.has(method))
    .map(({ method, path }) => `${method} ${path}`);
}

/** Checks that a step that failed early left nothing behind: no write at a registry, no file, no artifact. */
export async function assertUntouched(lab: Lab, step: StepResult): Promise<void> {
  assert.deepEqual(writesTo(lab.source), []);
  assert.deepEqual(writesTo(lab.target), []);
  assert.deepEqual(await filesLeft(lab), []);
  assert.deepEqual(step.uploads, []);
}
