import assert from 'node:assert/strict';
import { definite } from '../../../../shared/core/errors.ts';
import { executePlan } from '../../../../tasks/PublishArtifacts/execute.ts';
import type { Done, Writers } from '../../../../tasks/PublishArtifacts/execute.ts';
import type { Inputs } from '../../../../tasks/PublishArtifacts/inputs.ts';
import { planPublish } from '../../../../tasks/PublishArtifacts/plan.ts';
import { nodeKey } from '../../../../tasks/PublishArtifacts/source-graph.ts';
import type { Plan } from '../../../../tasks/PublishArtifacts/steps.ts';
import { repositoryAt } from '../../../../shared/oci/reference.ts';
import { QUIET, TARGET, aRelease, digestsOfApp, inputsOf } from './support.ts';
import type { Release } from './support.ts';

interface Executed {
  readonly plan: Plan;
  readonly done: Done;
}

async function execute(
  release: Release,
  writers: Partial<Writers>,
  changes: Partial<Inputs> = {},
): Promise<Executed> {
  const { registry, files, gather } = release;
  const inputs = inputsOf(changes);
  const facts = await gather(changes);
  const plan = planPublish(facts, inputs);
  const context = { nodes: facts.nodes, inputs, now: facts.now };
  const tools = { writers: { registry, files, ...QUIET, ...writers } };
  const { signal } = new AbortController();
  return { plan, done: await executePlan(plan, context, { ...tools, signal }) };
}

describe('PublishArtifacts executePlan where the target imports', () => {
  it('lets it import platforms, and copies lists and referrers', async () => {
    const release = await aRelease();
    const { signal } = new AbortController();
    const imported: string[] = [];
    const importer: Writers['importer'] = {
      async importManifest({ digest, from, to }) {
        imported.push(digest);
        const manifest = await release.registry.getManifest(from, digest, signal);
        assert.ok(manifest);
        await release.registry.copyManifest({ manifest, from, to, mount: true }, signal);
        return { kind: 'imported' };
      },
    };
    const { plan, done } = await execute(release, { importer });
    const platforms = plan.content.flat().filter(({ what }) => what === 'platform');
    assert.deepEqual(
      imported.toSorted(),
      platforms.map(({ digest }) => digest as string).toSorted(),
    );
    assert.equal(done.counts.imported, 3);
    assert.equal(done.manifests, 8);
    assert.equal(done.tags, 6);
  });

  it('streams what it does not import, and says why', async () => {
    const release = await aRelease();
    const lines: string[] = [];
    const importer: Writers['importer'] = {
      importManifest: async () => Promise.resolve({ kind: 'stream', reason: 'it is shy.' }),
    };
    const log = { info: (line: string) => void lines.push(line) };
    const { done } = await execute(release, { importer, log });
    assert.equal(done.counts.imported, 0);
    assert.equal(lines.length, 3);
    for (const line of lines)
      assert.match(line, /^Streaming build\.example\/run\/1\/.*: it is shy/);
  });
});

describe('PublishArtifacts executePlan and what content needs', () => {
  it('puts a list as soon as its platforms are there: it does not wait for those of others', async () => {
    const { registry, ...release } = await aRelease();
    const facts = await release.gather();
    const steps = planPublish(facts, inputsOf()).content.flat();
    const list = steps.find(({ what }) => what === 'list');
    assert.ok(list);
    const { children } = definite(facts.nodes.get(nodeKey(list.repo, list.digest)), 'the list');
    const other = steps.find(
      ({ what, digest }) => what === 'platform' && !children.includes(digest),
    );
    assert.ok(other);
    let tell = (): void => undefined;
    const listIsThere = new Promise<void>((resolve) => (tell = resolve));
    const copy = registry.copyManifest.bind(registry);
    const order: string[] = [];
    registry.copyManifest = async (request, signal) => {
      const { digest } = request.manifest.descriptor;
      if (digest === other.digest) await listIsThere;
      const counts = await copy(request, signal);
      order.push(digest);
      if (digest === list.digest) tell();
      return counts;
    };
    await execute({ registry, ...release }, {});
    const before = order.slice(0, order.indexOf(list.digest));
    assert.deepEqual(
      children.filter((child) => !before.includes(child)),
      [],
    );
    assert.ok(order.indexOf(other.digest) > order.indexOf(list.digest));
  });
});

describe('PublishArtifacts executePlan and its progress', () => {
  it('tells of each manifest that is copied and each tag that is set, and of nothing kept', async () => {
    const release = await aRelease();
    const told = { copied: 0, tagged: 0 };
    const progress: Writers['progress'] = {
      moved: () => undefined,
      copied: () => void (told.copied += 1),
      tagged: () => void (told.tagged += 1),
    };
    await execute(release, { progress });
    assert.deepEqual(told, { copied: 8, tagged: 6 });
    await execute(release, { progress });
    assert.deepEqual(told, { copied: 8, tagged: 6 });
  });
});

describe('PublishArtifacts executePlan with a registry to wait for', () => {
  const MIRROR = { registry: 'mirror.example', prefix: '' };

  it('does not call a publish complete that did not arrive there', async () => {
    const release = await aRelease();
    const place = { location: MIRROR, connection: undefined, scheme: undefined };
    await assert.rejects(execute(release, {}, { wait: { place, timeoutMs: 0 } }), {
      code: 'WAIT_TIMEOUT',
      message: /^6 tags did not appear at mirror\.example/,
    });
    const text = Buffer.from(
      release.files.contents.get('/temp/image-info-final/receipt.json') ?? [],
    );
    assert.ok(!('completedAt' in (JSON.parse(text.toString()) as object)));
    assert.ok(release.files.contents.has('/temp/image-info-final/image-info.json'));
    const { list } = digestsOfApp(release.info);
    assert.equal(release.registry.tags(TARGET.registry)['public.example/app:latest'], list);
  });

  it('tells what is published before it waits', async () => {
    const release = await aRelease();
    const { list } = digestsOfApp(release.info);
    const told: unknown[] = [];
    const onPublished: Writers['onPublished'] = async ({ tags, receipt }) => {
      const latest = release.registry.tags(TARGET.registry)['public.example/app:latest'];
      const hasFile = release.files.contents.has('/temp/image-info-final/image-info.json');
      told.push({ tags, latest, hasFile, completedAt: receipt?.completedAt });
      return Promise.resolve();
    };
    const place = { location: MIRROR, connection: undefined, scheme: undefined };
    const waiting = execute(release, { onPublished }, { wait: { place, timeoutMs: 0 } });
    await assert.rejects(waiting, { code: 'WAIT_TIMEOUT' });
    assert.deepEqual(told, [{ tags: 6, latest: list, hasFile: true, completedAt: undefined }]);
  });

  it('asks there for each tag, kept ones too', async () => {
    const release = await aRelease();
    await release.publish();
    const { registry } = release;
    const { signal } = new AbortController();
    const { platformTags, sharedTags } = await release.plan();
    for (const { repo, tag, digest } of [...platformTags, ...sharedTags]) {
      const manifest = await registry.getManifest(repositoryAt(TARGET, repo), digest, signal);
      assert.ok(manifest);
      registry.addManifest(repositoryAt(MIRROR, repo), manifest, [tag]);
    }
    registry.reads.length = 0;
    const place = { location: MIRROR, connection: undefined, scheme: undefined };
    await execute(release, {}, { wait: { place, timeoutMs: 0 } });
    const asked = registry.reads.filter((name) => name.startsWith('resolve mirror.example/'));
    assert.equal(asked.length, 6);
  });
});
