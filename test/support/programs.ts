import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { build } from 'esbuild';

const bundles = new Map<string, Promise<string>>();

/** Writes a program that runs a module with a kit, which it finds as JSON in `PROGRAM_KIT`. */
export async function writeProgram(path: string, module: string, kit: object): Promise<void> {
  const bundled = bundles.get(module) ?? bundle(module);
  bundles.set(module, bundled);
  const setUp = `process.env['PROGRAM_KIT'] = ${JSON.stringify(JSON.stringify(kit))};`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!${process.execPath}\n${setUp}\n${await bundled}`);
  await chmod(path, 0o755);
}

async function bundle(module: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [module],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    write: false,
  });
  return outputFiles.map((file) => file.text).join('');
}
