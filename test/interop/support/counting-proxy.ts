import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';

/** A loopback proxy before a registry that counts what passes: no client can talk its count down. */
export interface CountingProxy {
  /** Host and port. */
  readonly host: string;
  /** Requests since the last call. */
  takeCount(): number;
  readonly close: () => Promise<void>;
}

/** Starts a proxy before a registry; requests and answers pass as they are. */
export async function startCountingProxy(registryUrl: string): Promise<CountingProxy> {
  const agent = new Agent({ keepAlive: true });
  let count = 0;
  const server = createServer((incoming, answer) => {
    count += 1;
    void forward({ incoming, answer, registryUrl, agent });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    takeCount: () => {
      const taken = count;
      count = 0;
      return taken;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      agent.destroy();
    },
  };
}

interface Exchange {
  readonly incoming: IncomingMessage;
  readonly answer: ServerResponse;
  readonly registryUrl: string;
  readonly agent: Agent;
}

/** The Host header stays, so that the registry's upload locations lead back through the proxy. */
async function forward({ incoming, answer, registryUrl, agent }: Exchange): Promise<void> {
  const { method, headers } = incoming;
  const outgoing = request(new URL(incoming.url ?? '/', registryUrl), { method, headers, agent });
  try {
    const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
    const [, [response]] = await Promise.all([pipeline(incoming, outgoing), answered]);
    answer.writeHead(response.statusCode ?? 502, response.rawHeaders);
    await pipeline(response, answer);
  } catch (error) {
    answer.destroy(error instanceof Error ? error : undefined);
  }
}
