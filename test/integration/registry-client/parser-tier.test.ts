import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { ROOT } from '../../../scripts/layout.ts';

const run = promisify(execFile);

/** Sends three hundred requests to the URL of its first argument. */
const PROGRAM = `
  import { createTransport } from './shared/registry/transport.ts';
  const transport = createTransport('test/1');
  const { signal } = new AbortController();
  const url = new URL(process.argv[2]);
  const send = async () => {
    for (let sent = 0; sent < 300; sent += 1) {
      const { discard } = await transport.send({ method: 'GET', url, headers: {} }, signal);
      await discard();
    }
    await transport.close();
  };
  void send();
`;

describe('parser-tier', () => {
  let folder: string;
  let server: Server;
  let program: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parser-tier-'));
    program = join(folder, 'program.cjs');
    await build({
      stdin: { contents: PROGRAM, resolveDir: ROOT, loader: 'ts' },
      ...{ bundle: true, platform: 'node', format: 'cjs', outfile: program },
    });
    server = createServer((_request, response) => {
      response.end('text');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(async () => {
    server.close();
    await rm(folder, { recursive: true });
  });

  /** What V8 tells of the WebAssembly that it compiles while the program runs. */
  const compiled = async (before: string): Promise<string> => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const setFlags = join(folder, 'flags.cjs');
    await build({ stdin: { contents: before }, outfile: setFlags });
    const flags = ['--trace-wasm-compilation-times', '--require', setFlags];
    const { stdout } = await run(process.execPath, [...flags, program, url]);
    return stdout;
  };

  it('keeps a run from optimising the HTTP parser, which it would wait for at its end', async () => {
    assert.doesNotMatch(await compiled(''), /using TurboFan/);
  });

  it('is what keeps it from that', async () => {
    const withoutFlag = `
      const v8 = require('node:v8');
      v8.setFlagsFromString = () => undefined;
    `;
    assert.match(await compiled(withoutFlag), /using TurboFan/);
  });
});
