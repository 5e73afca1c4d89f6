import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { rawClient } from '../../support/registry/raw-client.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Starts `scripts/registry.ts` with arguments, and what it printed so far. */
function start(...argv: readonly string[]): {
  readonly child: ReturnType<typeof spawn>;
  readonly printed: () => string;
} {
  const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/registry.ts', ...argv], {
    cwd: ROOT,
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
    });
  }
  return { child, printed: () => text };
}

describe('scripts/registry.ts', () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`prints its URL, serves and stops on ${signal}`, async () => {
      const { child, printed } = start('--no-referrers');
      await once(child.stdout ?? child, 'data');
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(printed())?.[0] ?? '';
      const send = rawClient(url);
      assert.equal((await send('/v2/')).status, 200);
      assert.equal((await send(`/v2/app/referrers/sha256:${'0'.repeat(64)}`)).status, 404);
      child.kill(signal);
      assert.deepEqual(await once(child, 'exit'), [0, null]);
    });
  }

  it('prints its options', async () => {
    const { child, printed } = start('--help');
    assert.deepEqual(await once(child, 'close'), [0, null]);
    assert.match(printed(), /--port N/);
  });

  it('ends with 2 and every problem when its arguments are wrong', async () => {
    const { child, printed } = start('--port', 'x', '--auth', 'basic');
    assert.deepEqual(await once(child, 'close'), [2, null]);
    assert.match(printed(), /--port: is not a number: x\n--auth: needs --username/);
  });
});
