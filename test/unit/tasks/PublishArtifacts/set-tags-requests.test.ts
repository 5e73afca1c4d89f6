import assert from 'node:assert/strict';
import { formatRepository, repositoryAt } from '../../../../shared/oci/reference.ts';
import type { Repository } from '../../../../shared/oci/reference.ts';
import type { CopyRequest } from '../../../../shared/ports/registry.ts';
import type { Inputs } from '../../../../tasks/PublishArtifacts/inputs.ts';
import { planPublish } from '../../../../tasks/PublishArtifacts/plan.ts';
import { setTags } from '../../../../tasks/PublishArtifacts/set-tags.ts';
import { imageOf, pushImage } from '../../../support/release.ts';
import { QUIET, TARGET, aRelease, digestsOfApp, inputsOf } from './support.ts';
import type { Release } from './support.ts';

const APP = repositoryAt(TARGET, 'app');

interface Asked {
  readonly resolved: readonly string[];
  readonly tagged: readonly (CopyRequest & { readonly tag: string })[];
}

/** What is asked of the target to set the tags of a release, of which the content is there. */
async function requestsOf(
  release: Release,
  changes: Partial<Inputs> = {},
  onRead: (name: string) => void = () => undefined,
): Promise<Asked> {
  const { registry, files } = release;
  const inputs = inputsOf(changes);
  const facts = await release.gather(changes);
  const plan = planPublish(facts, inputs);
  const tagged: (CopyRequest & { readonly tag: string })[] = [];
  registry.reads.length = 0;
  registry.beforeRead = onRead;
  const writers = {
    ...{ files, ...QUIET },
    registry: {
      resolveTag: async (repository: Repository, tag: string, signal: AbortSignal) =>
        registry.resolveTag(repository, tag, signal),
      tagCopied: async (request: CopyRequest, tag: string) => {
        await Promise.resolve();
        tagged.push({ ...request, tag });
      },
    },
  };
  const context = { nodes: facts.nodes, inputs, now: facts.now };
  await setTags(plan, context, { writers, signal: new AbortController().signal });
  return { resolved: [...registry.reads], tagged };
}

describe('PublishArtifacts setTags, what it asks of the target', () => {
  for (const copyMethod of ['auto', 'stream'] as const) {
    it(`says where lost content is copied from again, as copyMethod ${copyMethod} copies it`, async () => {
      const { tagged } = await requestsOf(await aRelease(), { copyMethod });
      const latest = tagged.find(({ tag }) => tag === 'latest');
      assert.ok(latest);
      assert.equal(formatRepository(latest.from), 'build.example/run/1/app');
      assert.equal(formatRepository(latest.to), 'public.example/app');
      assert.equal(latest.mount, copyMethod === 'auto');
    });
  }

  it('looks again only at the tags that it moves, once', async () => {
    const release = await aRelease();
    release.registry.addManifest(APP, pushImage(release.registry, APP, { name: 'older' }), [
      'latest',
    ]);
    assert.deepEqual((await requestsOf(release)).resolved, ['resolve public.example/app:latest']);
  });

  it('looks at all tags that must not exist, and again before the shared ones', async () => {
    const { resolved } = await requestsOf(await aRelease(), { existingTags: 'fail' });
    assert.equal(resolved.length, 8);
    assert.deepEqual(
      [...resolved.slice(-2)].sort(),
      ['1.0', 'latest'].map((tag) => `resolve public.example/app:${tag}`),
    );
  });

  it('does not mind that somebody set a tag to the very digest meanwhile', async () => {
    const release = await aRelease();
    const { list } = digestsOfApp(release.info);
    const older = pushImage(release.registry, APP, { name: 'older' });
    release.registry.addManifest(APP, older, ['latest']);
    const facts = await release.gather();
    const manifest = facts.nodes.get(`app@${list}`)?.document;
    assert.ok(manifest);
    const { tagged } = await requestsOf(release, {}, () => {
      release.registry.addManifest(APP, manifest, ['latest']);
    });
    assert.equal(tagged.length, 6);
  });

  it('sets nothing anew of a release whose tags are all there', async () => {
    const release = await aRelease();
    await release.publish();
    const { resolved, tagged } = await requestsOf(release, { existingTags: 'fail' });
    assert.deepEqual({ resolved, tagged }, { resolved: [], tagged: [] });
  });

  it('tells of one tag as of one', async () => {
    const release = await aRelease({
      document: (info) => ({
        ...info,
        repos: [{ repo: 'app', images: [{ ...imageOf(info, 'app') }] }],
      }),
    });
    const older = pushImage(release.registry, APP, { name: 'older' });
    const { list, platforms } = digestsOfApp(release.info);
    const facts = await release.gather();
    for (const digest of platforms) {
      const manifest = facts.nodes.get(`app@${digest}`)?.document;
      assert.ok(manifest);
      const [tag] = facts.digests.find((one) => one.digest === digest)?.tags ?? [];
      if (digest !== platforms[0]) release.registry.addManifest(APP, manifest, [tag ?? '']);
    }
    let asked = 0;
    const onRead = (name: string): void => {
      asked += 1;
      if (asked > 3 && name.includes(':latest')) {
        release.registry.addManifest(APP, older, ['latest']);
      }
    };
    await assert.rejects(requestsOf(release, { existingTags: 'fail' }, onRead), {
      code: 'TAG_MOVED',
      message: new RegExp(
        `; 1 tag of the release is set, as the receipt says:\\n {2}app:latest was absent, is ${older.descriptor.digest}$`,
      ),
    });
    assert.ok(list !== older.descriptor.digest);
  });
});
