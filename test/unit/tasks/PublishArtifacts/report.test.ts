import assert from 'node:assert/strict';
import { shortDigest } from '../../../../shared/oci/digest.ts';
import { repositoryAt } from '../../../../shared/oci/reference.ts';
import {
  planSummary,
  publishedImages,
  publishedTags,
  renderDone,
  renderPlan,
  summary,
} from '../../../../tasks/PublishArtifacts/report.ts';
import { pushImage } from '../../../support/release.ts';
import { TARGET, VERIFIED, aRelease, digestsOfApp } from './support.ts';

describe('PublishArtifacts report', () => {
  it('prints the gate, the content, and each tag with what it pointed to before', async () => {
    const release = await aRelease();
    const repository = repositoryAt(TARGET, 'app');
    const older = pushImage(release.registry, repository, { name: 'older' });
    release.registry.addManifest(repository, older, ['latest']);
    const plan = await release.plan({ gate: VERIFIED });
    const lines = renderPlan(plan);
    const list = shortDigest(digestsOfApp(release.info).list);
    assert.deepEqual(lines.slice(0, 2), [
      'Gate: every digest has a signature that verifies.',
      'Content: 3 platform images (0 already there), 1 manifest list (0 already there), 4 referrers (0 already there).',
    ]);
    assert.deepEqual(lines.slice(2, 5), [
      'repository                  platforms  lists  referrers  to copy  with blobs of',
      'public.example/app          2          1      3          6        0.0 MB',
      'public.example/tools/probe  1          0      1          2        0.0 MB',
    ]);
    assert.match(lines[5] ?? '', /^step +tag +digest +before$/);
    assert.deepEqual(lines.slice(-2), [
      `set   public.example/app:1.0          ${list}  absent`,
      `set   public.example/app:latest       ${list}  ${shortDigest(older.descriptor.digest)}`,
    ]);
    assert.equal(planSummary(plan), '8 manifests to copy, 6 tags to set');
  });

  it('says what stays where it is', async () => {
    const release = await aRelease();
    await release.publish({ output: '/temp/another-run/image-info.json' });
    const plan = await release.plan({ gate: { kind: 'none' } });
    const list = shortDigest(digestsOfApp(release.info).list);
    const lines = renderPlan(plan);
    assert.equal(lines[0], 'Gate: signatures were not asked for.');
    assert.equal(lines.at(-1), `keep  public.example/app:latest       ${list}  ${list}`);
    assert.equal(planSummary(plan), '0 manifests to copy, 0 tags to set');
  });

  it('says what was done and what it took', async () => {
    const release = await aRelease();
    const plan = await release.plan();
    const done = await release.publish();
    const usage = { elapsedMs: 1500, requests: 90, peakMemoryBytes: 80_000_000 };
    const counts = { present: 4, mounted: 0, uploaded: 12, uploadedBytes: 2_340_000, imported: 3 };
    assert.deepEqual(
      renderDone(
        { ...done, counts },
        { usage, receiptPath: '/temp/image-info-final/receipt.json' },
      ),
      [
        'Copied 8 manifests; of their blobs 12 were streamed (2.3 MB), 0 mounted, 4 already there; 3 images imported by the registry.',
        'Set 6 tags; the receipt is /temp/image-info-final/receipt.json.',
        '1.5 s, 90 requests, 80 MB of memory at most',
      ],
    );
    assert.equal(publishedImages(plan), 4);
    assert.equal(publishedTags(plan), 6);
    assert.equal(summary(plan, done), 'Published 4 digests under 6 tags, 6 of them moved or new.');
  });
});
