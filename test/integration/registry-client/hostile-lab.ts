import { startServer } from '../../support/http-server.ts';
import type { Answer, TestServer } from '../../support/http-server.ts';
import type { RegistryClient } from '../../../shared/registry/registry-client.ts';
import { aBlob, aClient, asUser } from './support.ts';

/** Servers that misbehave, and clients that talk to them; all of it ends with the test. */
export interface HostileLab {
  /** What the servers are asked for. */
  readonly blob: ReturnType<typeof aBlob>;
  /** What clients have said since the test began. */
  readonly warnings: string[];
  readonly lines: string[];
  readonly connect: (options?: Parameters<typeof aClient>[0]) => RegistryClient;
  readonly start: (answer: Answer) => Promise<TestServer>;
  /** A registry with Basic that then does what a test wants. */
  readonly guarded: (then: Answer) => Promise<TestServer>;
  readonly readBlob: (client: RegistryClient, server: TestServer) => Promise<Uint8Array>;
}

/** A lab for the tests of the `describe` that calls this. */
export function hostileLab(): HostileLab {
  const blob = aBlob('content');
  const closers: (() => Promise<void>)[] = [];
  const warnings: string[] = [];
  const lines: string[] = [];
  beforeEach(() => {
    warnings.length = 0;
    lines.length = 0;
  });
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });
  const start = async (answer: Answer): Promise<TestServer> => {
    const server = await startServer(answer);
    closers.push(server.close);
    return server;
  };
  return {
    blob,
    warnings,
    lines,
    start,
    connect(options = {}) {
      const log = {
        debug: (line: () => string) => lines.push(line()),
        info: (line: string) => lines.push(line),
        warn: (line: string) => warnings.push(line),
      };
      const client = aClient({ ...asUser(), log, ...options });
      closers.push(async () => client.close());
      return client;
    },
    guarded: (then) =>
      start((request, response) => {
        if (request.headers.authorization !== undefined) then(request, response);
        else response.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end();
      }),
    readBlob: async (client, { host }) =>
      client.getBlob(
        { registry: host, name: 'app' },
        blob.descriptor,
        new AbortController().signal,
      ),
  };
}
