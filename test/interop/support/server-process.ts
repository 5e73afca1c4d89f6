import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** A server that runs as a process on loopback. */
export interface ServerProcess {
  /** Host and port. */
  readonly host: string;
  readonly stop: () => Promise<void>;
}

/** What to run, and how to tell from its log that it listens. */
export interface ServerCommand {
  readonly file: string;
  readonly args: readonly string[];
  /** The host and port that it listens on, once it says so. */
  readonly listeningHost: (log: string) => string | undefined;
}

const START_LIMIT_MS = 10_000;

/**
 * Starts a server and waits until it listens.
 *
 * @throws Error when it is not installed or does not listen in time, with what it logged
 */
export async function startServerProcess(command: ServerCommand): Promise<ServerProcess> {
  const child = spawn(command.file, command.args, { stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    const host = await listeningHost(child, command);
    return { host, stop: () => stop(child) };
  } catch (error) {
    await stop(child);
    throw error;
  }
}

/** Reads the log until it names the port, and drains it from then on: a full pipe would block the server. */
async function listeningHost(child: ChildProcess, command: ServerCommand): Promise<string> {
  return new Promise((resolve, reject) => {
    let log = '';
    let settled = false;
    const fail = (reason: string, cause?: Error): void => {
      reject(new Error(`${command.file} ${reason}\n${log}`, { cause }));
    };
    const timer = setTimeout(fail, START_LIMIT_MS, 'did not listen in time.');
    const settle = (): void => {
      settled = true;
      clearTimeout(timer);
    };
    const read = (chunk: Buffer): void => {
      if (settled) return;
      log += chunk.toString('utf8');
      const host = command.listeningHost(log);
      if (host === undefined) return;
      settle();
      resolve(host);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('error', (error) => {
      settle();
      fail('could not be started: .ci/install.sh installs it.', error);
    });
    child.once('exit', (code) => {
      settle();
      fail(`ended with ${code ?? 'a signal'}.`);
    });
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
