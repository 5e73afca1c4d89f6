import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { unzipSync, zipSync } from 'fflate';
import type { Zippable } from 'fflate';
import { buildExtension, EXTENSION_DIR } from './build.ts';
import { checkManifests } from './check-manifests.ts';
import { applyFlavour } from './flavour.ts';
import type { Flavour } from './flavour.ts';
import { isMain, productVersion, ROOT } from './layout.ts';

/** A package that was written. */
export interface Package {
  readonly path: string;
  readonly sizeBytes: number;
  /** Bytes of all files once they are unpacked on an agent. */
  readonly unpackedBytes: number;
}

/**
 * Packs a built extension folder into a `.vsix`; equal content gives equal bytes.
 *
 * @throws Error when tfx fails or warns: it only warns about broken tasks
 */
export async function packExtension(extensionDir: string, path: string): Promise<Package> {
  const scratch = await mkdtemp(join(tmpdir(), 'vsix-'));
  try {
    const draft = join(scratch, 'draft.vsix');
    await runTfx(extensionDir, draft);
    const files = unzipSync(await readFile(draft));
    const packed = zipSync(deterministic(files), { level: 9 });
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, packed);
    const unpackedBytes = Object.values(files).reduce((sum, { byteLength }) => sum + byteLength, 0);
    return { path, sizeBytes: packed.byteLength, unpackedBytes };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function runTfx(extensionDir: string, output: string): Promise<void> {
  const tfx = fileURLToPath(import.meta.resolve('tfx-cli/_build/tfx-cli.js'));
  const options = ['--manifests', 'vss-extension.json', '--no-prompt', '--no-color', '--json'];
  const child = spawn(
    process.execPath,
    [tfx, 'extension', 'create', '--root', extensionDir, '--output-path', output, ...options],
    { cwd: extensionDir, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const exit = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [said, complained, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    exit,
  ]);
  const all = `${said}${complained}`;
  if (code !== 0 || /warning/i.test(all))
    throw new Error(`tfx did not accept the extension:\n${all}`);
}

/** The files sorted, with one date and one mode: tfx's own order and dates change from run to run. */
function deterministic(files: Readonly<Record<string, Uint8Array>>): Zippable {
  const attributes = { mtime: new Date(2000, 0, 1), os: 3, attrs: 0o100644 << 16 };
  const names = Object.keys(files).filter((name) => !name.endsWith('/'));
  return Object.fromEntries(
    names.sort().map((name) => [name, [files[name] ?? new Uint8Array(), attributes]]),
  );
}

/** What the command line asks for: `--dev 42` for build 42 of the development flavour, `--publisher NAME`. */
export function readFlavour(args: readonly string[]): Flavour {
  const { values } = parseArgs({
    args: [...args],
    options: { dev: { type: 'string' }, publisher: { type: 'string' } },
  });
  const { dev, publisher } = values;
  if (dev !== undefined && !/^[1-9]\d{0,8}$/.test(dev)) {
    throw new Error(`--dev takes the number of a build such as 42, not ${dev}`);
  }
  return {
    ...(publisher === undefined ? {} : { publisher }),
    ...(dev === undefined ? {} : { devBuild: Number(dev) }),
  };
}

/** The file name of a flavour, e.g. `container-image-release-1.0.0.vsix`. */
function packageName({ devBuild }: Flavour): string {
  const version = productVersion(ROOT);
  const own = devBuild === undefined ? version : `dev-${version}.${devBuild}`;
  return `container-image-release-${own}.vsix`;
}

if (isMain(import.meta.url)) {
  const flavour = readFlavour(process.argv.slice(2));
  const problems = await checkManifests(ROOT);
  if (problems.length > 0) throw new Error(`The manifests disagree:\n${problems.join('\n')}`);
  await buildExtension({ outDir: EXTENSION_DIR, sourcemap: false });
  await applyFlavour(EXTENSION_DIR, flavour);
  const output = join(ROOT, 'dist', packageName(flavour));
  const { path, sizeBytes, unpackedBytes } = await packExtension(EXTENSION_DIR, output);
  const format = (bytes: number): string => `${bytes.toLocaleString('en-US')} bytes`;
  console.log(`packed ${path}: ${format(sizeBytes)}, unpacked ${format(unpackedBytes)}`);
}
