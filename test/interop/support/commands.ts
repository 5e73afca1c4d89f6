import { execFile } from 'node:child_process';

/** How a command ended and what it printed. */
export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const LARGEST_OUTPUT = 64 * 1024 * 1024;

/**
 * Runs a command to its end; an exit code other than 0 is a result like any other.
 *
 * @throws Error when the command cannot be started
 */
export async function runCommand(
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    execFile(file, args, { env, maxBuffer: LARGEST_OUTPUT }, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : error.code;
      if (typeof exitCode === 'number') resolve({ exitCode, stdout, stderr });
      else reject(new Error(`${file} could not be run.`, { cause: error }));
    });
  });
}

/**
 * The output of a command that must succeed.
 *
 * @throws Error with all that it printed when it does not
 */
export async function outputOf(
  file: string,
  args: readonly string[],
  env?: NodeJS.ProcessEnv,
): Promise<string> {
  const { exitCode, stdout, stderr } = await runCommand(file, args, env);
  if (exitCode === 0) return stdout;
  throw new Error(`${file} ${args.join(' ')} ended with ${exitCode}:\n${stdout}${stderr}`);
}
