import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { contentUuid } from './content-uuid.ts';
import { taskFolder, TASKS } from './layout.ts';

/** How a package differs from the one that the marketplace has. */
export interface Flavour {
  /** Who publishes it, when it is not the publisher of `vss-extension.json`. */
  readonly publisher?: string;
  /**
   * A number that grows with each build: makes a development flavour, which can be installed beside the real one
   * because its extension and its tasks have ids and names of their own.
   */
  readonly devBuild?: number;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * Turns a built extension folder into a flavour of it, e.g. extension `container-image-release-dev` 1.0.0.42 with the
 * task `SignImageInfoDev@1` 1.0.42.
 */
export async function applyFlavour(extensionDir: string, flavour: Flavour): Promise<void> {
  await rewrite(join(extensionDir, 'vss-extension.json'), (manifest) =>
    extensionOf(manifest, flavour),
  );
  const { devBuild } = flavour;
  if (devBuild === undefined) return;
  await Promise.all(
    TASKS.map((task) =>
      rewrite(join(extensionDir, taskFolder(task), 'task.json'), (manifest) =>
        devTask(manifest, devBuild),
      ),
    ),
  );
}

async function rewrite(path: string, change: (manifest: Json) => Json): Promise<void> {
  const manifest = JSON.parse(await readFile(path, 'utf8')) as Json;
  await writeFile(path, `${JSON.stringify(change(manifest), null, 2)}\n`);
}

/** vss-extension.json of a flavour. */
export function extensionOf(manifest: Json, { publisher, devBuild }: Flavour): Json {
  const published = publisher === undefined ? manifest : { ...manifest, publisher };
  if (devBuild === undefined) return published;
  return {
    ...published,
    id: `${String(manifest['id'])}-dev`,
    name: `${String(manifest['name'])} (dev)`,
    version: `${String(manifest['version'])}.${devBuild}`,
    public: false,
    contributions: (manifest['contributions'] as readonly Json[]).map(withDevTasks),
  };
}

/** A tab shows for runs of the tasks that it supports: those of the flavour beside the real ones, whose runs it can read. */
function withDevTasks(contribution: Json): Json {
  const properties = contribution['properties'] as Json;
  const tasks = properties['supportsTasks'] as readonly string[] | undefined;
  if (tasks === undefined) return contribution;
  return {
    ...contribution,
    properties: { ...properties, supportsTasks: [...tasks, ...tasks.map(devTaskId)] },
  };
}

/** The id of a task in a development flavour, the same in each build. */
function devTaskId(id: string): string {
  return contentUuid(`dev ${id}`);
}

/** task.json of a development flavour: agents keep a task until its version changes, so the build becomes its patch. */
export function devTask(manifest: Json, devBuild: number): Json {
  return {
    ...manifest,
    id: devTaskId(String(manifest['id'])),
    name: `${String(manifest['name'])}Dev`,
    friendlyName: `${String(manifest['friendlyName'])} (dev)`,
    version: { ...(manifest['version'] as Json), Patch: devBuild },
  };
}
