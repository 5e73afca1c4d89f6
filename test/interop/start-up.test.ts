import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { definite } from '../../shared/core/errors.ts';
import { TASKS } from '../../scripts/layout.ts';
import { createAgent } from '../support/agent/agent.ts';
import { bundleOf } from '../support/bundles.ts';
import { Measurements, medianOf } from './support/measurements.ts';

describe('start-up', function () {
  this.timeout(60_000);

  it('is measured for each bundle: time to the first line', async () => {
    const numbers = new Measurements();
    const folder = await mkdtemp(join(tmpdir(), 'start-up-'));
    for (const task of TASKS) {
      const times: number[] = [];
      for (let run = 0; run < 5; run += 1) {
        const agent = await createAgent({ root: folder });
        const { firstLineMs } = await agent.runStep({
          taskFolder: await bundleOf(task),
          inputs: {},
        });
        times.push(definite(firstLineMs, 'the time of the first line'));
      }
      numbers.add(`${task}, start to first line`, `${medianOf(times).toFixed(0)} ms`);
    }
    console.log(`\n${numbers.render()}\n`);
    await rm(folder, { recursive: true, force: true });
  });
});
