import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { runProgram } from '../../../shared/signing/program.ts';
import type { ProgramEnd, ProgramRun } from '../../../shared/signing/program.ts';

const NEVER = new AbortController().signal;

async function runScript(
  script: string,
  changes: Partial<ProgramRun> = {},
  signal = NEVER,
): Promise<ProgramEnd> {
  return runProgram(
    {
      program: process.execPath,
      args: ['-e', script],
      input: '',
      environment: { PATH: process.env['PATH'] },
      timeoutMs: 15_000,
      maxOutputBytes: 1000,
      ...changes,
    },
    signal,
  );
}

/** Starts another process that would outlive it, and tells its id. */
const PARENT = `
  const { spawn } = require('node:child_process');
  const { renameSync, writeFileSync } = require('node:fs');
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { stdio: 'inherit' });
  writeFileSync(process.env.PID_FILE + '.new', String(child.pid));
  renameSync(process.env.PID_FILE + '.new', process.env.PID_FILE);
  setTimeout(() => {}, 60000);
`;

/** Leaves a process running that holds its output open, and ends. */
function leavesBehind(options: string): string {
  return `
    const { spawn } = require('node:child_process');
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], ${options});
    child.unref();
    console.log(child.pid);
    process.exitCode = 3;
  `;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function whenWritten(path: string): Promise<number> {
  for (let tries = 0; tries < 400; tries += 1) {
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text !== undefined) return Number(text);
    await setTimeout(25);
  }
  throw new RangeError('the program did not tell its id');
}

describe('program runProgram', () => {
  it('gives input, and takes both outputs and the exit code', async () => {
    const script = 'process.stdin.pipe(process.stdout); console.error("e"); process.exitCode = 7';
    const { exitCode, stdout, stderr } = await runScript(script, { input: 'hello' });
    assert.equal(exitCode, 7);
    assert.equal(Buffer.from(stdout).toString(), 'hello');
    assert.equal(Buffer.from(stderr).toString(), 'e\n');
  });

  it('does not mind a program that reads nothing', async () => {
    const { exitCode } = await runScript('process.exit(0)', { input: 'x'.repeat(1_000_000) });
    assert.equal(exitCode, 0);
  });

  it('hands on the environment that it is given, and no other', async () => {
    const script = 'console.log(process.env.GIVEN, process.env.HOME)';
    const { stdout } = await runScript(script, { environment: { GIVEN: 'yes' } });
    assert.equal(Buffer.from(stdout).toString(), 'yes undefined\n');
  });

  it('has no exit code for a program that was killed', async () => {
    const { exitCode } = await runScript('process.kill(process.pid, "SIGTERM")');
    assert.equal(exitCode, undefined);
  });

  const refused = [
    {
      name: 'a program that is not there',
      script: '',
      changes: { program: '/nowhere/program' },
      message: /^\/nowhere\/program cannot be started \(ENOENT\)\.$/,
    },
    {
      name: 'a program that takes too long',
      script: 'setTimeout(() => {}, 60000)',
      changes: { timeoutMs: 300 },
      message: /did not end within 0\.3 s/,
    },
    {
      name: 'a program that writes too much',
      script: 'process.stdout.write("x".repeat(2000)); setTimeout(() => {}, 60000)',
      changes: {},
      message: /wrote more than 1000 bytes/,
    },
    {
      name: 'a program that complains too much',
      script: 'process.stderr.write("x".repeat(2000)); setTimeout(() => {}, 60000)',
      changes: {},
      message: /wrote more than 1000 bytes/,
    },
  ];
  for (const { name, script, changes, message } of refused) {
    it(`ends ${name}`, async () => {
      await assert.rejects(runScript(script, changes), { code: 'PROGRAM_FAILED', message });
    });
  }

  it('ends what the program started with it', async function () {
    if (process.platform === 'win32') return;
    const folder = await mkdtemp(join(tmpdir(), 'program-'));
    const pidFile = join(folder, 'pid');
    const controller = new AbortController();
    const run = runScript(PARENT, { environment: { PID_FILE: pidFile } }, controller.signal);
    const pid = await whenWritten(pidFile);
    controller.abort();
    await assert.rejects(run, { name: 'AbortError' });
    await rm(folder, { recursive: true });
    for (let tries = 0; isAlive(pid) && tries < 100; tries += 1) await setTimeout(25);
    assert.equal(isAlive(pid), false);
  });

  const groups = [
    { where: 'in its group', options: "{ stdio: 'inherit' }" },
    { where: 'in a group of its own', options: "{ stdio: 'inherit', detached: true }" },
  ];
  for (const { where, options } of groups) {
    it(`takes the answer of a program that leaves another one ${where} running`, async () => {
      const { exitCode, stdout } = await runScript(leavesBehind(options));
      const pid = Number(Buffer.from(stdout).toString());
      assert.equal(exitCode, 3);
      assert.equal(isAlive(pid), true);
      process.kill(pid, 'SIGKILL');
    });
  }

  it('gives up in time when what the program started cannot be ended with it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'program-'));
    const pidFile = join(folder, 'pid');
    const script = PARENT.replace("{ stdio: 'inherit' }", "{ stdio: 'inherit', detached: true }");
    const run = runScript(script, { environment: { PID_FILE: pidFile }, timeoutMs: 5_000 });
    const ended = assert.rejects(run, {
      code: 'PROGRAM_FAILED',
      message: /did not end within 5 s/,
      hint: /waits for a log-in/,
    });
    const pid = await whenWritten(pidFile);
    await ended;
    await rm(folder, { recursive: true });
    process.kill(pid, 'SIGKILL');
  });

  it('starts nothing when the run is cancelled', async () => {
    await assert.rejects(runScript('', {}, AbortSignal.abort()), { name: 'AbortError' });
  });
});
