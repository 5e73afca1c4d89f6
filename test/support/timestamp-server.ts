import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { TestChain } from './certificates.ts';
import { answerRequest } from './timestamps.ts';

/** A running time stamping authority, over plain HTTP as they all are. */
export interface TimestampServer {
  readonly port: number;
  /** How many tokens it made. */
  readonly stamped: number;
  close(): Promise<void>;
}

/** Starts an authority that stamps whatever it is asked to. */
export async function startTimestampServer(authority: TestChain): Promise<TimestampServer> {
  let stamped = 0;
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      stamped += 1;
      response.writeHead(200, { 'content-type': 'application/timestamp-reply' });
      response.end(answerRequest(authority, body));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get stamped() {
      return stamped;
    },
    async close() {
      const done = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await done;
    },
  };
}
