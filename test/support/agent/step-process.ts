import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { LineSplitter } from './lines.ts';

/** How long the agent waits after each signal before it sends the next. */
export interface StopGrace {
  /** After SIGINT. */
  readonly interruptMs: number;
  /** After SIGTERM, before the process and its children are killed. */
  readonly terminateMs: number;
}

export interface StepProcessOptions {
  readonly node: string;
  readonly script: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly onLine: (line: string) => void;
  /** Aborting stops the process: SIGINT, SIGTERM, kill. */
  readonly stop: AbortSignal;
  readonly grace: StopGrace;
  /** Aborting ends the process at once, without a word to it. */
  readonly kill: AbortSignal | undefined;
  readonly measuresMemory: boolean;
}

export interface StepProcessOutcome {
  /** Absent when a signal ended the process. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** Signals that were sent to stop it, in order. */
  readonly signals: readonly NodeJS.Signals[];
  readonly durationMs: number;
  /** From the start of the process to its first line on stdout. */
  readonly firstLineMs: number | undefined;
  readonly peakRssBytes: number | undefined;
}

/** How long open output streams may outlive the process before its children are killed. */
const STREAM_GRACE_MS = 5000;
const MEMORY_INTERVAL_MS = 20;

/** Runs a script of a task to its end and passes the lines of both streams on as they come. */
export async function runStepProcess(options: StepProcessOptions): Promise<StepProcessOutcome> {
  const { node, script, cwd, env } = options;
  const start = performance.now();
  // A group of its own, so that children of the task can be killed with it.
  const child = spawn(node, [script], {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let firstLineMs: number | undefined;
  const stdout = collect(child.stdout, (line) => {
    firstLineMs ??= performance.now() - start;
    options.onLine(line);
  });
  const stderr = collect(child.stderr, options.onLine);
  const stopper = stopOnAbort(child, options);
  const kill = (): void => {
    killGroup(child);
  };
  options.kill?.addEventListener('abort', kill, { once: true });
  const memory = options.measuresMemory ? watchMemory(child) : undefined;
  try {
    const exitCode = await ended(child);
    const durationMs = performance.now() - start;
    const peakRssBytes = memory?.peakBytes();
    const { signals } = stopper;
    const streams = { stdout: stdout(), stderr: stderr() };
    return { exitCode, ...streams, signals, durationMs, firstLineMs, peakRssBytes };
  } finally {
    stopper.end();
    options.kill?.removeEventListener('abort', kill);
    memory?.end();
  }
}

function collect(stream: NodeJS.ReadableStream, onLine: (line: string) => void): () => string {
  const splitter = new LineSplitter(onLine);
  let text = '';
  stream.on('data', (chunk: Uint8Array) => {
    text += splitter.write(chunk);
  });
  stream.on('end', () => {
    text += splitter.end();
  });
  return () => text;
}

/** Waits for the end of the process and of both streams, for the latter not for ever. */
async function ended(child: ChildProcess): Promise<number | undefined> {
  let impatience: NodeJS.Timeout | undefined;
  child.once('exit', () => {
    impatience = setTimeout(killGroup, STREAM_GRACE_MS, child);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(impatience);
  return code ?? undefined;
}

function stopOnAbort(
  child: ChildProcess,
  { stop, grace }: StepProcessOptions,
): { readonly signals: readonly NodeJS.Signals[]; end(): void } {
  const signals: NodeJS.Signals[] = [];
  let timer: NodeJS.Timeout | undefined;
  const kill = (): void => {
    signals.push('SIGKILL');
    killGroup(child);
  };
  const terminate = (): void => {
    signals.push('SIGTERM');
    child.kill('SIGTERM');
    timer = setTimeout(kill, grace.terminateMs);
  };
  const interrupt = (): void => {
    signals.push('SIGINT');
    child.kill('SIGINT');
    timer = setTimeout(terminate, grace.interruptMs);
  };
  const end = (): void => {
    clearTimeout(timer);
    stop.removeEventListener('abort', interrupt);
  };
  stop.addEventListener('abort', interrupt, { once: true });
  child.once('exit', end);
  return { signals, end };
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group is gone already.
  }
}

/** Reads the high-water mark that Linux keeps for the process; elsewhere there is none. */
function watchMemory(child: ChildProcess): { peakBytes(): number | undefined; end(): void } {
  let peak: number | undefined;
  const read = async (): Promise<void> => {
    const status = await readFile(`/proc/${child.pid ?? 0}/status`, 'utf8').catch(() => '');
    const kilobytes = /^VmHWM:\s*([0-9]+) kB$/m.exec(status)?.[1];
    if (kilobytes !== undefined) peak = Number(kilobytes) * 1024;
  };
  const timer = setInterval(() => void read(), MEMORY_INTERVAL_MS);
  return {
    peakBytes: () => peak,
    end: () => {
      clearInterval(timer);
    },
  };
}
