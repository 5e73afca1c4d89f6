import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { devTask, extensionOf } from '../../../scripts/flavour.ts';
import { ROOT, TASKS } from '../../../scripts/layout.ts';
import { schemaProblems } from '../../../scripts/manifests/schemas.ts';
import { readFlavour } from '../../../scripts/package.ts';

type Json = Readonly<Record<string, unknown>>;

async function readJson(...path: readonly string[]): Promise<Json> {
  return JSON.parse(await readFile(join(ROOT, ...path), 'utf8')) as Json;
}

describe('flavour extensionOf', () => {
  it('leaves the extension as it is for the marketplace', async () => {
    const manifest = await readJson('vss-extension.json');
    assert.deepEqual(extensionOf(manifest, {}), manifest);
  });

  it('changes only the publisher when one is given', async () => {
    const manifest = await readJson('vss-extension.json');
    assert.deepEqual(extensionOf(manifest, { publisher: 'contoso' }), {
      ...manifest,
      publisher: 'contoso',
    });
  });

  it('makes a private extension with an id, a name and a version of its own', async () => {
    const manifest = await readJson('vss-extension.json');
    const dev = extensionOf({ ...manifest, public: true }, { devBuild: 42 });
    assert.equal(dev['id'], 'container-image-release-dev');
    assert.equal(dev['name'], 'Container Image Release (dev)');
    assert.equal(dev['version'], `${String(manifest['version'])}.42`);
    assert.equal(dev['public'], false);
    assert.deepEqual(await schemaProblems('extension', dev), []);
  });
});

describe('flavour of the Images tab', () => {
  it('shows for runs of the real tasks and of those of the flavour', async () => {
    const manifest = await readJson('vss-extension.json');
    const tasks = await Promise.all(TASKS.map((task) => readJson('tasks', task, 'task.json')));
    const real = tasks.map(({ id }) => id);
    assert.deepEqual(supportedTasks(manifest), real);
    assert.deepEqual(supportedTasks(extensionOf(manifest, { devBuild: 42 })), [
      ...real,
      ...tasks.map((task) => devTask(task, 42)['id']),
    ]);
  });
});

/** The tasks for whose runs the tab shows. */
function supportedTasks({ contributions }: Json): unknown {
  const tab = (contributions as readonly Json[]).find(({ id }) => id === 'images-tab');
  return (tab?.['properties'] as Json)['supportsTasks'];
}

describe('flavour devTask', () => {
  it('makes tasks that can stand beside the real ones', async () => {
    const ids = new Set<unknown>();
    for (const task of TASKS) {
      const manifest = await readJson('tasks', task, 'task.json');
      const dev = devTask(manifest, 42);
      assert.deepEqual(await schemaProblems('task', dev), []);
      assert.equal(dev['name'], `${task}Dev`);
      assert.ok(String(dev['friendlyName']).length <= 40, String(dev['friendlyName']));
      assert.equal((dev['version'] as Json)['Patch'], 42);
      assert.equal((dev['version'] as Json)['Major'], (manifest['version'] as Json)['Major']);
      assert.deepEqual(dev['inputs'], manifest['inputs']);
      ids.add(manifest['id']).add(dev['id']);
    }
    assert.equal(ids.size, 2 * TASKS.length);
  });

  it('gives a task the same id in every build', async () => {
    const manifest = await readJson('tasks', 'SignImageInfo', 'task.json');
    assert.equal(devTask(manifest, 1)['id'], devTask(manifest, 2)['id']);
  });
});

describe('package readFlavour', () => {
  it('reads the number of a development build and the publisher', () => {
    assert.deepEqual(readFlavour([]), {});
    assert.deepEqual(readFlavour(['--dev', '42', '--publisher', 'contoso']), {
      devBuild: 42,
      publisher: 'contoso',
    });
  });

  for (const build of ['0', '-1', '1.2', 'x', '1234567890']) {
    it(`refuses the build ${build}`, () => {
      assert.throws(() => readFlavour([`--dev=${build}`]), /--dev takes the number of a build/);
    });
  }
});
