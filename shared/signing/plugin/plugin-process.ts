import { setTimeout } from 'node:timers/promises';
import { TaskError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { orThrow } from '../../core/result.ts';
import { neutralise } from '../../core/text.ts';
import { parseStrictObject } from '../../notary/strict-json.ts';
import { runProgram } from '../program.ts';
import type { ProgramEnd } from '../program.ts';
import { readRefusal } from './plugin-protocol.ts';
import type { PluginRefusal } from './plugin-protocol.ts';

/** Where a plugin is and how it is run. */
export interface PluginProgram {
  /** Absolute. */
  readonly path: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs?: number;
  /** Waits before each further try of a plugin that was throttled. */
  readonly retryWaitsMs?: readonly number[];
}

/** What the reference implementation takes from each stream is 64 MiB; a plugin has a few kilobytes to say. */
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/** Plugins log in to their services first, with retries of their own. */
const TIMEOUT_MS = 120_000;

/** The protocol calls these two worth another try, and leaves the tries to us. */
const PASSING: readonly string[] = ['THROTTLED', 'TIMEOUT'];

const RETRY_WAITS_MS = [1000, 4000, 10_000] as const;

/**
 * One command of a plugin: the request goes to its standard input as one line, as some plugins read no more.
 *
 * @throws TaskError `PLUGIN_REFUSED` with what the plugin said, `PLUGIN_INVALID` when it does not keep to the protocol
 */
export async function callPlugin(
  plugin: PluginProgram,
  { command, request }: { readonly command: string; readonly request: JsonObject },
  signal: AbortSignal,
): Promise<JsonObject> {
  const waits = plugin.retryWaitsMs ?? RETRY_WAITS_MS;
  for (let attempt = 0; ; attempt += 1) {
    const end = await runProgram(
      {
        program: plugin.path,
        args: [command],
        input: `${JSON.stringify(request)}\n`,
        environment: plugin.environment,
        timeoutMs: plugin.timeoutMs ?? TIMEOUT_MS,
        maxOutputBytes: MAX_OUTPUT_BYTES,
      },
      signal,
    );
    if (end.exitCode === 0) return answerOf(end, command);
    const refusal = refusalOf(end, command);
    const wait = waits[attempt];
    if (wait === undefined || !PASSING.includes(refusal.code)) throw refused(refusal, command);
    await setTimeout(wait, undefined, { signal });
  }
}

function answerOf({ stdout }: ProgramEnd, command: string): JsonObject {
  return orThrow(parseStrictObject(stdout, 'answer'), {
    code: 'PLUGIN_INVALID',
    subject: `What the plugin answered to ${command}`,
    hint: 'Check that the plugin is one for notation; it must write its answer and nothing else to standard output.',
  });
}

function refusalOf({ exitCode, stderr }: ProgramEnd, command: string): PluginRefusal {
  const said = parseStrictObject(stderr, 'stderr');
  const refusal = said.ok ? readRefusal(said.value) : undefined;
  if (refusal !== undefined) return refusal;
  const how = exitCode === undefined ? 'was ended by a signal' : `ended with exit code ${exitCode}`;
  const text = neutralise(Buffer.from(stderr).toString('utf8').trim());
  throw new TaskError(
    'PLUGIN_INVALID',
    `The plugin ${how} at ${command}${text === '' ? ' and said nothing' : `: ${text}`}`,
    { hint: 'Check that the plugin is one for notation and for this machine.' },
  );
}

function refused({ code, message }: PluginRefusal, command: string): TaskError {
  return new TaskError('PLUGIN_REFUSED', `The plugin refused ${command}: ${code}: ${message}`, {
    hint: 'Check pluginKeyId, pluginConfig and what the plugin needs to log in.',
  });
}
