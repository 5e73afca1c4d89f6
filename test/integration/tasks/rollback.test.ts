import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { REPORT_TYPE } from '../../../shared/release-report/model.ts';
import type { StepResult } from '../../support/agent/step-finish.ts';
import type { Receipt } from '../../../tasks/PublishArtifacts/receipt.ts';
import { runPublish } from './support/stages.ts';
import { assertRefused, assertSucceeded, writesTo } from './support/expect.ts';
import { killedAfter } from './support/kill.ts';
import { filesLeft, readJson, taskLabs } from './support/labs.ts';
import type { Lab } from './support/labs.ts';
import { PUBLIC_PREFIX } from './support/stages.ts';
import { tagsIn } from './support/tree.ts';

/** The first tag of the release, made to point to something older before the publish. */
const MOVED = 'public/shop/web:latest';

function rollBack(
  lab: Lab,
  inputs: Readonly<Record<string, string>> = {},
  step = {},
): Promise<StepResult> {
  const nothing = { imageInfo: '', sourceRegistry: '', sourceRepositoryPrefix: '' };
  return runPublish({
    ...{ agent: lab.agent, source: '', target: lab.target.host, step },
    inputs: {
      ...nothing,
      rollbackReceipt: join(lab.agent.temp, 'image-info-final/receipt.json'),
      ...inputs,
    },
  });
}

describe('PublishArtifacts rollback of a publish', () => {
  const labs = taskLabs();
  after(() => labs.dispose());

  /** A published release, one of whose tags pointed to another image before. */
  async function published(
    settings: { readonly deleteEnabled?: boolean } = {},
  ): Promise<{ readonly lab: Lab; readonly before: Readonly<Record<string, string>> }> {
    const lab = await labs.open('signed', { target: settings });
    assertSucceeded(await lab.publish());
    const { tags, manifests } = lab.target.store.open('public/shop/web');
    const other = [...manifests.keys()].find((digest) => digest !== tags.get('latest'));
    assert.ok(other !== undefined);
    tags.clear();
    tags.set('latest', other);
    const before = tagsIn(lab.target.store, PUBLIC_PREFIX);
    // A publish of its own: the agent empties this folder between jobs.
    await rm(join(lab.agent.temp, 'image-info-final'), { recursive: true });
    assertSucceeded(await lab.publish());
    lab.target.resetRequests();
    return { lab, before };
  }

  it('leaves the tags as they were', async () => {
    const { lab, before } = await published();
    const step = await rollBack(lab, { artifactName: 'undone' });
    assertSucceeded(step);
    assert.deepEqual(tagsIn(lab.target.store, PUBLIC_PREFIX), before);
    const record = join(lab.agent.temp, 'image-info-final/rollback.json');
    assert.equal(step.outputs['receiptPath'], record);
    assert.deepEqual(step.uploads, ['undone-rollback']);
    const { tags } = (await readJson(record)) as { readonly tags: readonly { outcome: string }[] };
    assert.ok(tags.some(({ outcome }) => outcome === 'deleted'));
    assert.deepEqual(
      step.attachments.map(({ type, name }) => [type, name]),
      [
        [REPORT_TYPE, 'publish'],
        ['Distributedtask.Core.Summary', 'Rollback.md'],
      ],
    );
    assert.match(step.attachments[0]?.content ?? '', /"undone":"20/);
    assert.match(step.summaries[0]?.content ?? '', /^Put 1 tag back, deleted 5, kept \d+\./);
  });

  it('names what a registry that does not delete keeps', async () => {
    const { lab, before } = await published({ deleteEnabled: false });
    const step = await rollBack(lab);
    assertSucceeded(step);
    const after = tagsIn(lab.target.store, PUBLIC_PREFIX);
    assert.equal(after[MOVED], before[MOVED]);
    const [warning] = step.issues;
    assert.match(
      warning?.message ?? '',
      /public\/shop\/web:\S+ did not exist before and is still there/,
    );
  });

  it('warns when there is nothing to put back', async () => {
    const { lab } = await published();
    assertSucceeded(await rollBack(lab));
    const step = await rollBack(lab);
    assertSucceeded(step);
    assert.match(step.issues[0]?.message ?? '', /^No tag differs from where it was before/);
    assert.equal(step.issues.length, 1);
  });

  it('warns of a tag that it leaves where somebody else has set it', async () => {
    const { lab } = await published();
    const path = join(lab.agent.temp, 'image-info-final/receipt.json');
    const receipt = (await readJson(path)) as Receipt;
    const tags = receipt.tags.map(({ setAt, ...entry }) =>
      setAt === undefined || MOVED.endsWith(`${entry.repository}:${entry.tag}`)
        ? entry
        : { ...entry, setAt },
    );
    await writeFile(path, JSON.stringify({ ...receipt, tags }));
    const { tags: now, manifests } = lab.target.store.open('public/shop/web');
    const { digest, previousDigest } =
      tags.find(({ repository, tag }) => MOVED === `${repository}:${tag}`) ?? {};
    const elsewhere = [...manifests.keys()].find((one) => one !== digest && one !== previousDigest);
    assert.ok(elsewhere !== undefined);
    now.set('latest', elsewhere);
    const step = await rollBack(lab);
    assertSucceeded(step);
    assert.match(
      step.issues[0]?.message ?? '',
      /public\/shop\/web:latest is left where it is, sha256:[0-9a-f]+: the publish did not set it/,
    );
    assert.equal(now.get('latest'), elsewhere);
  });

  it('needs no right to write for a dry run, and changes nothing', async () => {
    const { lab } = await published();
    const tags = tagsIn(lab.target.store, PUBLIC_PREFIX);
    const step = await rollBack(lab, { dryRun: 'true' });
    assertSucceeded(step);
    assert.match(step.completions[0]?.message ?? '', /^Dry run: 1 tag to put back, \d+ to delete/);
    assert.deepEqual(writesTo(lab.target), []);
    assert.deepEqual(tagsIn(lab.target.store, PUBLIC_PREFIX), tags);
    assert.ok((await filesLeft(lab)).includes('image-info-final/rollback-plan.json'));
  });

  it('that was killed goes on where it was, and ends the same', async () => {
    const { lab, before } = await published();
    const calm = await published();
    assertSucceeded(await rollBack(calm.lab));
    const requests = calm.lab.target.requests.length;
    for (const moment of [requests - 10, requests - 4]) {
      await killedAfter(moment, lab.target, (step) => rollBack(lab, {}, step));
      lab.target.resetRequests();
    }
    assertSucceeded(await rollBack(lab));
    assert.deepEqual(tagsIn(lab.target.store, PUBLIC_PREFIX), before);
  });

  it('that fails at a tag keeps the record of the others, and can be run again', async () => {
    const { lab, before } = await published();
    const match = { method: 'DELETE', path: '/shop/web/', nth: 3, times: 1000 };
    lab.target.addFault({ match, action: { kind: 'status', status: 413 } });
    const record = join(lab.agent.temp, 'image-info-final/rollback.json');
    assertRefused(await rollBack(lab), { code: 'CONTENT_TOO_LARGE', says: ['public/shop/web'] });
    const { tags } = (await readJson(record)) as { readonly tags: readonly object[] };
    assert.ok(tags.length > 0);
    lab.target.clearFaults();
    assertSucceeded(await rollBack(lab));
    assert.deepEqual(tagsIn(lab.target.store, PUBLIC_PREFIX), before);
  });

  it('is refused when a tag has moved since', async () => {
    const { lab, before } = await published();
    const { tags } = lab.target.store.open('public/shop/web');
    const [elsewhere] = [...lab.target.store.open('public/shop/web').manifests.keys()].filter(
      (digest) => digest !== tags.get('latest') && digest !== before[MOVED],
    );
    assert.ok(elsewhere !== undefined);
    tags.set('latest', elsewhere);
    const step = await rollBack(lab);
    assertRefused(step, { code: 'TAG_MOVED', says: [MOVED, elsewhere] });
    assert.deepEqual(writesTo(lab.target), []);
  });
});
