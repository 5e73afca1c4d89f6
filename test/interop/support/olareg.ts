import { freePort, startServerProcess } from './server-process.ts';
import type { ServerProcess } from './server-process.ts';

/**
 * Starts olareg with its data in memory and deletes allowed.
 *
 * @throws Error when it is not installed or does not listen in time, with what it logged
 */
export async function startOlareg(args: readonly string[] = []): Promise<ServerProcess> {
  const port = await freePort();
  const store = ['--store-type', 'mem', '--api-delete', '--api-blob-delete'];
  const options = ['--addr', '127.0.0.1', '--port', String(port), ...store, ...args];
  return startServerProcess({ file: 'olareg', args: ['serve', ...options], port });
}
