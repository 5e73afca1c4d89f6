import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { highWaterOf } from '../../shared/host/peak-memory.ts';

/** What a process took. */
export interface ProcessCost {
  readonly ms: number;
  /** Most resident memory; absent where the system does not tell it. */
  readonly peakBytes?: number;
  readonly stdout: string;
}

/** A program with its arguments. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

/** The mark never falls: a late look misses only what the last moments added; an early one takes from who is measured. */
const LOOK_EVERY_MS = 25;

/**
 * Runs a program to its end.
 *
 * @throws Error with what it printed when it fails
 */
export async function measureProcess(
  { file, args }: Command,
  env: NodeJS.ProcessEnv,
): Promise<ProcessCost> {
  const started = performance.now();
  const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const texts = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (texts.stdout += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (texts.stderr += chunk.toString('utf8')));
  let peakBytes: number | undefined;
  const look = setInterval(() => {
    peakBytes = highWaterOf(child.pid ?? 0) ?? peakBytes;
  }, LOOK_EVERY_MS);
  const ended = (await once(child, 'exit').finally(() => {
    clearInterval(look);
  })) as [number | null];
  const ms = performance.now() - started;
  if (ended[0] !== 0) {
    throw new Error(`${file} ${args.join(' ')} failed:\n${texts.stdout}${texts.stderr}`);
  }
  return { ms, stdout: texts.stdout, ...(peakBytes === undefined ? {} : { peakBytes }) };
}

/** Whether a program is found on the path. */
export async function isOnPath(name: string): Promise<boolean> {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = await Promise.all(folders.map((folder) => isExecutable(join(folder, name))));
  return found.includes(true);
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
