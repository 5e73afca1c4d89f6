import { access, constants, stat } from 'node:fs/promises';
import { isAbsolute, join, posix, win32 } from 'node:path';

/**
 * The absolute path of a program in the folders of `PATH`; absent when it is in none.
 *
 * Relative folders and the working directory are left out: on Windows a program that lies there would be preferred,
 * and it may have come with the sources of anybody.
 */
export async function findProgram(
  name: string,
  environment: Readonly<Record<string, string | undefined>>,
  platform: string = process.platform,
): Promise<string | undefined> {
  const isWindows = platform === 'win32';
  const key = Object.keys(environment).find((one) => one.toUpperCase() === 'PATH') ?? 'PATH';
  const { delimiter } = isWindows ? win32 : posix;
  const folders = (environment[key] ?? '').split(delimiter).filter((folder) => isAbsolute(folder));
  for (const folder of folders) {
    const path = join(folder, isWindows ? `${name}.exe` : name);
    if (await isProgram(path)) return path;
  }
  return undefined;
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
