import '../../support/host/quiet-agent.ts';
import assert from 'node:assert/strict';
import { parsed, problems } from '../../../shared/core/result.ts';
import { stepInputs } from '../../../shared/host/step-inputs.ts';

describe('stepInputs', () => {
  it('gives what the task makes of inputs and folders', () => {
    const seen = stepInputs((input, folders) => parsed([input.text('none'), folders.working]));
    assert.deepEqual(seen, ['', process.cwd()]);
  });

  it('tells every problem, however many there are: there is no folder yet for a file with the rest', () => {
    const found = Array.from({ length: 30 }, (_, n) => ({ path: `input${n}`, message: 'is bad' }));
    assert.throws(() => stepInputs(() => problems(found)), {
      code: 'INPUT_INVALID',
      message: `The task input has 30 problems:\n${found.map(({ path }) => `  ${path}: is bad`).join('\n')}`,
    });
  });
});
