import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';

const MiB = 1024 * 1024;

/** Far more than a process may hold of it. */
const BLOB_BYTES = 256 * MiB;

/** What Node, its TypeScript loader and the client need, and a good deal more. */
const MAX_RESIDENT_BYTES = 230 * MiB;

const CHUNK = Buffer.alloc(MiB, 'layer');

function digestOfBlob(): string {
  const hash = createHash('sha256');
  for (let sent = 0; sent < BLOB_BYTES; sent += CHUNK.byteLength) hash.update(CHUNK);
  return `sha256:${hash.digest('hex')}`;
}

async function listen(listener: RequestListener): Promise<Server> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function hostOf(server: Server): string {
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Serves the blob without holding it. */
const serveBlob: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-length': String(BLOB_BYTES) });
  Readable.from(Array<Buffer>(BLOB_BYTES / MiB).fill(CHUNK)).pipe(response);
};

describe('RegistryClient memory', () => {
  it('does not grow with the size of a blob: 256 MiB from registry to registry (B5)', async () => {
    let received = 0;
    const source = await listen(serveBlob);
    const target = await listen((request, response) => {
      request.on('data', (bytes: Buffer) => (received += bytes.byteLength));
      request.on('end', () => {
        const isPost = request.method === 'POST';
        response.writeHead(isPost ? 202 : 201, isPost ? { location: '/v2/app/upload/1' } : {});
        response.end();
      });
    });
    try {
      const probe = new URL('../../support/memory-probe.ts', import.meta.url).pathname;
      const { stdout } = await promisify(execFile)(process.execPath, [
        ...['--import', 'tsx', probe],
        ...[hostOf(source), hostOf(target), digestOfBlob(), String(BLOB_BYTES)],
      ]);
      assert.ok(received >= BLOB_BYTES);
      assert.ok(Number(stdout) < MAX_RESIDENT_BYTES, `${Number(stdout) / MiB} MiB`);
      assert.ok(Number(stdout) > 0);
    } finally {
      source.close();
      target.close();
    }
  });
});
