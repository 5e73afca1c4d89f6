import assert from 'node:assert/strict';
import { assertSucceeded, writesTo } from './support/expect.ts';
import { taskLabs } from './support/labs.ts';

describe('PublishArtifacts in one of several jobs', () => {
  const labs = taskLabs();
  after(() => labs.dispose());

  const env = { SYSTEM_JOBPOSITIONINPHASE: '2', SYSTEM_TOTALJOBSINPHASE: '4' };
  const cases = [
    { phase: 'all', warnings: 1 },
    { phase: 'content', warnings: 0 },
  ];
  for (const { phase, warnings } of cases) {
    it(`${warnings === 0 ? 'does not warn' : 'warns'} in the phase ${phase} that each of them publishes everything`, async () => {
      const lab = await labs.open('signed');
      const step = await lab.publish({ inputs: { phase, dryRun: 'true' }, step: { env } });
      assertSucceeded(step);
      const told = step.issues.filter(({ message }) =>
        message.startsWith('This is one of 4 jobs, and each of them publishes everything'),
      );
      assert.equal(told.length, warnings);
      assert.deepEqual(writesTo(lab.target), []);
    });
  }
});
