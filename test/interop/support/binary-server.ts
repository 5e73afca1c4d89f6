import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request with its bytes as they came. */
export interface BinaryRequest {
  /** Path without its leading slash, percent-decoded. */
  readonly path: string;
  readonly body: Buffer;
}

/** What is answered: bytes with a media type, or 404 when there is nothing. */
export type BinaryAnswer = { readonly type: string; readonly bytes: Uint8Array } | undefined;

/** A small server for services whose requests are not text. */
export interface BinaryServer {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Starts a server on a free port of 127.0.0.1. */
export async function startBinaryServer(
  answer: (request: BinaryRequest) => Promise<BinaryAnswer>,
): Promise<BinaryServer> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const path = decodeURIComponent((request.url ?? '/').slice(1));
      answer({ path, body: Buffer.concat(chunks) })
        .then((found) => {
          response.writeHead(found === undefined ? 404 : 200, {
            'content-type': found?.type ?? 'text/plain',
          });
          response.end(found?.bytes);
        })
        .catch((error: unknown) => {
          response.writeHead(500).end(String(error));
        });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return { url: `http://127.0.0.1:${port}`, close };
}
