import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { onAbort } from '../core/aborts.ts';
import { TaskError } from '../core/errors.ts';

/** A program to run: no shell, and nothing of ours in its way but what it is given. */
export interface ProgramRun {
  /** Absolute path, or a name on the path. */
  readonly program: string;
  readonly args: readonly string[];
  /** Written to its standard input, which is closed then. */
  readonly input: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** After which it is killed with everything that it started. */
  readonly timeoutMs: number;
  /** Of each stream; a program that writes more is killed. */
  readonly maxOutputBytes: number;
}

/** How a program ended. */
export interface ProgramEnd {
  /** Absent when it was killed by a signal. */
  readonly exitCode: number | undefined;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
}

/** What a program leaves running may hold its output open for ever; what the program itself wrote comes at once. */
const GRACE_MS = 1_000;

const NOT_STARTED =
  'Check that the file is there, is a program for this machine and may be executed.';
const SLOW = 'Check whether it waits for a log-in, or for a service that this agent cannot reach.';
const WORDY =
  'Check that it is the program that is meant, and that it does not trace what it does.';

/**
 * Runs a program to its end; what it leaves running is neither waited for nor ended.
 *
 * @throws TaskError `PROGRAM_FAILED` when it cannot be started, takes too long or writes too much; AbortError when the
 * run is cancelled
 */
export async function runProgram(run: ProgramRun, signal: AbortSignal): Promise<ProgramEnd> {
  signal.throwIfAborted();
  const child = spawn(run.program, run.args, {
    env: run.environment,
    windowsHide: true,
    // A group of its own, so that what it starts can be ended with it.
    detached: process.platform !== 'win32',
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const stopped = new AbortController();
  const stop = (error?: TaskError): void => {
    killTree(child);
    stopped.abort(error);
  };
  const timer = setTimeout(() => {
    stop(failed(run, `did not end within ${run.timeoutMs / 1000} s`, { hint: SLOW }));
  }, run.timeoutMs);
  const unwatch = onAbort(signal, stop);
  const collect = (stream: NodeJS.ReadableStream): (() => Uint8Array) =>
    collectOutput(stream, run.maxOutputBytes, () => {
      stop(failed(run, `wrote more than ${run.maxOutputBytes} bytes`, { hint: WORDY }));
    });
  try {
    const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
    // A program may end without reading what it is told: its exit code says more than a broken pipe.
    child.stdin.on('error', () => undefined);
    child.stdin.end(run.input);
    const exitCode = await ended(child, run, stopped.signal);
    signal.throwIfAborted();
    stopped.signal.throwIfAborted();
    return { exitCode, stdout: stdout(), stderr: stderr() };
  } finally {
    clearTimeout(timer);
    unwatch();
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
  }
}

function collectOutput(
  stream: NodeJS.ReadableStream,
  maxBytes: number,
  onTooMuch: () => void,
): () => Uint8Array {
  const chunks: Uint8Array[] = [];
  let size = 0;
  stream.on('data', (chunk: Uint8Array) => {
    size += chunk.byteLength;
    if (size > maxBytes) onTooMuch();
    else chunks.push(chunk);
  });
  return () => Buffer.concat(chunks);
}

/** The exit code, once all output has arrived, or a short while after the program ended or was stopped. */
async function ended(
  child: ChildProcess,
  run: ProgramRun,
  stopped: AbortSignal,
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    let grace: NodeJS.Timeout | undefined;
    const take = (): void => {
      clearTimeout(grace);
      resolve(child.exitCode ?? undefined);
    };
    const takeSoon = (): void => {
      // What has arrived while we were busy is read before the immediate.
      grace ??= setTimeout(() => setImmediate(take), GRACE_MS);
    };
    child.once('error', (error) => {
      reject(failed(run, 'cannot be started', { hint: NOT_STARTED, cause: error }));
    });
    child.once('exit', takeSoon).once('close', take);
    stopped.addEventListener('abort', takeSoon, { once: true });
  });
}

function killTree(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  if (process.platform === 'win32') {
    spawn('taskkill', ['/pid', String(pid), '/T', '/F'], { windowsHide: true, stdio: 'ignore' })
      // Where it cannot be started, the program itself is ended at least.
      .once('error', () => child.kill('SIGKILL'));
    return;
  }
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The group is gone already.
  }
}

function failed(
  { program }: ProgramRun,
  what: string,
  options: { readonly hint: string; readonly cause?: unknown },
): TaskError {
  const { cause } = options;
  const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
  return new TaskError('PROGRAM_FAILED', `${program} ${what}${code}.`, options);
}
