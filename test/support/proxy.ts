import { once } from 'node:events';
import { createServer, request as send } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** What a proxy was asked: `CONNECT host:port`, or a whole URL in plain HTTP. */
export interface ProxiedRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
}

export interface ProxyOptions {
  /** The only `Proxy-Authorization` that is let through; any when absent. */
  readonly authorization?: string;
  /** The answer to every CONNECT instead of a tunnel. */
  readonly refuseWith?: number;
  /** Whether every CONNECT is answered by closing the connection. */
  readonly hangsUp?: boolean;
  /** Where a target such as `example.azurecr.io:443` or, in plain HTTP, `example.com:80` is; others lead to their own port. */
  readonly routes?: ReadonlyMap<string, number>;
}

/** A running proxy. */
export interface TestProxy {
  readonly url: string;
  readonly requests: readonly ProxiedRequest[];
  close(): Promise<void>;
}

/** Starts a proxy for which every name is 127.0.0.1, so that names that exist nowhere can be used. */
export async function startProxy(options: ProxyOptions = {}): Promise<TestProxy> {
  const requests: ProxiedRequest[] = [];
  const sockets = new Set<Duplex>();
  const note = ({ method = '', url = '', headers }: IncomingMessage): number | undefined => {
    requests.push({ method, target: url, headers });
    const wanted = options.authorization ?? headers['proxy-authorization'];
    return headers['proxy-authorization'] === wanted ? options.refuseWith : 407;
  };
  const server = createServer((request, response) => {
    const refusal = note(request);
    if (refusal === undefined) forward(request, response, options);
    else response.writeHead(refusal).end();
  });
  server.on('connect', (request: IncomingMessage, client: Duplex) => {
    sockets.add(client);
    const refusal = note(request);
    if (options.hangsUp === true) client.end();
    else if (refusal !== undefined) client.end(`HTTP/1.1 ${refusal} Refused\r\n\r\n`);
    else sockets.add(tunnel(portOf(request.url ?? '', options), client));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async close() {
      const done = once(server, 'close');
      for (const socket of sockets) socket.destroy();
      server.close();
      server.closeAllConnections();
      await done;
    },
  };
}

function portOf(target: string, { routes }: ProxyOptions): number {
  return routes?.get(target) ?? Number(target.split(':')[1]);
}

function tunnel(port: number, client: Duplex): Socket {
  const upstream = connect(port, '127.0.0.1', () => {
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    upstream.pipe(client).pipe(upstream);
  });
  const end = (): void => {
    client.destroy();
    upstream.destroy();
  };
  client.on('error', end);
  upstream.on('error', end);
  return upstream;
}

/** Hands a plain request on, without what is for the proxy only. */
function forward(request: IncomingMessage, response: ServerResponse, options: ProxyOptions): void {
  const url = new URL(request.url ?? '');
  const target = `${url.hostname}:${url.port === '' ? '80' : url.port}`;
  const headers = { ...request.headers };
  delete headers['proxy-authorization'];
  const upstream = send(
    {
      port: portOf(target, options),
      host: '127.0.0.1',
      path: url.pathname + url.search,
      method: request.method,
      headers,
    },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  request.pipe(upstream);
}
