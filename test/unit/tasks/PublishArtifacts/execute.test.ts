import assert from 'node:assert/strict';
import { TaskError, definite } from '../../../../shared/core/errors.ts';
import { parseImageInfo } from '../../../../shared/image-info/parse.ts';
import { digestsOf } from '../../../../shared/image-info/select.ts';
import { executePlan } from '../../../../tasks/PublishArtifacts/execute.ts';
import { planPublish } from '../../../../tasks/PublishArtifacts/plan.ts';
import type { Plan } from '../../../../tasks/PublishArtifacts/steps.ts';
import { BUILD } from '../../../support/release.ts';
import { NOW } from '../../../support/signing.ts';
import { QUIET, aRelease, inputsOf } from './support.ts';
import type { Release } from './support.ts';

const OUTPUT = inputsOf().output;
const RECEIPT = '/temp/image-info-final/receipt.json';

/** Tags of the target as image-info gives them. */
function tagsOf({ info }: Release): Readonly<Record<string, string>> {
  const tags = digestsOf(info).flatMap(({ repo, digest, tags: names }) =>
    names.map((tag) => [`public.example/${repo}:${tag}`, digest] as const),
  );
  return Object.fromEntries(tags.toSorted());
}

function jsonOf({ files }: Release, path: string): unknown {
  return JSON.parse(Buffer.from(definite(files.contents.get(path), path)).toString());
}

describe('PublishArtifacts executePlan', () => {
  it('copies content, then sets tags of platforms, then shared tags', async () => {
    const release = await aRelease();
    const done = await release.publish();
    const { writes } = release.registry;
    const kinds = writes.map(({ kind }) => kind);
    assert.equal(kinds.lastIndexOf('manifest'), kinds.indexOf('tag') - 1);
    const tags = writes.filter(({ kind }) => kind === 'tag').map(({ name }) => name);
    assert.deepEqual(tags.slice(-2), ['public.example/app:1.0', 'public.example/app:latest']);
    assert.deepEqual(release.registry.tags('public.example'), tagsOf(release));
    assert.deepEqual({ manifests: done.manifests, tags: done.tags }, { manifests: 8, tags: 6 });
  });

  it('makes no digest that was not at the source', async () => {
    const release = await aRelease();
    const before = new Set(release.registry.snapshot().map((held) => held.split(' ').at(-1)));
    await release.publish();
    for (const held of release.registry.snapshot()) {
      assert.ok(before.has(held.split(' ').at(-1)), held);
    }
  });

  it('writes the final image-info and a receipt with the digests that tags had before', async () => {
    const release = await aRelease();
    await release.publish();
    const first = jsonOf(release, RECEIPT) as { tags: readonly object[] };
    assert.deepEqual(
      first.tags.map((entry) => 'previousDigest' in entry),
      first.tags.map(() => false),
    );
    const { receipt } = await release.publish();
    assert.ok(receipt !== undefined);
    assert.deepEqual(jsonOf(release, RECEIPT), receipt);
    assert.equal(receipt.publishedAt, NOW.toISOString());
    assert.equal(receipt.registry, 'public.example');
    assert.deepEqual(
      Object.fromEntries(
        receipt.tags
          .map(({ repository, tag, digest }) => [`public.example/${repository}:${tag}`, digest])
          .toSorted(),
      ),
      tagsOf(release),
    );
    assert.deepEqual(receipt.tags, first.tags);
    const final = parseImageInfo(definite(release.files.contents.get(OUTPUT), OUTPUT), OUTPUT);
    assert.deepEqual(final, { ok: true, value: release.info });
  });

  it('changes nothing when published again', async () => {
    const release = await aRelease();
    await release.publish();
    const before = release.registry.snapshot();
    release.registry.writes.length = 0;
    const { manifests, tags, counts } = await release.publish();
    assert.deepEqual({ manifests, tags }, { manifests: 0, tags: 0 });
    assert.deepEqual(counts, {
      present: 0,
      mounted: 0,
      uploaded: 0,
      uploadedBytes: 0,
      imported: 0,
    });
    assert.deepEqual(release.registry.writes, []);
    assert.deepEqual(release.registry.snapshot(), before);
  });

  it('changes nothing when one plan is executed twice, also from JSON', async () => {
    const { registry, files, gather } = await aRelease();
    const facts = await gather();
    const plan = planPublish(facts, inputsOf());
    const context = { nodes: facts.nodes, inputs: inputsOf(), now: facts.now };
    const writers = { registry, files, ...QUIET };
    const tools = { writers, signal: new AbortController().signal };
    const { receipt } = await executePlan(plan, context, tools);
    const before = registry.snapshot();
    const again = await executePlan(JSON.parse(JSON.stringify(plan)) as Plan, context, tools);
    assert.deepEqual(again.receipt, receipt);
    assert.deepEqual(again.counts, {
      present: 14,
      mounted: 0,
      uploaded: 0,
      uploadedBytes: 0,
      imported: 0,
    });
    assert.deepEqual(registry.snapshot(), before);
  });

  const methods = [
    { copyMethod: 'auto', does: 'mounts' },
    { copyMethod: 'stream', does: 'streams' },
  ] as const;
  for (const { copyMethod, does } of methods) {
    it(`${does} within one registry with copyMethod ${copyMethod}`, async () => {
      const release = await aRelease();
      const location = { registry: BUILD.registry, prefix: 'public' };
      const { counts } = await release.publish({
        target: { location, connection: undefined, scheme: undefined },
        copyMethod,
      });
      const { present, mounted, uploaded, uploadedBytes } = counts;
      assert.equal(present + mounted + uploaded, 14);
      assert.equal(mounted > 0, does === 'mounts');
      assert.equal(uploaded > 0, does === 'streams');
      assert.equal(uploadedBytes > 0, does === 'streams');
    });
  }

  it('sets no tag when content cannot be copied, wherever it fails', async () => {
    const total = await countContentWrites();
    for (let stop = 0; stop < total; stop += 1) {
      const release = await aRelease();
      release.registry.beforeWrite = () => {
        if (release.registry.writes.length >= stop) throw new TaskError('REGISTRY_DENIED', 'no');
      };
      await assert.rejects(release.publish(), { code: 'REGISTRY_DENIED' });
      assert.deepEqual(release.registry.tags('public.example'), {});
      assert.equal(release.files.contents.has(RECEIPT), false);
    }
  });

  it('leaves complete content behind each tag, wherever it is cancelled, and can go on from there', async () => {
    const total = (await countContentWrites()) + 6;
    for (let stop = 0; stop < total; stop += 1) {
      const release = await aRelease();
      const controller = new AbortController();
      release.registry.beforeWrite = () => {
        if (release.registry.writes.length < stop) return;
        controller.abort();
        controller.signal.throwIfAborted();
      };
      await assert.rejects(release.publish({}, controller.signal), { name: 'AbortError' });
      const { writes } = release.registry;
      const tags = writes.filter(({ kind }) => kind === 'tag');
      assert.equal(writes.length, stop);
      assert.equal(tags.length, Math.max(0, stop - (total - 6)));
      assert.equal(release.files.contents.has(OUTPUT), false);
      release.registry.beforeWrite = () => undefined;
      await release.publish();
      assert.deepEqual(release.registry.tags('public.example'), tagsOf(release));
    }
  });

  it('leaves shared tags where they are when a tag of a platform cannot be set', async () => {
    const release = await aRelease();
    release.registry.beforeWrite = ({ name }) => {
      if (name.endsWith(':2.0')) throw new TaskError('REGISTRY_DENIED', 'no');
    };
    await assert.rejects(release.publish(), { code: 'REGISTRY_DENIED' });
    const tags = Object.keys(release.registry.tags('public.example'));
    assert.ok(!tags.includes('public.example/app:latest'));
  });
});

/** Blobs and manifests that a publish of the release writes. */
async function countContentWrites(): Promise<number> {
  const release = await aRelease();
  await release.publish();
  return release.registry.writes.filter(({ kind }) => kind !== 'tag').length;
}
