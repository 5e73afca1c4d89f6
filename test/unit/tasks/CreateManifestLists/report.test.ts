import assert from 'node:assert/strict';
import { shortDigest } from '../../../../shared/oci/digest.ts';
import {
  planSummary,
  renderDone,
  renderPlan,
} from '../../../../tasks/CreateManifestLists/report.ts';
import { aBuild } from './support.ts';

describe('CreateManifestLists report', () => {
  it('prints each list with its tags and platforms', async () => {
    const plan = await aBuild().plan();
    const [list] = plan.lists;
    assert.ok(list);
    const [amd64, arm64] = list.platforms.map(({ digest }) => shortDigest(digest));
    assert.deepEqual(renderPlan(plan), [
      `build.example/run/1/app ${list.digest}`,
      '  tags: 1.0, latest',
      `  linux/amd64 ${amd64 ?? ''}`,
      `  linux/arm64/v8 ${arm64 ?? ''}`,
    ]);
    assert.equal(planSummary(plan), '1 manifest list under 2 shared tags');
  });

  it('says what was done and what it took', () => {
    const usage = { elapsedMs: 2449, requests: 1813, peakMemoryBytes: 121_000_000 };
    assert.equal(
      renderDone({ lists: 207, tags: 516, copied: 0 }, usage),
      'Created 207 manifest lists under 516 shared tags (2.4 s, 1,813 requests, 121 MB of memory at most).',
    );
  });
});
