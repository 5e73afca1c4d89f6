import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ROOT } from '../layout.ts';

/** A package of someone else of which code is in the extension. */
export interface ShippedPackage {
  /** Its folder below the repository, e.g. `node_modules/undici`. */
  readonly folder: string;
  readonly name: string;
  readonly version: string;
  /** Its licence as an SPDX expression, e.g. `MIT`. */
  readonly licence: string;
  /** The text of its licence, which travels with its code. */
  readonly licenceText: string;
}

/** Text and names under which packages keep their licence. */
const LICENCE_FILE = /^(licen[cs]e|copying)(\.(md|txt))?$/i;

/** `node_modules/a/node_modules/@b/c` of `node_modules/a/node_modules/@b/c/index.js`; absent for a file of ours. */
export function packageFolder(source: string): string | undefined {
  const path = source.replaceAll('\\', '/');
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0];
}

/**
 * The packages that bundles were made from, sorted by name and version.
 *
 * @throws Error when a package tells no licence or brings no text of it: it may not be shipped
 */
export async function shippedPackages(
  sources: Iterable<string>,
): Promise<readonly ShippedPackage[]> {
  const folders = new Set([...sources].flatMap((source) => packageFolder(source) ?? []));
  const packages = await Promise.all([...folders].map(readPackage));
  return packages.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
}

function sortKey({ name, version, folder }: ShippedPackage): string {
  return [name, version, folder].join('\n');
}

async function readPackage(folder: string): Promise<ShippedPackage> {
  const path = join(ROOT, folder);
  const manifest = JSON.parse(await readFile(join(path, 'package.json'), 'utf8')) as {
    readonly name: string;
    readonly version: string;
    readonly license?: string;
  };
  const { name, version, license } = manifest;
  const file = (await readdir(path)).sort().find((one) => LICENCE_FILE.test(one));
  if (license === undefined || file === undefined) {
    throw new Error(
      `${name} ${version} is in a bundle, but ${dirname(folder)} has no licence of it`,
    );
  }
  const licenceText = await readFile(join(path, file), 'utf8');
  return { folder, name, version, licence: license, licenceText };
}
