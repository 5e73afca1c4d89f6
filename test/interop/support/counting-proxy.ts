import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What passed a proxy. */
export interface Traffic {
  readonly requests: number;
  /** Those of the requests that may change something. */
  readonly writes: number;
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

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/** Starts a proxy before a registry; requests and answers pass as they are, each request after a wait. */
export async function startCountingProxy(
  registryUrl: string,
  { latencyMs = 0 }: { readonly latencyMs?: number } = {},
): Promise<CountingProxy> {
  const agent = new Agent({ keepAlive: true });
  let requests = 0;
  let writes = 0;
  let bytes = 0;
  const count = (chunk: Buffer): void => {
    bytes += chunk.byteLength;
  };
  const takeTraffic = (): Traffic => {
    const taken = { requests, writes, bytes };
    requests = 0;
    writes = 0;
    bytes = 0;
    return taken;
  };
  const server = createServer((incoming, answer) => {
    requests += 1;
    if (!READS.has(incoming.method ?? '')) writes += 1;
    const pass = (): void => {
      forward({ incoming, answer, registryUrl, agent, count });
    };
    if (latencyMs > 0) setTimeout(pass, latencyMs);
    else pass();
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
  readonly count: (chunk: Buffer) => void;
}

/** The Host header stays, so that the registry's upload locations lead back through the proxy. */
function forward({ incoming, answer, registryUrl, agent, count }: Exchange): void {
  const { method, headers } = incoming;
  const url = new URL(incoming.url ?? '/', registryUrl);
  const outgoing = request(url, { method, headers, agent });
  const fail = (): void => {
    outgoing.destroy();
    answer.destroy();
  };
  // Plain pipes: the proxy must take as little of the processor as it can from those who are measured.
  outgoing.once('response', (response) => {
    answer.writeHead(response.statusCode ?? 502, response.rawHeaders);
    response.on('data', count).once('error', fail).pipe(answer);
  });
  outgoing.once('error', fail);
  incoming.on('data', count).once('error', fail).pipe(outgoing);
  answer.once('error', fail).once('close', () => {
    if (!answer.writableFinished) fail();
  });
}
