import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { StepResult } from '../../support/agent/step-finish.ts';
import { contentLines } from '../../support/product/fingerprint.ts';
import { assertSucceeded } from './support/expect.ts';
import type { EmbeddedRegistry } from '../../support/registry/registry.ts';
import { filesLeft, taskLabs } from './support/labs.ts';
import type { Lab } from './support/labs.ts';
import { BUILD_PREFIX, PUBLIC_PREFIX } from './support/stages.ts';
import { holesIn } from './support/tree.ts';

/** Debug lines tell each request that was answered. */
const DEBUG = { agent: { debug: true } };

/** A point of a run: so many answers to requests of a kind; those that come later have to wait. */
interface Moment {
  readonly count: number;
  readonly method: 'GET' | 'PUT';
  readonly path: string;
}

/** Tells when the moment has come, by the debug lines of the requests that were answered. */
function afterAnswers({ count, method, path }: Moment): (line: string) => boolean {
  let seen = 0;
  return (line) =>
    line.startsWith(`##[debug]${method} `) &&
    line.includes(path) &&
    / 20[01]$/.test(line) &&
    ++seen === count;
}

/** Holds up all requests after the moment, so that the run cannot end before it is canceled. */
function holdUp(registry: EmbeddedRegistry, { count, method, path }: Moment): void {
  const match = { method, path, nth: count + 1, times: 1000 };
  registry.addFault({ match, action: { kind: 'delay', ms: 60_000 } });
}

const READ = { method: 'GET', path: '/manifests/' } as const;
const BLOB = { method: 'PUT', path: '/blobs/uploads/' } as const;
const MANIFEST = { method: 'PUT', path: '/manifests/' } as const;
const CREATE = { task: 'create', progress: 'built', side: 'source' } as const;
const RECEIPTS = ['image-info-final/receipt.json'];
const PUBLISH = { task: 'publish', progress: 'signed', side: 'target' } as const;

interface StoppedTask extends Moment {
  readonly task: 'create' | 'publish';
  readonly progress: 'built' | 'signed';
  readonly side: 'source' | 'target';
  readonly when: string;
  /** Besides the plan, what is left for the next attempt. */
  readonly receipts?: readonly string[];
}

const moments: readonly StoppedTask[] = [
  { ...CREATE, when: 'while it reads', count: 2, ...READ },
  { ...CREATE, when: 'after the first list', count: 1, ...MANIFEST },
  { ...CREATE, when: 'among the tags', count: 6, ...MANIFEST },
  { ...PUBLISH, side: 'source', when: 'while it reads', count: 8, ...READ },
  { ...PUBLISH, when: 'among the blobs', count: 3, ...BLOB },
  { ...PUBLISH, when: 'among the manifests', count: 5, ...MANIFEST },
  { ...PUBLISH, when: 'after the first tag', count: 25, ...MANIFEST, receipts: RECEIPTS },
  { ...PUBLISH, when: 'among the tags of platforms', count: 30, ...MANIFEST, receipts: RECEIPTS },
  { ...PUBLISH, when: 'among the shared tags', count: 36, ...MANIFEST, receipts: RECEIPTS },
];

/** Content of both registries, and image-info without the time that each run writes. */
async function outcomeOf(
  lab: Lab,
  step: StepResult,
): Promise<readonly (string | readonly string[])[]> {
  const imageInfo = await readFile(step.outputs['imageInfoPath'] ?? '', 'utf8');
  return [
    contentLines(lab.source.store),
    contentLines(lab.target.store),
    imageInfo.replace(/"created": "[^"]*"/g, ''),
  ];
}

describe('tasks cancellation', () => {
  const labs = taskLabs();
  after(() => labs.dispose());

  for (const { task, progress, side, when, receipts = [], ...moment } of moments) {
    it(`of ${task} ${when} leaves nothing that a second run does not set right`, async () => {
      const calm = await labs.open(progress);
      const lab = await labs.open(progress, DEBUG);
      holdUp(lab[side], moment);
      const stopped = await lab[task]({
        inputs: { artifactName: 'result' },
        step: { cancelWhen: afterAnswers(moment) },
      });
      assert.equal(stopped.result, 'Canceled', stopped.lines.slice(-5).join('\n'));
      assert.deepEqual(stopped.violations, []);
      assert.deepEqual(stopped.signals, ['SIGINT']);
      assert.deepEqual(
        stopped.completions.map(({ result }) => result),
        ['Canceled'],
      );
      assert.deepEqual(stopped.uploads, receipts.length > 0 ? ['result-unfinished'] : []);
      assert.equal(stopped.outputs['imageInfoPath'], undefined);
      assert.deepEqual(
        (await filesLeft(lab)).filter((file) => !file.endsWith('/plan.json')),
        receipts,
      );
      const view = { prefix: PUBLIC_PREFIX, referrersApi: true };
      assert.deepEqual(holesIn(lab.target.store, view), []);
      lab[side].clearFaults();
      const again = await lab[task]();
      assertSucceeded(again);
      assert.deepEqual(await outcomeOf(lab, again), await outcomeOf(calm, await calm[task]()));
    }).timeout(60_000);
  }

  it('of sign leaves signatures that a second run skips', async () => {
    const lab = await labs.open('created', DEBUG);
    const moment = { ...MANIFEST, count: 3 };
    holdUp(lab.source, moment);
    const stopped = await lab.sign({ step: { cancelWhen: afterAnswers(moment) } });
    assert.equal(stopped.result, 'Canceled');
    assert.deepEqual(stopped.violations, []);
    lab.source.clearFaults();
    const again = await lab.sign();
    assertSucceeded(again);
    const { signedCount = '', skippedCount = '' } = again.outputs;
    assert.ok(Number(skippedCount) >= 3, skippedCount);
    assert.equal(Number(signedCount) + Number(skippedCount), 12);
    const view = { prefix: BUILD_PREFIX, referrersApi: true };
    assert.deepEqual(holesIn(lab.source.store, view), []);
  });

  const outOfTime = [
    { task: 'create', progress: 'built', side: 'source', count: 1 },
    { task: 'sign', progress: 'created', side: 'source', count: 3 },
    { task: 'publish', progress: 'signed', side: 'target', count: 30 },
  ] as const;
  for (const { task, progress, side, count } of outOfTime) {
    it(`of ${task} by its time limit ends as the agent spells it, beside its error`, async () => {
      const lab = await labs.open(progress);
      holdUp(lab[side], { ...MANIFEST, count });
      const stopped = await lab[task]({ step: { timeoutMs: 5_000 } });
      // The agent takes the worse of its own word, Failed, and that of the task.
      assert.equal(stopped.result, 'Canceled');
      assert.deepEqual(
        stopped.completions.map(({ result }) => result),
        ['Canceled'],
      );
      assert.deepEqual(stopped.signals, ['SIGINT']);
      assert.deepEqual(stopped.violations, []);
      assert.deepEqual(
        stopped.issues.map(({ message }) => message),
        ['The task has timed out.'],
      );
      lab[side].clearFaults();
      assertSucceeded(await lab[task]());
    }).timeout(60_000);
  }
});
