import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { startServerProcess } from './server-process.ts';
import type { ServerProcess } from './server-process.ts';

const POLL_MS = 10;
const POLLS = 500;

/**
 * Starts olareg with its data in memory and deletes allowed.
 *
 * @throws Error when it is not installed or does not listen in time, with what it logged
 */
export async function startOlareg(args: readonly string[] = []): Promise<ServerProcess> {
  const port = await freePort();
  const store = ['--store-type', 'mem', '--api-delete', '--api-blob-delete'];
  const address = ['--addr', '127.0.0.1', '--port', String(port)];
  const server = await startServerProcess({
    file: 'olareg',
    args: ['serve', '--verbosity', 'info', ...address, ...store, ...args],
    listeningHost: (log) => (log.includes('launching server') ? `127.0.0.1:${port}` : undefined),
  });
  try {
    await untilAccepting(port);
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** olareg does not choose a port itself; this one was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** olareg logs its address before it listens. */
async function untilAccepting(port: number): Promise<void> {
  for (let poll = 1; poll <= POLLS; poll += 1) {
    if (await accepts(port)) return;
    await sleep(POLL_MS);
  }
  throw new Error(`olareg does not listen on port ${port}.`);
}

async function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const settle = (isAccepted: boolean) => () => {
      socket.destroy();
      resolve(isAccepted);
    };
    socket.once('connect', settle(true)).once('error', settle(false));
  });
}
