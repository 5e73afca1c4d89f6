import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, RequestListener, Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';

/** A request as a server got it; the body has been read. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A small server on a free port of 127.0.0.1. */
export interface TestServer {
  readonly port: number;
  /** E.g. `127.0.0.1:41234`. */
  readonly host: string;
  readonly requests: readonly SeenRequest[];
  readonly close: () => Promise<void>;
}

/** Answers a request; its body is known. */
export type Answer = (request: SeenRequest, response: Parameters<RequestListener>[1]) => void;

/** Starts a server that writes down what it is asked; with TLS when it gets a certificate. */
export async function startServer(answer: Answer, tls?: ServerOptions): Promise<TestServer> {
  const requests: SeenRequest[] = [];
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const seen = { method, url, headers, body: Buffer.concat(chunks).toString() };
      requests.push(seen);
      answer(seen, response);
    });
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { port, host: `127.0.0.1:${port}`, requests, close: async () => closed(server) };
}

async function closed(server: Server): Promise<void> {
  const done = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await done;
}
