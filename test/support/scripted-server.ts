import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** What a scripted server was sent. */
export interface ScriptedRequest {
  /** Count of requests, from 1. */
  readonly number: number;
  /** The request line and the headers, as they came. */
  readonly head: string;
  readonly socket: Socket;
}

/** A server that speaks what its script says, byte by byte. */
export interface ScriptedServer {
  readonly host: string;
  readonly heads: readonly string[];
  close(): Promise<void>;
}

/** Answers one request by writing to its socket. */
export type Script = (request: ScriptedRequest) => void;

const END_OF_HEAD = '\r\n\r\n';

/** Starts a server for what no HTTP server would say: it knows where heads of requests end, and nothing else. */
export async function startScriptedServer(script: Script): Promise<ScriptedServer> {
  const heads: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let pending = '';
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('end', () => socket.end());
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (bytes: Buffer) => {
      const parts = (pending + bytes.toString('latin1')).split(END_OF_HEAD);
      pending = parts.pop() ?? '';
      for (const head of parts) {
        heads.push(head);
        script({ number: heads.length, head, socket });
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    heads,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A response as text: status line, headers, an empty line, the body. */
export function rawResponse(status: string, headers: readonly string[], body = ''): string {
  return [status, ...headers, '', body].join('\r\n');
}
