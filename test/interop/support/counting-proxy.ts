import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** What passed a proxy. */
export interface Traffic {
  readonly requests: number;
  /** Those of the requests that may change something. */
  readonly writes: number;
  /** In both directions, heads of requests and answers included. */
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
const REQUEST_START = /^([A-Z]+) \//;
const LONGEST_START = 'OPTIONS /'.length;

/**
 * Starts a proxy before a registry; requests and answers pass as they are, each request after a wait.
 *
 * It hands on bytes rather than messages, so that it takes as little of the processor as it can from those who are
 * measured: a request begins with the first bytes after an answer, for nobody here sends the next one sooner.
 */
export async function startCountingProxy(
  registryUrl: string,
  { latencyMs = 0 }: { readonly latencyMs?: number } = {},
): Promise<CountingProxy> {
  const { hostname, port: registryPort } = new URL(registryUrl);
  let traffic: Traffic = { requests: 0, writes: 0, bytes: 0 };
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (client) => {
    const registry = connect({ host: hostname, port: Number(registryPort), noDelay: true });
    for (const socket of [client, registry]) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    }
    relay({ client, registry }, latencyMs, ({ requests, writes, bytes }) => {
      traffic = {
        requests: traffic.requests + requests,
        writes: traffic.writes + writes,
        bytes: traffic.bytes + bytes,
      };
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const takeTraffic = (): Traffic => {
    const taken = traffic;
    traffic = { requests: 0, writes: 0, bytes: 0 };
    return taken;
  };
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    takeCount: () => takeTraffic().requests,
    takeTraffic,
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

interface Ends {
  readonly client: Socket;
  readonly registry: Socket;
}

function relay({ client, registry }: Ends, latencyMs: number, count: (one: Traffic) => void): void {
  let isAnswered = true;
  client.on('data', (chunk: Buffer) => {
    const [, method] = isAnswered
      ? (REQUEST_START.exec(chunk.toString('latin1', 0, LONGEST_START)) ?? [])
      : [];
    const isStart = method !== undefined;
    const isWrite = isStart && !READS.has(method);
    count({ requests: Number(isStart), writes: Number(isWrite), bytes: chunk.byteLength });
    if (isStart) isAnswered = false;
    if (!isStart || latencyMs === 0) handOn(chunk, client, registry);
    else {
      client.pause();
      setTimeout(() => {
        client.resume();
        handOn(chunk, client, registry);
      }, latencyMs);
    }
  });
  registry.on('data', (chunk: Buffer) => {
    isAnswered = true;
    count({ requests: 0, writes: 0, bytes: chunk.byteLength });
    handOn(chunk, registry, client);
  });
  endTogether(client, registry);
  endTogether(registry, client);
}

function handOn(chunk: Buffer, from: Socket, to: Socket): void {
  if (to.destroyed || to.write(chunk)) return;
  from.pause();
  to.once('drain', () => {
    from.resume();
  });
}

function endTogether(one: Socket, other: Socket): void {
  one.once('end', () => {
    other.end();
  });
  one.once('error', () => {
    other.destroy();
  });
  one.once('close', () => {
    other.destroySoon();
  });
}
