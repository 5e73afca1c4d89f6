import { writeFile } from 'node:fs/promises';
import { freePort, startServerProcess } from './server-process.ts';
import type { ServerProcess } from './server-process.ts';

/** A registry of the distribution project on a loopback port. */
export interface DockerRegistry extends ServerProcess {
  readonly url: string;
}

/** What is not as usual about a registry. */
export interface DockerRegistryOptions {
  /** Debian's `docker-registry` when absent. */
  readonly program?: string;
  /** Its section `auth`; everybody may do everything when absent. */
  readonly auth?: object;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Without a line of log for each request, which would cost as much as a small answer. */
const CONFIGURATION = {
  version: 0.1,
  log: { level: 'error', accesslog: { disabled: true } },
  storage: {
    inmemory: {},
    delete: { enabled: true },
    maintenance: { uploadpurging: { enabled: false } },
  },
};

/**
 * Starts a registry with its data in memory and its configuration in a file.
 *
 * @throws Error when it is not installed or does not listen in time, with what it logged
 */
export async function startDockerRegistry(
  file: string,
  { program = 'docker-registry', auth, env = {} }: DockerRegistryOptions = {},
): Promise<DockerRegistry> {
  const port = await freePort();
  const http = { addr: `127.0.0.1:${port}`, secret: 'interop' };
  const configuration = { ...CONFIGURATION, http, ...(auth === undefined ? {} : { auth }) };
  // JSON is YAML too.
  await writeFile(file, JSON.stringify(configuration));
  const server = await startServerProcess({ file: program, args: ['serve', file], env, port });
  return { ...server, url: `http://${server.host}` };
}
