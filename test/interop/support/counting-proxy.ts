import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** What passed a proxy. */
export interface Traffic {
  readonly requests: number;
  /** Bodies, of requests and of answers. */
  readonly bytes: number;
}

/** A loopback proxy before a registry that counts what passes: no client can talk its count down. */
export interface CountingProxy {
  /** Host and port. */
  readonly host: string;
  /** Requests since the last call. */
  takeCount(): number;
  /** Requests and bytes since the last call of this or the other. */
  takeTraffic(): Traffic;
  readonly close: () => Promise<void>;
}

/** Starts a proxy before a registry; requests and answers pass as they are, each request after a wait. */
export async function startCountingProxy(
  registryUrl: string,
  { latencyMs = 0 }: { readonly latencyMs?: number } = {},
): Promise<CountingProxy> {
  const agent = new Agent({ keepAlive: true });
  let requests = 0;
  let bytes = 0;
  const count = (size: number): void => {
    bytes += size;
  };
  const takeTraffic = (): Traffic => {
    const taken = { requests, bytes };
    requests = 0;
    bytes = 0;
    return taken;
  };
  const server = createServer((incoming, answer) => {
    requests += 1;
    void forward({ incoming, answer, registryUrl, agent, latencyMs, count });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    takeCount: () => takeTraffic().requests,
    takeTraffic,
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
  readonly latencyMs: number;
  readonly count: (bytes: number) => void;
}

/** The Host header stays, so that the registry's upload locations lead back through the proxy. */
async function forward(exchange: Exchange): Promise<void> {
  const { incoming, answer, registryUrl, agent, latencyMs, count } = exchange;
  const { method, headers } = incoming;
  try {
    if (latencyMs > 0) await sleep(latencyMs);
    const outgoing = request(new URL(incoming.url ?? '/', registryUrl), { method, headers, agent });
    const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
    const sent = pipeline(incoming, counted(count), outgoing);
    const [, [response]] = await Promise.all([sent, answered]);
    answer.writeHead(response.statusCode ?? 502, response.rawHeaders);
    await pipeline(response, counted(count), answer);
  } catch (error) {
    answer.destroy(error instanceof Error ? error : undefined);
  }
}

/** Passes bytes on and counts them. */
function counted(
  count: (bytes: number) => void,
): (chunks: AsyncIterable<Buffer>) => AsyncIterable<Buffer> {
  return async function* (chunks) {
    for await (const chunk of chunks) {
      count(chunk.byteLength);
      yield chunk;
    }
  };
}
