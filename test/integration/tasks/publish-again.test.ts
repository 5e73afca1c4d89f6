import assert from 'node:assert/strict';
import { assertRefused, assertSucceeded } from './support/expect.ts';
import { publishEarlier, taskLabs } from './support/labs.ts';

/** A folder that outlives a job, as on an agent of one's own. */
const LASTING = { output: 'artifacts/image-info.json', artifactName: 'image-info-final' };

describe('PublishArtifacts again', () => {
  const labs = taskLabs();
  after(() => labs.dispose());

  it('does not hand on the receipt of an earlier publish when it fails before its first tag', async () => {
    const lab = await labs.open('signed');
    const { target } = lab;
    publishEarlier(target);
    assertSucceeded(await lab.publish({ inputs: { ...LASTING, artifactName: 'first' } }));
    const { manifests } = target.store.open('public/shop/web');
    const lost = [...manifests.values()].find(({ subject }) => subject !== undefined);
    assert.ok(lost !== undefined);
    manifests.delete(lost.digest);
    for (const method of ['PUT', 'POST']) {
      target.addFault({ match: { method, times: 1000 }, action: { kind: 'status', status: 403 } });
    }
    const failed = await lab.publish({ inputs: LASTING });
    assertRefused(failed, { code: 'REGISTRY_DENIED', says: ['public/shop/web'] });
    assert.deepEqual(failed.uploads, []);
  }).timeout(60_000);
});
