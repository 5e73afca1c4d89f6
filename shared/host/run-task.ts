import * as agent from 'azure-pipelines-task-lib/task.js';
import { TaskError } from '../core/errors.ts';
import type { ErrorCode } from '../core/errors.ts';
import { withoutCommands } from '../core/text.ts';
import { variable } from './agent-inputs.ts';
import { agentLog } from './agent-log.ts';
import { loc } from './messages.ts';

/** The work of a task; its result is the message of a successful step. */
export type TaskBody = (signal: AbortSignal) => Promise<string>;

/** How long an aborted task may take to give back what it holds: the agent sends SIGTERM after 7.5 s. */
const CANCEL_GRACE_MS = 5_000;

interface Outcome {
  readonly result: 'Succeeded' | 'Failed' | 'Canceled';
  readonly message: string;
}

/**
 * Runs a task and reports exactly one outcome to the agent.
 *
 * SIGINT and SIGTERM, which the agent sends to cancel, become one abort. A TaskError fails the step with its code,
 * message and hint; anything else is a bug and says so.
 */
export async function runTask(body: TaskBody): Promise<void> {
  const controller = new AbortController();
  let finished = false;
  const finish = (outcome: Outcome): void => {
    if (finished) return;
    finished = true;
    report(outcome);
    // An empty write ends when all that was written before has left, also through asynchronous pipes.
    process.stdout.write('', () => process.exit(0));
  };
  const cancel = (): void => {
    controller.abort();
    setTimeout(() => {
      finish({ result: 'Canceled', message: loc('Canceled') });
    }, CANCEL_GRACE_MS).unref();
  };
  process.once('SIGINT', cancel);
  process.once('SIGTERM', cancel);
  // task-lib's own handlers would complete the step a second time.
  process.removeAllListeners('uncaughtException').removeAllListeners('unhandledRejection');
  process.on('uncaughtException', (error) => {
    finish(failure(error, controller.signal));
  });
  try {
    finish({ result: 'Succeeded', message: await body(controller.signal) });
  } catch (error) {
    finish(failure(error, controller.signal));
  }
}

function failure(error: unknown, signal: AbortSignal): Outcome {
  if (signal.aborted) return { result: 'Canceled', message: loc('Canceled') };
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { stack, message } = cause;
    agentLog.debug(() => stack ?? message);
  }
  if (error instanceof TaskError) {
    const lines = [`${error.code}: ${error.message}`, error.hint, forkNote(error)];
    return { result: 'Failed', message: lines.filter((line) => line !== undefined).join('\n') };
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { result: 'Failed', message: loc('InternalError', stack) };
}

/** Failures that a build has which is given no secrets. */
const LACKS_ACCESS: ReadonlySet<ErrorCode> = new Set([
  'INPUT_INVALID',
  'REGISTRY_UNAUTHORIZED',
  'REGISTRY_DENIED',
  'SERVICE_DENIED',
]);

/** Why a build of a fork fails that others come through, which nothing else in its log tells. */
function forkNote({ code }: TaskError): string | undefined {
  const isFork = variable('System.PullRequest.IsFork')?.toLowerCase() === 'true';
  return isFork && LACKS_ACCESS.has(code) ? loc('ForkWithoutSecrets') : undefined;
}

function report({ result, message }: Outcome): void {
  const text = message.split('\n').map(withoutCommands).join('\n');
  if (result === 'Canceled') {
    // task-lib spells it with two l, which the agent does not know.
    agent.command('task.complete', { result: 'Canceled' }, text);
    return;
  }
  agent.setResult(agent.TaskResult[result], text);
}
