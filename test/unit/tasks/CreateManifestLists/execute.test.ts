import assert from 'node:assert/strict';
import { BugError, TaskError } from '../../../../shared/core/errors.ts';
import { serialiseImageInfo } from '../../../../shared/image-info/write.ts';
import { executePlan } from '../../../../tasks/CreateManifestLists/execute.ts';
import type { Done } from '../../../../tasks/CreateManifestLists/execute.ts';
import type { Plan } from '../../../../tasks/CreateManifestLists/plan.ts';
import { SMALL_RELEASE } from '../../../support/release.ts';
import { aBuild, inputsOf } from './support.ts';
import type { Build } from './support.ts';

const OUTPUT = inputsOf().output;

/** Two lists, so that one can fail while the other does not. */
const IMAGES = [
  ...SMALL_RELEASE,
  { repo: 'other', sharedTags: ['3', '3.1'], platforms: [{ name: 'other' }] },
];

async function execute(
  { registry, files }: Build,
  plan: Plan,
  signal = new AbortController().signal,
): Promise<Done> {
  return executePlan(plan, OUTPUT, { writers: { registry, files }, signal });
}

describe('CreateManifestLists executePlan', () => {
  it('puts every list under its first tag, then every other tag, then the file', async () => {
    const build = aBuild({ images: IMAGES });
    const plan = await build.plan();
    assert.deepEqual(await execute(build, plan), { lists: 2, tags: 4, copied: 0 });
    const { writes } = build.registry;
    assert.deepEqual(
      writes.map(({ name }) => name.slice('build.example/run/1/'.length)),
      ['app:1.0', 'other:3', 'app:latest', 'other:3.1'],
    );
    const [app, other] = plan.lists.map(({ digest }) => digest);
    assert.deepEqual(build.registry.tags(), {
      'build.example/run/1/app:1.0': app,
      'build.example/run/1/app:latest': app,
      'build.example/run/1/other:3': other,
      'build.example/run/1/other:3.1': other,
    });
    assert.deepEqual(build.files.contents.get(OUTPUT), serialiseImageInfo(plan.imageInfo));
  });

  it('changes nothing when executed again, nor when planned again from what it made', async () => {
    const build = aBuild({ images: IMAGES });
    const plan = await build.plan();
    await execute(build, plan);
    const before = build.registry.snapshot();
    await execute(build, plan);
    await execute(build, await build.plan());
    assert.deepEqual(build.registry.snapshot(), before);
  });

  it('carries out a plan that was kept as JSON', async () => {
    const build = aBuild({ images: IMAGES });
    const plan = await build.plan();
    await execute(build, JSON.parse(JSON.stringify(plan)) as Plan);
    assert.equal(Object.keys(build.registry.tags()).length, 4);
  });

  it('leaves the tags of a list that cannot be put, and the file', async () => {
    const build = aBuild({ images: IMAGES });
    const plan = await build.plan();
    build.registry.beforeWrite = ({ name }) => {
      if (name.includes('/other:')) throw new TaskError('REGISTRY_DENIED', 'no');
    };
    await assert.rejects(execute(build, plan), { code: 'REGISTRY_DENIED' });
    const tags = Object.keys(build.registry.tags());
    assert.ok(!tags.some((name) => name.includes('/other:')));
    assert.equal(build.files.contents.has(OUTPUT), false);
  });

  it('has put every list before any second tag, wherever a run is cancelled', async () => {
    const total = 4;
    for (let stop = 0; stop <= total; stop += 1) {
      const build = aBuild({ images: IMAGES });
      const plan = await build.plan();
      const controller = new AbortController();
      build.registry.beforeWrite = () => {
        if (build.registry.writes.length >= stop) {
          controller.abort();
          controller.signal.throwIfAborted();
        }
      };
      const done = execute(build, plan, controller.signal);
      if (stop < total) await assert.rejects(done, { name: 'AbortError' });
      else await done;
      const { writes } = build.registry;
      assert.equal(writes.length, stop);
      const lists = new Set(writes.map(({ digest }) => digest));
      assert.equal(lists.size, Math.min(stop, plan.lists.length));
      assert.equal(build.files.contents.has(OUTPUT), stop === total);
    }
  });

  it('takes it for a bug when a plan does not have the digest of its bytes', async () => {
    const build = aBuild();
    const plan = await build.plan();
    const changed = plan.lists.map((list) => ({ ...list, content: `${list.content} ` }));
    await assert.rejects(execute(build, { ...plan, lists: changed }), BugError);
    assert.deepEqual(build.registry.writes, []);
  });
});
