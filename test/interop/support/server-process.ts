import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A server that runs as a process on loopback. */
export interface ServerProcess {
  /** Host and port. */
  readonly host: string;
  readonly stop: () => Promise<void>;
}

/** What to run. */
export interface ServerCommand {
  readonly file: string;
  readonly args: readonly string[];
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where it was told to listen on 127.0.0.1. */
  readonly port: number;
}

const START_LIMIT_MS = 10_000;
const POLL_MS = 10;

/** A port that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * Starts a server and waits until it accepts connections.
 *
 * @throws Error when it is not installed or does not listen in time, with what it logged
 */
export async function startServerProcess(command: ServerCommand): Promise<ServerProcess> {
  const child = spawn(command.file, command.args, {
    env: { ...process.env, ...command.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const state = watch(child);
  try {
    const endMs = Date.now() + START_LIMIT_MS;
    while (!(await accepts(command.port))) {
      if (state.failure !== undefined) throw state.failure;
      if (Date.now() > endMs) throw new Error('It did not listen in time.');
      await sleep(POLL_MS);
    }
    state.isUp = true;
    return { host: `127.0.0.1:${command.port}`, stop: async () => stop(child) };
  } catch (cause) {
    await stop(child);
    throw new Error(`${command.file} could not be started.\n${state.log}`, { cause });
  }
}

interface ServerState {
  log: string;
  isUp: boolean;
  failure: Error | undefined;
}

/** Reads the log until the server is up, and drains it from then on: a full pipe would block the server. */
function watch(child: ChildProcess): ServerState {
  const state: ServerState = { log: '', isUp: false, failure: undefined };
  const read = (chunk: Buffer): void => {
    if (!state.isUp) state.log += chunk.toString('utf8');
  };
  child.stdout?.on('data', read);
  child.stderr?.on('data', read);
  child.once('error', (cause) => {
    state.failure = new Error('It is not there: .ci/install.sh installs it.', { cause });
  });
  child.once('exit', (code) => {
    state.failure ??= new Error(`It ended with ${code ?? 'a signal'}.`);
  });
  return state;
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

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
