import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { contentLines } from '../../support/product/fingerprint.ts';
import type { StepResult } from '../../support/agent/step-finish.ts';
import { assertSucceeded } from './support/expect.ts';
import { killedAfter, madeIn } from './support/kill.ts';
import { taskLabs } from './support/labs.ts';
import type { Lab } from './support/labs.ts';
import { partialBuild } from './support/partial-build.ts';
import { PUBLIC_PREFIX } from './support/stages.ts';

/** After how many requests of the build registry the process is killed: it reads, copies, and puts lists and tags. */
const MOMENTS = [1, 7, 20, 35, 50, 65, 80];

/** Takes what a job did not build from where it is published, and syndicates. */
async function create(lab: Lab, step = {}): Promise<StepResult> {
  const inputs = {
    ...{ manifest: 'manifest.json', missingPlatforms: 'import' },
    ...{ publishedRegistry: lab.target.host, publishedRepositoryPrefix: PUBLIC_PREFIX },
  };
  return lab.create({ inputs, step });
}

/** What the build registry holds, and the file without the time that each run writes. */
async function outcomeOf({ source }: Lab, { outputs }: StepResult): Promise<readonly unknown[]> {
  const file = await readFile(outputs['imageInfoPath'] ?? '', 'utf8');
  return [contentLines(source.store), file.replace(/"created": "[^"]*"/g, '')];
}

describe('CreateManifestLists killed', () => {
  const labs = taskLabs();
  after(() => labs.dispose());
  let undisturbed: readonly unknown[];

  before(async () => {
    const calm = await partialBuild(labs);
    calm.source.resetRequests();
    const step = await create(calm);
    assertSucceeded(step);
    undisturbed = await outcomeOf(calm, step);
    const total = calm.source.requests.length;
    assert.ok(
      total > Math.max(...MOMENTS) && total < Math.max(...MOMENTS) + 15,
      `${total} requests`,
    );
  });

  for (const moment of MOMENTS) {
    it(`after ${moment} requests ends the second time in the same content and the same file`, async () => {
      const lab = await partialBuild(labs);
      await killedAfter(moment, lab.source, (step) => create(lab, step));
      const again = await create(lab);
      assertSucceeded(again);
      assert.deepEqual(await outcomeOf(lab, again), undisturbed);
      const made = madeIn(lab.source);
      assert.equal(new Set(made).size, made.length);
    }).timeout(60_000);
  }
});
