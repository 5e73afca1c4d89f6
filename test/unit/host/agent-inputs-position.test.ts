import '../../support/host/quiet-agent.ts';
import assert from 'node:assert/strict';
import { jobPosition } from '../../../shared/host/agent-inputs.ts';

const NAMES = ['SYSTEM_JOBPOSITIONINPHASE', 'SYSTEM_TOTALJOBSINPHASE'] as const;

describe('agent-inputs jobPosition', () => {
  const before = NAMES.map((name) => process.env[name]);

  function setBoth(values: readonly (string | undefined)[]): void {
    NAMES.forEach((name, index) => {
      const value = values[index];
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    });
  }

  afterEach(() => {
    setBoth(before);
  });

  const jobs = [
    { values: ['1', '2'], position: { position: 1, total: 2 } },
    { values: ['10', '10'], position: { position: 10, total: 10 } },
    { values: [undefined, '2'], position: { position: 1, total: 2 } },
    { values: ['1', '1'], position: undefined },
    { values: ['1', undefined], position: undefined },
    { values: [undefined, undefined], position: undefined },
    { values: ['0', '2'], position: undefined },
    { values: ['3', '2'], position: undefined },
    { values: ['1.5', '2'], position: undefined },
    { values: ['1', '2.5'], position: undefined },
    { values: ['first', '2'], position: undefined },
    { values: ['1', 'all'], position: undefined },
  ];
  for (const { values, position } of jobs) {
    it(`takes ${values.map((value) => value ?? 'nothing').join(' of ')} for ${position === undefined ? 'the only job' : 'one of several'}`, () => {
      setBoth(values);
      assert.deepEqual(jobPosition(), position);
    });
  }
});
