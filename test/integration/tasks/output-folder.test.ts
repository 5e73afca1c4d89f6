import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { assertRefused, assertUntouched } from './support/expect.ts';
import { taskLabs } from './support/labs.ts';

const steps = [
  { name: 'CreateManifestLists', from: 'built', run: 'create' },
  { name: 'SignImageInfo', from: 'created', run: 'sign' },
  { name: 'PublishArtifacts', from: 'signed', run: 'publish' },
] as const;

describe('an output that is a folder', () => {
  const labs = taskLabs();
  after(() => labs.dispose());

  for (const { name, from, run } of steps) {
    it(`is refused by ${name} before the work, not when all of it is done`, async () => {
      const lab = await labs.open(from);
      await mkdir(join(lab.agent.sources, 'results'));
      const step = await lab[run]({ inputs: { output: 'results' } });
      const says = ['output: is a folder: add the name of the file to write'];
      assertRefused(step, { code: 'INPUT_INVALID', says });
      await assertUntouched(lab, step);
    });
  }
});
