import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a bundle did that was started without inputs. */
export interface Start {
  readonly exitCode: number | null;
  readonly output: string;
  /** What it wrote to stderr. */
  readonly complaints: string;
  /** The results it gave to the agent, e.g. `['Failed']`. */
  readonly completions: readonly string[];
  /** From the start of the process to its first line. */
  readonly firstLineMs: number;
}

/** Starts a bundle as the agent does, with the variables of every job and those given, nothing else. */
export async function startBundle(
  bundle: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<Start> {
  const folder = await mkdtemp(join(tmpdir(), 'start-'));
  try {
    return await start({ bundle, folder, variables });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Begin {
  readonly bundle: string;
  readonly folder: string;
  readonly variables: Readonly<Record<string, string>>;
}

async function start({ bundle, folder, variables }: Begin): Promise<Start> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [bundle], {
    cwd: folder,
    env: {
      TF_BUILD: 'True',
      SYSTEM_HOSTTYPE: 'build',
      SYSTEM_DEFAULTWORKINGDIRECTORY: folder,
      PIPELINE_WORKSPACE: folder,
      AGENT_TEMPDIRECTORY: folder,
      ...variables,
      ...(process.env['SystemRoot'] === undefined ? {} : { SystemRoot: process.env['SystemRoot'] }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let firstLineMs: number | undefined;
  let [output, complaints] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    firstLineMs ??= Math.round(performance.now() - startedAt);
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const found = output.matchAll(/##vso\[task\.complete result=(\w+)/g);
  const completions = [...found].map(([, result = '']) => result);
  return { exitCode, output, complaints, completions, firstLineMs: firstLineMs ?? NaN };
}
