import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { highWaterOf, peakMemoryBytes } from '../../../shared/host/peak-memory.ts';

const MiB = 1024 * 1024;
const MODULE = new URL('../../../shared/host/peak-memory.ts', import.meta.url).href;

/** Prints its peak, which must not be that of its parent. */
const CHILD = `
  import { peakMemoryBytes } from '${MODULE}';
  console.log(peakMemoryBytes());
`;

/** Has 400 MiB when it starts the child. */
const PARENT = `
  import { execFileSync } from 'node:child_process';
  const much = Buffer.alloc(400 * ${MiB}, 1);
  const args = ['--import', 'tsx', '--input-type=module', '--eval', ${JSON.stringify(CHILD)}];
  process.stdout.write(execFileSync(process.execPath, args));
  if (much.length === 0) throw new Error('it is still held');
`;

describe('peak-memory peakMemoryBytes', () => {
  it('is as much as this process has now, or more', () => {
    const peak = peakMemoryBytes();
    assert.ok(peak >= process.memoryUsage.rss() * 0.9, `${peak / MiB} MiB`);
  });

  it('is not what the process had that started this one', async function () {
    // Elsewhere nothing is handed down.
    if (process.platform !== 'linux') return;
    const args = ['--input-type=module', '--eval', PARENT];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const peak = Number(stdout);
    assert.ok(peak > 10 * MiB && peak < 300 * MiB, `${peak / MiB} MiB`);
  });
});

describe('peak-memory highWaterOf', () => {
  it('is absent for a process that has ended', async () => {
    const running = promisify(execFile)(process.execPath, ['--eval', '']);
    const { pid = 0 } = running.child;
    await running;
    assert.equal(highWaterOf(pid), undefined);
  });
});
