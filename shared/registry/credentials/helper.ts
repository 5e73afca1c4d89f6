import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { withDeadline } from '../../core/deadline.ts';
import { TaskError } from '../../core/errors.ts';
import { isJsonObject, parseJson } from '../../core/json.ts';
import { Secret } from '../../core/secret.ts';
import { neutralise } from '../../core/text.ts';
import type { Credential } from './credential.ts';
import { findProgram } from './programs.ts';

/** A helper to ask, e.g. `{ name: 'ecr-login', serverUrl: '1234.dkr.ecr.eu-west-1.amazonaws.com' }`. */
export interface HelperRequest {
  /** What stands behind `docker-credential-`. */
  readonly name: string;
  /** The key under which the helper keeps the credential. */
  readonly serverUrl: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** No path, no shell syntax. */
const NAME = /^[A-Za-z0-9._-]+$/;

/** A helper may ask a cloud service, but must not wait for a person. */
const TIMEOUT_MS = 30_000;

const MAX_OUTPUT_BYTES = 64 * 1024;

/** The user name under which helpers hand out identity tokens. */
const TOKEN_USER = '<token>';

const ABSENT = 'Install the helper on the agent, or use a service connection.';

/** Failures are told in plain text; an answer, or a part of one, must not be shown. */
const HOLDS_ANSWER = /^\s*\{|"secret"/i;

/**
 * Asks a docker credential helper; `undefined` when it has nothing for this server.
 *
 * @throws TaskError `CREDENTIALS_INVALID` when the helper is not there, fails, or gives nonsense
 * @see https://github.com/docker/docker-credential-helpers#development
 */
export async function askHelper(
  { name, serverUrl, environment }: HelperRequest,
  signal: AbortSignal,
): Promise<Credential | undefined> {
  const program = `docker-credential-${name}`;
  if (!NAME.test(name)) throw failed(program, 'its name is not allowed');
  const path = await findProgram(program, environment);
  if (path === undefined)
    throw failed(program, 'it is not in any folder of the PATH', { hint: ABSENT });
  const { output, exitCode } = await withDeadline(TIMEOUT_MS, signal, async (bounded) => {
    const options = { env: { ...environment }, shell: false, windowsHide: true, signal: bounded };
    return talk(spawn(path, ['get'], options), serverUrl).catch((error: unknown) => {
      signal.throwIfAborted();
      throw bounded.aborted
        ? failed(program, `it did not end within ${TIMEOUT_MS / 1000} s`, { cause: error })
        : failed(program, 'it could not be run', { cause: error });
    });
  });
  if (exitCode === 0) return parseAnswer(program, output);
  const text = output.toString('utf8');
  if (/credentials not found/i.test(text)) return undefined;
  const said = HOLDS_ANSWER.test(text) ? '' : `: ${neutralise(text).trim()}`;
  throw failed(program, `it ended with ${exitCode}${said}`);
}

interface Answer {
  readonly output: Buffer;
  readonly exitCode: number;
}

async function talk(child: ChildProcessWithoutNullStreams, input: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.byteLength;
      chunks.push(chunk);
      if (size <= MAX_OUTPUT_BYTES) return;
      child.kill();
      // Whatever the helper has started loses its output as well.
      child.stdout.destroy();
    });
    child.stderr.resume();
    child.on('error', reject);
    // A helper that ends without reading its input is judged by how it ended.
    child.stdin.on('error', () => undefined);
    child.on('close', (code) => {
      resolve({ output: Buffer.concat(chunks), exitCode: code ?? -1 });
    });
    child.stdin.end(input);
  });
}

function parseAnswer(program: string, output: Uint8Array): Credential {
  const json = parseJson(output, '');
  const { Username: username, Secret: secret } =
    json.ok && isJsonObject(json.value) ? json.value : {};
  if (typeof username !== 'string' || typeof secret !== 'string') {
    throw failed(program, 'its answer has no Username and Secret');
  }
  return username === TOKEN_USER
    ? { kind: 'identity-token', token: new Secret(secret) }
    : { kind: 'basic', username, password: new Secret(secret) };
}

function failed(
  program: string,
  finding: string,
  options: { readonly hint?: string; readonly cause?: unknown } = {},
): TaskError {
  const { hint = 'Run the helper by hand as the user of the agent, or use a service connection.' } =
    options;
  const message = `The credential helper ${neutralise(program)} failed: ${finding}.`;
  return new TaskError('CREDENTIALS_INVALID', message, { hint, cause: options.cause });
}
