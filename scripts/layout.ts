import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The repository. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** The tasks of the extension, in the order of a release. */
export const TASKS = ['CreateManifestLists', 'SignImageInfo', 'PublishArtifacts'] as const;

/** Where a task lies below the extension's root, e.g. `SignImageInfo/SignImageInfoV1`; version 2 goes beside it. */
export function taskFolder(task: string): string {
  return join(task, `${task}V1`);
}

/** The version of the product, e.g. `1.4.2`: package.json is its one source. */
export function productVersion(root: string): string {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly version: string;
  };
  return manifest.version;
}

/** Whether Node was started with the module of this URL, so that it acts and is not only imported. */
export function isMain(moduleUrl: string): boolean {
  return process.argv[1] !== undefined && moduleUrl === pathToFileURL(process.argv[1]).href;
}
