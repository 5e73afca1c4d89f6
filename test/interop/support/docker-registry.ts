import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';

/** Debian's docker-registry on a loopback port. */
export interface DockerRegistry {
  readonly url: string;
  /** Host and port. */
  readonly host: string;
  readonly stop: () => Promise<void>;
}

const LISTENING = /listening on (127\.0\.0\.1:\d+)/;
const START_LIMIT_MS = 10_000;

const CONFIGURATION = {
  version: 0.1,
  log: { level: 'info', formatter: 'json', accesslog: { disabled: true } },
  storage: {
    inmemory: {},
    delete: { enabled: true },
    maintenance: { uploadpurging: { enabled: false } },
  },
  http: { addr: '127.0.0.1:0', secret: 'interop' },
};

/**
 * Starts docker-registry with its data in memory and its configuration in a file.
 *
 * @throws Error when it is not installed or does not listen in time, with what it logged
 */
export async function startDockerRegistry(file: string): Promise<DockerRegistry> {
  // JSON is YAML too.
  await writeFile(file, JSON.stringify(CONFIGURATION));
  const child = spawn('docker-registry', ['serve', file], { stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    const host = await listeningHost(child);
    return { url: `http://${host}`, host, stop: () => stop(child) };
  } catch (error) {
    await stop(child);
    throw error;
  }
}

/** Reads the log until it names the port, and drains it from then on: a full pipe would block the registry. */
async function listeningHost(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let log = '';
    let settled = false;
    const fail = (reason: string, cause?: Error): void => {
      reject(new Error(`docker-registry ${reason}\n${log}`, { cause }));
    };
    const timer = setTimeout(fail, START_LIMIT_MS, 'did not listen in time.');
    const settle = (): void => {
      settled = true;
      clearTimeout(timer);
    };
    const read = (chunk: Buffer): void => {
      if (settled) return;
      log += chunk.toString('utf8');
      const host = LISTENING.exec(log)?.[1];
      if (host === undefined) return;
      settle();
      resolve(host);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('error', (error) => {
      settle();
      fail('could not be started: install the Debian package docker-registry.', error);
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
