import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { CHUNK } from './stream.ts';

/**
 * A registry without memory: it has one blob of as many chunks as its argument says, and takes every upload. Sends
 * its host.
 */
const chunks = Number(process.argv[2]);
const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.writeHead(200, { 'content-length': String(chunks * CHUNK.byteLength) });
    Readable.from(Array<Buffer>(chunks).fill(CHUNK)).pipe(response);
    return;
  }
  const isPost = request.method === 'POST';
  request.resume().once('end', () => {
    response.writeHead(isPost ? 202 : 201, isPost ? { location: '/v2/app/blobs/uploads/1' } : {});
    response.end();
  });
});

process.once('disconnect', () => {
  server.closeAllConnections();
  server.close();
});
server.listen(0, '127.0.0.1', () => {
  process.send?.(`127.0.0.1:${(server.address() as AddressInfo).port}`);
});
