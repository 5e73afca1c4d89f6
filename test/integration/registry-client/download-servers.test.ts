import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { rawResponse, startScriptedServer } from '../../support/scripted-server.ts';
import type { Script } from '../../support/scripted-server.ts';
import { aBlob, aClient, repositoryOf } from './support.ts';

const { signal } = new AbortController();

describe('RegistryClient downloads from servers of all kinds', () => {
  const small = aBlob('content of a blob');
  const text = Buffer.from(small.bytes).toString();
  const length = `Content-Length: ${text.length}`;

  const getFrom = async (script: Script): Promise<{ bytes: Buffer; heads: readonly string[] }> => {
    const server = await startScriptedServer(script);
    const client = aClient({ network: { timeouts: { stallMs: 300, readMs: 1000 } } });
    try {
      const bytes = await client.getBlob(repositoryOf(server, 'app'), small.descriptor, signal);
      return { bytes: Buffer.from(bytes), heads: server.heads };
    } finally {
      await client.close();
      await server.close();
    }
  };

  const ok = 'HTTP/1.1 200 OK';
  const servers: readonly { readonly name: string; readonly script: Script }[] = [
    {
      name: 'chunked encoding without length',
      script: ({ socket }) =>
        socket.write(
          rawResponse(
            ok,
            ['Transfer-Encoding: chunked'],
            `7\r\ncontent\r\na\r\n of a blob\r\n0\r\n\r\n`,
          ),
        ),
    },
    {
      name: 'HTTP/1.0',
      script: ({ socket }) => socket.end(rawResponse('HTTP/1.0 200 OK', [], text)),
    },
    {
      name: 'HTTP/1.0 that stops half way (B7)',
      script: ({ socket, number }) =>
        socket.end(rawResponse('HTTP/1.0 200 OK', [], number === 1 ? text.slice(0, 5) : text)),
    },
    {
      name: 'Connection: close on each reply',
      script: ({ socket }) => socket.end(rawResponse(ok, [length, 'Connection: close'], text)),
    },
    {
      name: 'a half-close in the middle of a body (B7)',
      script: ({ socket, number }) =>
        number === 1
          ? socket.end(rawResponse(ok, [length], text.slice(0, 5)))
          : socket.write(rawResponse(ok, [length], text)),
    },
    {
      name: 'a reset on the first connection',
      script: ({ socket, number }) =>
        number === 1 ? socket.resetAndDestroy() : socket.write(rawResponse(ok, [length], text)),
    },
    {
      name: 'a trickle of one byte at a time (B8)',
      script: ({ socket }) => {
        socket.write(rawResponse(ok, [length]));
        const letters = text.split(/(?!^)/);
        const timer = setInterval(() => {
          const letter = letters.shift();
          if (letter === undefined) clearInterval(timer);
          else socket.write(letter);
        }, 40);
      },
    },
    {
      name: 'a slow accept',
      script: ({ socket }) => {
        setTimeout(() => socket.write(rawResponse(ok, [length], text)), 400);
      },
    },
  ];
  for (const { name, script } of servers) {
    it(`reads from a server with ${name}`, async () => {
      const { bytes } = await getFrom(script);
      assert.equal(bytes.toString(), text);
    });
  }

  it('asks for the rest when a large body without a length stops half way (B7)', async () => {
    const large = aBlob('0123456789abcdef'.repeat(20_000));
    const content = Buffer.from(large.bytes).toString();
    const server = await startScriptedServer(({ socket, number }) => {
      const rest = `Content-Range: bytes 100000-${content.length - 1}/${content.length}`;
      socket.end(
        number === 1
          ? rawResponse('HTTP/1.0 200 OK', [], content.slice(0, 100_000))
          : rawResponse('HTTP/1.0 206 Partial Content', [rest], content.slice(100_000)),
      );
    });
    const client = aClient();
    try {
      const bytes = await client.getBlob(repositoryOf(server, 'app'), large.descriptor, signal);
      assert.equal(Buffer.from(bytes).toString(), content);
      assert.match(server.heads[1] ?? '', /range: bytes=100000-/i);
    } finally {
      await client.close();
      await server.close();
    }
  });

  it('gives up on a large body without a length that always stops at once (B7)', async () => {
    const large = aBlob('0123456789abcdef'.repeat(20_000));
    const server = await startScriptedServer(({ socket }) =>
      socket.end(rawResponse('HTTP/1.0 200 OK', [], 'only this')),
    );
    const client = aClient();
    try {
      await assert.rejects(client.getBlob(repositoryOf(server, 'app'), large.descriptor, signal), {
        code: 'DIGEST_MISMATCH',
      });
      assert.equal(server.heads.length, 8);
    } finally {
      await client.close();
      await server.close();
    }
  });

  it('asks for content as it is, and is not misled when it comes compressed (B4: gzip on the fly)', async () => {
    const packed = gzipSync(text);
    const script: Script = ({ socket }) => {
      socket.write(
        rawResponse(ok, ['Content-Encoding: gzip', `Content-Length: ${packed.byteLength}`]),
      );
      socket.write(packed);
    };
    await assert.rejects(getFrom(script), { code: 'DIGEST_MISMATCH' });
    const { heads } = await getFrom(({ socket }) => socket.write(rawResponse(ok, [length], text)));
    assert.match(heads.join(), /accept-encoding: identity/i);
  });

  it('fails on a 100-continue that it never asks for', async () => {
    const script: Script = ({ socket }) =>
      socket.write(`HTTP/1.1 100 Continue\r\n\r\n${rawResponse(ok, [length], text)}`);
    await assert.rejects(getFrom(script), { code: 'REGISTRY_UNAVAILABLE' });
  });

  it('fails on a duplicate Content-Length', async () => {
    const script: Script = ({ socket }) =>
      socket.write(rawResponse(ok, [length, 'Content-Length: 3'], text));
    await assert.rejects(getFrom(script), { code: 'REGISTRY_UNAVAILABLE' });
  });
});
