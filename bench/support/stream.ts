import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { bundle, environmentIn } from './contestants.ts';
import { measureProcess } from './measure.ts';

/** What streaming one blob took. */
export interface StreamCost {
  readonly ms: number;
  readonly peakBytes: number;
}

/** What the streamed blob consists of, 1 MiB. */
export const CHUNK: Buffer = Buffer.alloc(1024 * 1024, 'layer');

/** Copies one blob, in MiB, between registries that keep nothing, in a process of its own. */
export async function measureStream(folder: string, size: number): Promise<StreamCost> {
  const probe = new URL('../../test/support/memory-probe.ts', import.meta.url);
  const program = await bundle(folder, probe);
  const servers = [await startServer(size), await startServer(size)];
  try {
    const hosts = servers.map(({ host }) => host);
    const args = [program, ...hosts, digestOfChunks(size), String(size * CHUNK.byteLength)];
    const command = { file: process.execPath, args };
    const { ms, stdout } = await measureProcess(command, environmentIn(folder));
    return { ms, peakBytes: Number(stdout) };
  } finally {
    for (const { stop } of servers) await stop();
  }
}

async function startServer(
  chunks: number,
): Promise<{ readonly host: string; readonly stop: () => Promise<void> }> {
  const script = new URL('./stream-process.ts', import.meta.url);
  const child = fork(script, [String(chunks)], { execArgv: ['--import', 'tsx'] });
  const [host] = (await once(child, 'message')) as [string];
  const stop = async (): Promise<void> => {
    const ended = once(child, 'exit');
    child.disconnect();
    await ended;
  };
  return { host, stop };
}

function digestOfChunks(count: number): string {
  const hash = createHash('sha256');
  for (let done = 0; done < count; done += 1) hash.update(CHUNK);
  return `sha256:${hash.digest('hex')}`;
}
