import assert from 'node:assert/strict';
import { repositoryAt } from '../../../../shared/oci/reference.ts';
import type { Digest } from '../../../../shared/oci/digest.ts';
import { planSummary, renderPlan } from '../../../../tasks/PublishArtifacts/report.ts';
import { pushImage } from '../../../support/release.ts';
import { TARGET, aRelease } from './support.ts';
import type { Release } from './support.ts';

const OUTPUT = '/temp/image-info-final/image-info.json';
const RECEIPT = '/temp/image-info-final/receipt.json';
const CONTENT = { phase: 'content' } as const;
const TAGS = { phase: 'tags' } as const;

/** Publishes the content of a release in so many jobs, one after another; all of them write to one registry. */
async function publishContent(total: number): Promise<Release> {
  const last = await aRelease({ slice: { position: total, total } });
  for (let position = 1; position < total; position += 1) {
    const job = await aRelease({ slice: { position, total }, registry: last.registry });
    await job.publish(CONTENT);
  }
  await last.publish(CONTENT);
  return aRelease({ registry: last.registry });
}

/** Manifests and blobs of a place, by their names below it. */
function contentAt({ registry }: Release, place: string): readonly string[] {
  const held = registry.snapshot().filter((line) => line.startsWith(place));
  return held.filter((line) => !line.includes('->')).map((line) => line.slice(place.length));
}

describe('PublishArtifacts phases', () => {
  it('of content copies everything and sets no tag', async () => {
    const release = await aRelease();
    const { manifests, tags, receipt } = await release.publish(CONTENT);
    assert.deepEqual({ manifests, tags, receipt }, { manifests: 8, tags: 0, receipt: undefined });
    assert.deepEqual(release.registry.tags(TARGET.registry), {});
    assert.ok(!release.files.contents.has(OUTPUT));
    assert.ok(!release.files.contents.has(RECEIPT));
    const asked = release.registry.reads.filter((name) => name.startsWith('resolve public'));
    assert.ok(asked.every((name) => name.includes('@')));
  });

  for (const total of [1, 2, 3, 5]) {
    it(`in ${total} jobs, then tags, end as one step does, and nothing is written twice`, async () => {
      const release = await publishContent(total);
      const { tags, manifests } = await release.publish(TAGS);
      assert.deepEqual({ tags, manifests }, { tags: 6, manifests: 0 });
      assert.deepEqual(
        contentAt(release, 'public.example/'),
        contentAt(release, 'build.example/run/1/'),
      );
      assert.equal(Object.keys(release.registry.tags(TARGET.registry)).length, 6);
      const names = release.registry.writes.flatMap(({ kind, name }) =>
        kind === 'blob' ? [] : [name],
      );
      assert.equal(new Set(names).size, names.length);
      assert.ok(release.files.contents.has(OUTPUT));
    });
  }

  it('of tags refuses while a slice is missing, names what is, and sets nothing', async () => {
    const first = await aRelease({ slice: { position: 1, total: 2 } });
    await first.publish(CONTENT);
    const release = await aRelease({ registry: first.registry });
    await assert.rejects(release.publish(TAGS), {
      code: 'CONTENT_NOT_FOUND',
      message:
        /^2 manifests of 8 are not at the target yet; no tag was set:\n {2}public\.example\/tools\/probe@sha256:[0-9a-f]+ \(platform\)\n {2}.* \(referrer\)$/,
    });
    assert.deepEqual(release.registry.tags(TARGET.registry), {});
  });

  it('of tags asks for each child of a list, whatever the list says', async () => {
    const release = await aRelease();
    await release.publish(CONTENT);
    const repository = repositoryAt(TARGET, 'app');
    const child = (await release.plan(TAGS)).content[0]?.find(({ repo }) => repo === 'app')?.digest;
    release.registry.remove(repository, child ?? ('' as Digest));
    await assert.rejects(release.plan(TAGS), {
      code: 'CONTENT_NOT_FOUND',
      message: /^2 manifests of 8 are not at the target yet/,
    });
  });

  it('of tags asks for each signature', async () => {
    const release = await aRelease();
    await release.publish(CONTENT);
    const content = (await release.plan(TAGS)).content.flat();
    const signature = content.find(({ what, repo }) => what === 'referrer' && repo === 'app');
    assert.ok(signature);
    release.registry.remove(repositoryAt(TARGET, 'app'), signature.digest);
    await assert.rejects(release.plan(TAGS), {
      code: 'CONTENT_NOT_FOUND',
      message:
        /^1 manifest of 8 is not at the target yet; no tag was set:\n {2}public\.example\/app@sha256:[0-9a-f]+ \(referrer\)$/,
    });
  });

  it('of tags can be tried out before anything is copied', async () => {
    const release = await aRelease();
    const plan = await release.plan({ ...TAGS, dryRun: true });
    assert.deepEqual(plan.warnings, [
      '8 manifests of 8 are not at the target yet: tags are set once the phase content has copied every slice.',
    ]);
    assert.equal(planSummary(plan), '8 manifests missing, 6 tags to set');
    assert.ok(renderPlan(plan).some((line) => /referrers +missing +with blobs of/.test(line)));
    assert.equal(plan.platformTags.length + plan.sharedTags.length, 6);
    const repository = repositoryAt(TARGET, 'app');
    const older = pushImage(release.registry, repository, { name: 'older' });
    release.registry.addManifest(repository, older, ['latest']);
    await assert.rejects(release.plan({ ...TAGS, dryRun: true, existingTags: 'fail' }), {
      code: 'TAG_EXISTS',
    });
  });

  it('of content refuses tags that must not exist, before it writes', async () => {
    const release = await aRelease({ slice: { position: 2, total: 2 } });
    const repository = repositoryAt(TARGET, 'app');
    const older = pushImage(release.registry, repository, { name: 'older' });
    release.registry.addManifest(repository, older, ['latest']);
    await assert.rejects(release.publish({ ...CONTENT, existingTags: 'fail' }), {
      code: 'TAG_EXISTS',
    });
    assert.deepEqual(release.registry.writes, []);
  });

  it('of content passes the gate for the whole release, not for its slice alone', async () => {
    const isProbe = (repo: string): boolean => repo.startsWith('tools');
    const signed = await aRelease();
    const unsigned = signed.info.repos.find(({ repo }) => isProbe(repo))?.images[0]?.platforms[0];
    const release = await aRelease({
      slice: { position: 1, total: 2 },
      signs: (digest) => unsigned?.digest.endsWith(digest) !== true,
    });
    await assert.rejects(release.publish(CONTENT), { code: 'SIGNATURE_MISSING' });
    assert.deepEqual(release.registry.writes, []);
  });
});
